#include "common/ec_key.hpp"
#include "identity/last_used.hpp"
#include "identity/password.hpp"
#include "identity/pepper.hpp"
#include "identity/refresh_token.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/spec.hpp"
#include "tests/support/temp_dir.hpp"

namespace factory::test {
namespace {

using identity::Passwords;
using identity::Pepper;

std::string hex_of_hmac(const std::string& key, const std::string& message) {
  return to_hex(hmac_sha256(key, message));
}

}  // namespace

TEST_CASE("HMAC gives what RFC 4231 says") {
  CHECK(hex_of_hmac(std::string(20, '\x0b'), "Hi There") ==
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  CHECK(hex_of_hmac("Jefe", "what do ya want for nothing?") ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(hex_of_hmac(std::string(131, '\xaa'),
                    "Test Using Larger Than Block-Size Key - Hash Key First") ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST_CASE("a pepper comes back as it went, and each use of it is another") {
  const Pepper pepper = Pepper::generate();
  const auto again = Pepper::from_text(pepper.text() + "\n");
  REQUIRE(again);
  CHECK(again->key_hash("t") == pepper.key_hash("t"));
  CHECK(pepper.key_hash("t") != pepper.refresh_hash("t"));
  CHECK(pepper.key_hash("t") != Pepper::generate().key_hash("t"));
  CHECK_FALSE(Pepper::from_text(""));
  CHECK_FALSE(Pepper::from_text(pepper.text().substr(1)));
}

TEST_CASE("an EC key is read back with the same public half, and nothing else is one") {
  const EcKey key = new_ec_key();
  const auto read = read_ec_key(key.private_pem);
  REQUIRE(read);
  CHECK(read->public_pem == key.public_pem);
  CHECK(read->x == key.x);
  CHECK(base64url_decode(key.x).value().size() == 32);
  CHECK(base64url_decode(key.y).value().size() == 32);
  CHECK_FALSE(read_ec_key(""));
  CHECK_FALSE(read_ec_key(key.public_pem));
  CHECK_FALSE(read_ec_key(SigningKey::generate().private_pem()));
}

TEST_CASE("a password is right or wrong, and what is stored of it says neither") {
  const Pepper pepper = Pepper::generate();
  const Passwords passwords(pepper.password_key());
  const std::string phrase = "correct horse battery staple";
  const std::string sealed = passwords.seal(phrase).value();
  CHECK(passwords.check(phrase, sealed).value());
  CHECK_FALSE(passwords.check(phrase + " ", sealed).value());
  CHECK_FALSE(passwords.check("", sealed).value());
  CHECK_FALSE(passwords.check(phrase, "").value());
  CHECK_FALSE(passwords.check(phrase, "nonsense").value());
  CHECK(sealed.find("argon2") == std::string::npos);
  CHECK(sealed != passwords.seal(phrase).value());
  // Another server's secret opens nothing.
  CHECK_FALSE(Passwords(Pepper::generate().password_key()).check(phrase, sealed).value());
  std::string changed = sealed;
  changed.back() = changed.back() == 'A' ? 'Q' : 'A';
  CHECK_FALSE(passwords.check(phrase, changed).value());
}

TEST_CASE("a password is long and no single thing repeated") {
  const Passwords passwords(Pepper::generate().password_key());
  for (const std::string& bad :
       {std::string(), std::string("short"), std::string(11, 'a'), std::string(40, 'a'),
        std::string("abababababababab"), std::string(257, 'x')}) {
    INFO(bad);
    const auto sealed = passwords.seal(bad);
    REQUIRE_FALSE(sealed);
    CHECK(sealed.error().code == ErrorCode::invalid_request);
    CHECK(sealed.error().fields.at(0).pointer == "/password");
    CHECK((bad.empty() || sealed.error().detail.find(bad) == std::string::npos));
  }
}

TEST_CASE("a refresh token says whose it is only to who made it") {
  const Pepper pepper = Pepper::generate();
  const std::string session = "sess_0190f0e0-0000-7000-8000-000000000001";
  const auto made = identity::make_refresh_token(session, 7, pepper);
  const auto read = identity::read_refresh_token(made.text, pepper);
  REQUIRE(read);
  CHECK(read->session == session);
  CHECK(read->generation == 7);
  CHECK(read->hash == made.hash);
  CHECK(identity::make_refresh_token(session, 7, pepper).text != made.text);
  CHECK_FALSE(identity::read_refresh_token(made.text, Pepper::generate()));
  const std::size_t number = made.text.find("_7_");
  REQUIRE(number != std::string::npos);
  std::string other = made.text;
  other[number + 1] = '6';
  CHECK_FALSE(identity::read_refresh_token(other, pepper));
  for (std::size_t i = 0; i < made.text.size(); ++i) {
    other = made.text;
    other[i] = other[i] == 'A' ? 'B' : 'A';
    INFO(i);
    CHECK_FALSE(identity::read_refresh_token(other, pepper));
  }
  for (const std::string bad : {"", "rt_", "rt__", "rt___", "rt_a_99999999999_x", "rt_a_-1_x"}) {
    CHECK_FALSE(identity::read_refresh_token(bad, pepper));
  }
  CHECK_FALSE(identity::read_refresh_token(made.text + std::string(300, 'A'), pepper));
}

TEST_CASE("when keys were used last is kept in a file") {
  TempDir folder;
  const std::string file = folder / "last_used.json";
  CHECK(identity::read_last_used(file).empty());
  const std::map<std::string, Time> times{{"key_1", minute(1)}, {"key_2", minute(2)}};
  identity::write_last_used(file, times);
  CHECK(identity::read_last_used(file) == times);
}

}  // namespace factory::test
