#include <algorithm>
#include <fstream>

#include "storage/sqlite/journal.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"

namespace factory::test {

using storage::Journal;
using storage::StoreFailure;

namespace {

namespace fs = std::filesystem;

struct Opened {
  explicit Opened(const TempDir& folder, const std::string& secret = "secret",
                  std::int64_t moved = 0)
      : journal((folder / "store.db").string(), secret) {
    journal.own();
    for (auto& record : journal.recover(moved)) found.push_back(record.bytes);
  }
  Journal journal;
  std::vector<std::string> found;
};

std::string record(int number) { return "record " + std::to_string(number); }

std::vector<std::string> records(int from, int to) {
  std::vector<std::string> all;
  for (int i = from; i <= to; ++i) all.push_back(record(i));
  return all;
}

void damage(const fs::path& file, const std::string& where) {
  std::fstream stream(file, std::ios::binary | std::ios::in | std::ios::out);
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  stream.clear();
  stream.seekp(static_cast<std::streamoff>(text.find(where)));
  stream << 'X';
}

}  // namespace

TEST_CASE("a journal gives what was appended and not moved") {
  const TempDir folder;
  {
    Opened opened(folder);
    CHECK(opened.found.empty());
    for (int i = 1; i <= 5; ++i) CHECK(opened.journal.append(record(i)) == i);
  }
  CHECK(Opened(folder).found == records(1, 5));
  CHECK(Opened(folder, "secret", 3).found == records(4, 5));
  CHECK(Opened(folder, "secret", 5).found.empty());
}

TEST_CASE("numbers go on behind what was moved, and room is used again") {
  const TempDir folder;
  for (int round = 0; round < 3; ++round) {
    Opened opened(folder, "secret", round * 40);
    CHECK(opened.found.empty());
    for (int i = round * 40 + 1; i <= round * 40 + 40; ++i) {
      CHECK(opened.journal.append(std::string(60'000, 'x')) == i);
      opened.journal.moved(i);
    }
  }
  CHECK(fs::file_size(folder / "store.db.commits0") == 256 * 1024);
}

TEST_CASE("what is not moved yet is kept while both files are written in turns") {
  const TempDir folder;
  const std::string large(300'000, 'x');
  constexpr int count = 60;  // 18 MB
  constexpr int behind = 10;
  {
    Opened opened(folder);
    for (int i = 1; i <= count; ++i) {
      opened.journal.append(large + record(i));
      opened.journal.moved(i - behind);
    }
  }
  CHECK(fs::file_size(folder / "store.db.commits0") < 9'000'000);
  CHECK(fs::file_size(folder / "store.db.commits1") > 1'000'000);
  const auto found = Opened(folder, "secret", count - behind).found;
  REQUIRE(found.size() == behind);
  CHECK(found.front() == large + record(count - behind + 1));
  CHECK(found.back() == large + record(count));
}

TEST_CASE("a record larger than a file is kept whole") {
  const TempDir folder;
  std::string large;
  large.resize(9'000'000, 'y');
  Opened(folder).journal.append(large);
  CHECK(Opened(folder).found == std::vector<std::string>{large});
}

TEST_CASE("a damaged record that others follow is no torn end") {
  const TempDir folder;
  {
    Opened opened(folder);
    for (int i = 1; i <= 5; ++i) opened.journal.append(record(i));
  }
  const fs::path file = folder / "store.db.commits0";
  SECTION("the last one was torn") {
    damage(file, record(5));
    CHECK(Opened(folder).found == records(1, 4));
  }
  SECTION("one in the middle") {
    damage(file, record(3));
    CHECK_THROWS_AS(Opened(folder), StoreFailure);
  }
  SECTION("the first one") {
    damage(file, record(1));
    CHECK_THROWS_AS(Opened(folder), StoreFailure);
  }
  SECTION("one that is moved does not matter") {
    damage(file, record(1));
    CHECK_THROWS_AS(Opened(folder, "secret", 1), StoreFailure);  // the others cannot be reached
    CHECK(Opened(folder, "secret", 5).found.empty());
  }
  SECTION("the file is gone") {
    fs::remove(file);
    CHECK(Opened(folder).found.empty());
  }
}

TEST_CASE("the records of another store are none") {
  const TempDir folder;
  Opened(folder, "one store").journal.append(record(1));
  Opened other(folder, "another store");
  CHECK(other.found.empty());
  CHECK(other.journal.append("its own") == 1);
}

TEST_CASE("records behind a gap are refused") {
  const TempDir folder;
  {
    Opened opened(folder, "secret", 7);
    opened.journal.append(record(8));
  }
  CHECK_THROWS_AS(Opened(folder, "secret", 5), StoreFailure);
}

TEST_CASE("one journal at a time is written, another may look") {
  const TempDir folder;
  Opened opened(folder);
  opened.journal.append(record(1));
  Journal other((folder / "store.db").string(), "secret");
  CHECK_THROWS_AS(other.own(), StoreFailure);
  CHECK_THROWS_AS(other.append("no"), StoreFailure);
  const auto seen = other.look(0);
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].bytes == record(1));
  CHECK(other.look(1).empty());
}

}  // namespace factory::test
