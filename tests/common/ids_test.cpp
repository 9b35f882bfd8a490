#include "common/ids.hpp"

#include <algorithm>
#include <set>
#include <vector>

#include "tests/support/catch.hpp"

using namespace factory;

namespace {

const IdSeed kSeed{from_millis(0x0123'4567'89ab), 0x1111'2222'3333'4444U, 0x5555'6666'7777'8888U};

}  // namespace

TEST_CASE("an id is a prefix and a UUIDv7 of its moment") {
  const std::string id = kSeed.make("pipe");
  CAPTURE(id);
  REQUIRE(id.size() == 5 + 36);
  CHECK(id.substr(0, 5) == "pipe_");
  const std::string uuid = id.substr(5);
  CHECK(uuid.substr(0, 14) == "01234567-89ab-");
  CHECK(uuid[14] == '7');
  CHECK((uuid[19] == '8' || uuid[19] == '9' || uuid[19] == 'a' || uuid[19] == 'b'));
  for (std::size_t i = 0; i < uuid.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    CHECK(dash == (uuid[i] == '-'));
    if (!dash) CHECK(std::string("0123456789abcdef").find(uuid[i]) != std::string::npos);
  }
}

TEST_CASE("the same seed gives the same ids, and no two of a command meet") {
  CHECK(kSeed.make("task", 3) == kSeed.make("task", 3));
  std::set<std::string> seen;
  for (std::uint32_t child = 0; child < 100; ++child) {
    for (std::uint32_t index = 0; index < 100; ++index) {
      seen.insert(kSeed.child(child).make("task", index));
      seen.insert(kSeed.child(child).child(child).make("task", index));
    }
  }
  for (std::uint32_t index = 0; index < 10'000; ++index) seen.insert(kSeed.make("task", index));
  CHECK(seen.size() == 30'000);
}

TEST_CASE("ids sort by their moment") {
  SystemIds source;
  std::vector<std::string> ids;
  for (const std::int64_t millis : {0LL, 1LL, 255LL, 256LL, 65'536LL, 1'795'157'049'123LL}) {
    ids.push_back(source.next(from_millis(millis)).make("run"));
  }
  CHECK(std::is_sorted(ids.begin(), ids.end()));
}

TEST_CASE("the system's seeds differ") {
  SystemIds source;
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(source.next(Time{}).make("run"));
  CHECK(seen.size() == 1000);
}

TEST_CASE("an id shows its kind") {
  CHECK(has_prefix(kSeed.make("pipe"), "pipe"));
  CHECK_FALSE(has_prefix(kSeed.make("pipeline"), "pipe"));
  CHECK_FALSE(has_prefix("pipe_", "pipe"));
  CHECK_FALSE(has_prefix("pipe", "pipe"));
  CHECK_FALSE(has_prefix("", "pipe"));
  CHECK_FALSE(has_prefix("gate_1", "pipe"));
}

TEST_CASE("what is the same has one derived id, a UUID of version 8") {
  const std::string id = derived_id("asset", sha256("a"));
  CHECK(id == "asset_ca978112-ca1b-8dca-bac2-31b39a23dc4d");
  CHECK(derived_id("asset", sha256("a")) == id);
  CHECK(derived_id("asset", sha256("b")) != id);
}
