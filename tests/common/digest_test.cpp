#include "common/digest.hpp"

#include <thread>

#include "tests/support/catch.hpp"

using namespace factory;

TEST_CASE("SHA-256 gives the published digests") {
  CHECK(to_hex(sha256("")) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  const std::string abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  CHECK(to_hex(sha256("abc")) == abc);
  CHECK(to_hex(sha256("a", "bc")) == abc);
  CHECK(to_hex(sha256(std::string(1'000'000, 'a'))) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("a hash over a hash is the hash of its bytes") {
  const Hash first = sha256("first");
  const std::string bytes(reinterpret_cast<const char*>(first.data()), first.size());
  CHECK(sha256(first, "second") == sha256(bytes + "second"));
}

TEST_CASE("threads hash side by side") {
  const Hash wanted = sha256("the same");
  std::atomic<int> wrong{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int n = 0; n < 2000; ++n) wrong += sha256("the same") == wanted ? 0 : 1;
      });
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("hex is read back, and nothing else is") {
  const Hash hash = sha256("x");
  CHECK(hash_from_hex(to_hex(hash)) == hash);
  CHECK(hash_from_hex("BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD") ==
        sha256("abc"));
  CHECK_FALSE(hash_from_hex("").has_value());
  CHECK_FALSE(hash_from_hex(to_hex(hash).substr(2)).has_value());
  CHECK_FALSE(hash_from_hex(to_hex(hash) + "00").has_value());
  CHECK_FALSE(hash_from_hex(std::string(63, 'a') + "g").has_value());
  CHECK_FALSE(hash_from_hex(std::string(63, 'a')).has_value());
}

TEST_CASE("base64url follows RFC 4648 without padding") {
  struct Row {
    std::string bytes;
    std::string text;
  };
  const Row row =
      GENERATE(Row{"", ""}, Row{"f", "Zg"}, Row{"fo", "Zm8"}, Row{"foo", "Zm9v"},
               Row{"foob", "Zm9vYg"}, Row{"fooba", "Zm9vYmE"}, Row{"foobar", "Zm9vYmFy"},
               Row{"\xfb\xff\xbf", "-_-_"}, Row{std::string(2, '\0'), "AAA"});
  CHECK(base64url(row.bytes) == row.text);
  REQUIRE(base64url_decode(row.text).has_value());
  CHECK(*base64url_decode(row.text) == row.bytes);
}

TEST_CASE("what is no base64url is refused") {
  const char* const text = GENERATE("Z", "Zg==", "Zm9+", "Zm9/", "Zm 9v", "Zh", "Zm9", "Zm9vY");
  CAPTURE(text);
  CHECK_FALSE(base64url_decode(text).has_value());
}

TEST_CASE("texts compare equal only if they are") {
  CHECK(equal_constant_time("", ""));
  CHECK(equal_constant_time("token", "token"));
  CHECK_FALSE(equal_constant_time("token", "tokem"));
  CHECK_FALSE(equal_constant_time("token", "toke"));
  CHECK_FALSE(equal_constant_time("token", ""));
}

TEST_CASE("random tokens have their length and differ") {
  CHECK(random_token(32).size() == 43);
  CHECK(random_token(32) != random_token(32));
  CHECK(random_token(1000).size() == 1334);
}

TEST_CASE("Ed25519 signs as RFC 8032 section 7.1 shows") {
  // The second test vector: seed, public key, signature of the one byte 0x72.
  const std::string pem =
      "-----BEGIN PRIVATE KEY-----\n"
      "MC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7\n"
      "-----END PRIVATE KEY-----\n";
  const auto key = SigningKey::from_pem(pem);
  REQUIRE(key.has_value());
  const std::string published = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
  const std::string signature =
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
      "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
  CHECK(key->public_hex() == published);
  CHECK(key->sign_hex("\x72") == signature);
  CHECK(verify_signature(published, "\x72", signature));
}

TEST_CASE("a signature holds for its message and key alone") {
  const SigningKey key = SigningKey::generate();
  const std::string signature = key.sign_hex("the heads");
  const std::string published = key.public_hex();
  REQUIRE(verify_signature(published, "the heads", signature));
  CHECK_FALSE(verify_signature(published, "the headz", signature));
  CHECK_FALSE(verify_signature(SigningKey::generate().public_hex(), "the heads", signature));
  CHECK_FALSE(verify_signature(published, "the heads", signature.substr(2)));
  CHECK_FALSE(verify_signature(published, "the heads", ""));
  CHECK_FALSE(verify_signature("", "the heads", signature));
  CHECK_FALSE(verify_signature("zz", "the heads", signature));
}

TEST_CASE("a key survives being stored") {
  const SigningKey key = SigningKey::generate();
  const auto again = SigningKey::from_pem(key.private_pem());
  REQUIRE(again.has_value());
  CHECK(again->public_hex() == key.public_hex());
  CHECK(again->private_pem() == key.private_pem());
}

TEST_CASE("what is no Ed25519 key is refused") {
  CHECK_FALSE(SigningKey::from_pem("").has_value());
  CHECK_FALSE(SigningKey::from_pem("-----BEGIN PRIVATE KEY-----\nAAAA\n").has_value());
  CHECK_FALSE(SigningKey::from_pem(std::string(100'000, 'x')).has_value());
  const char* const x25519 =
      "-----BEGIN PRIVATE KEY-----\n"
      "MC4CAQAwBQYDK2VuBCIEIHJkRKdxyA2mCY/J6+3NMex+t1sdxsecdX4n5c77gE9n\n"
      "-----END PRIVATE KEY-----\n";
  CHECK_FALSE(SigningKey::from_pem(x25519).has_value());
}
