#include "slices/report/repository.hpp"

#include "tests/support/catch.hpp"

namespace factory::test {
namespace {

using report::normalised_repository;
using report::report_of;

TEST_CASE("a repository is the same however its URL is written") {
  for (const char* const url :
       {"https://github.com/acme/mail", "https://github.com/acme/mail.git",
        "https://GitHub.com/Acme/Mail/", "http://github.com/acme/mail",
        "git://github.com/acme/mail", "ssh://git@github.com/acme/mail.git",
        "git@github.com:acme/mail.git", "github.com/acme/mail", "https://github.com//acme/mail"}) {
    CAPTURE(url);
    const auto key = normalised_repository(url);
    REQUIRE(key.ok());
    CHECK(*key == "github.com/acme/mail");
  }
  CHECK(*normalised_repository("https://git.acme.test:8443/team/sub/mail") ==
        "git.acme.test:8443/team/sub/mail");
  CHECK(*normalised_repository("https://github.com/acme/mail.git.git") ==
        "github.com/acme/mail.git");
}

TEST_CASE("what is no plain address of a repository is refused by its field") {
  for (const char* const url : {"",
                                "mail",
                                "github.com",
                                "https://github.com",
                                "https://github.com/",
                                "https:///acme/mail",
                                "https://me:secret@github.com/acme/mail",
                                "https://me@github.com/acme/mail",
                                "ssh://root@github.com/acme/mail",
                                "root@github.com:acme/mail",
                                "https://github.com/acme/mail?tab=readme",
                                "https://github.com/acme/mail#readme",
                                "https://github.com/acme/../mail",
                                "https://github.com/acme//mail",
                                "https://github.com/acme/ma%69l",
                                "https://github.com/acme/ma il",
                                "https://github.com/acme/m\xC3\xA4il",
                                "javascript:alert(1)",
                                "file:///etc/passwd",
                                "ftp://github.com/acme/mail",
                                "https://github.com:port/acme/mail",
                                "https://-github.com/acme/mail",
                                "localhost/mail"}) {
    CAPTURE(url);
    const auto key = normalised_repository(url);
    REQUIRE_FALSE(key.ok());
    CHECK(key.error().code == ErrorCode::invalid_request);
    REQUIRE(key.error().fields.size() == 1);
    CHECK(key.error().fields[0].pointer == "/repository_url");
    CHECK(key.error().detail.find("secret") == std::string::npos);
  }
  CHECK_FALSE(normalised_repository("https://github.com/" + std::string(500, 'a')).ok());
}

TEST_CASE("a repository has one report, whose id is a UUIDv8 of it") {
  const std::string id = report_of("github.com/acme/mail");
  CHECK(id == report_of("github.com/acme/mail"));
  CHECK(id != report_of("github.com/acme/mai1"));
  REQUIRE(id.size() == std::string("report_").size() + 36);
  CHECK(id.substr(0, 7) == "report_");
  CHECK(id[7 + 14] == '8');
  CHECK(std::string("89ab").find(id[7 + 19]) != std::string::npos);
}

}  // namespace
}  // namespace factory::test
