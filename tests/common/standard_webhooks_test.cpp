#include "common/standard_webhooks.hpp"

#include "tests/support/catch.hpp"

namespace factory::test {

using namespace factory::standard_webhooks;

TEST_CASE("signatures are those of the official package of Standard Webhooks") {
  const auto first = key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  const auto second = key_of("whsec_MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3A=");
  REQUIRE(first);
  REQUIRE(second);
  const Time at = from_millis(1'614'265'330'999);
  CHECK(timestamp(at) == "1614265330");
  const std::string body = R"({"test": 2432232314})";
  CHECK(signatures({*first, *second}, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, body) ==
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= "
        "v1,9oDm2mQAqd19B+s45wevPscNB3IUHzLR1xwlbqMrbUQ=");
}

TEST_CASE("a secret has its prefix and 24 to 64 bytes") {
  const std::string made = new_secret();
  REQUIRE(key_of(made));
  CHECK(key_of(made)->size() == 32);
  CHECK(new_secret() != made);
  for (const char* bad : {"", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                          "whsec_c2hvcnQ=", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", "whsec_!!!!",
                          "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa-_"}) {
    CAPTURE(bad);
    CHECK_FALSE(key_of(bad));
  }
  CHECK_FALSE(key_of("whsec_" + std::string(88, 'A')));
}

}  // namespace factory::test
