#include "identity/pending_logins.hpp"

#include "tests/support/catch.hpp"

namespace factory::test {
namespace {

using identity::PendingLogin;
using identity::PendingLogins;

constexpr std::int64_t kNow = 1'000'000;

PendingLogin login(const std::string& provider, const std::string& browser) {
  return {provider, "nonce", "verifier", "", sha256(browser), from_millis(kNow + 100)};
}

}  // namespace

TEST_CASE("a login under way comes back once, to the browser that began it") {
  PendingLogins pending;
  pending.put("s1", login("corp", "b1"));
  pending.put("s2", login("corp", "b2"));
  const auto back = pending.take("s1", sha256("b1"), from_millis(kNow));
  REQUIRE(back);
  CHECK(back->provider == "corp");
  CHECK(back->verifier == "verifier");
  CHECK_FALSE(pending.take("s1", sha256("b1"), from_millis(kNow)));
  CHECK_FALSE(pending.take("s2", sha256("b1"), from_millis(kNow)));
  CHECK_FALSE(pending.take("s2", sha256("b2"), from_millis(kNow)));  // gone with the attempt
  CHECK_FALSE(pending.take("", sha256(""), from_millis(kNow)));
  CHECK(pending.size() == 0);
}

TEST_CASE("a login that takes too long is over") {
  PendingLogins pending;
  pending.put("s1", login("corp", "b"));
  pending.put("s2", login("corp", "b"));
  CHECK(pending.take("s1", sha256("b"), from_millis(kNow + 99)));
  CHECK_FALSE(pending.take("s2", sha256("b"), from_millis(kNow + 100)));
}

TEST_CASE("however many begin, memory is bounded, and the oldest is given up") {
  PendingLogins pending(3);
  for (int i = 0; i < 1000; ++i) pending.put("s" + std::to_string(i), login("corp", "b"));
  CHECK(pending.size() == 3);
  CHECK_FALSE(pending.take("s996", sha256("b"), from_millis(kNow)));
  CHECK(pending.take("s998", sha256("b"), from_millis(kNow)));
  pending.put("next", login("corp", "b"));
  CHECK(pending.take("s997", sha256("b"), from_millis(kNow)));
  CHECK(pending.take("s999", sha256("b"), from_millis(kNow)));
  CHECK(pending.take("next", sha256("b"), from_millis(kNow)));
}

}  // namespace factory::test
