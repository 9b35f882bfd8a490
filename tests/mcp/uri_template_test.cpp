#include "common/mcp/uri_template.hpp"

#include "tests/support/catch.hpp"

namespace factory::mcp {
namespace {

TEST_CASE("a URI gives back what the template was expanded with") {
  const auto values = match_uri("factory://p/{id}/x/{name}", "factory://p/pipe_1/x/a%20%C3%A4");
  REQUIRE(values.has_value());
  CHECK(values->at("id") == "pipe_1");
  CHECK(values->at("name") == "a \u00e4");
  CHECK(match_uri("factory://all", "factory://all").has_value());
}

TEST_CASE("a URI of another shape does not match") {
  for (const char* uri : {"factory://p/a/y", "factory://p/a/x/", "factory://p/a", "factory://p//x",
                          "factory://p/a/x?q", "factory://p/a?/x", "other://p/a/x", ""}) {
    INFO(uri);
    CHECK_FALSE(match_uri("factory://p/{id}/x", uri).has_value());
  }
  CHECK_FALSE(match_uri("factory://all", "factory://all/").has_value());
}

TEST_CASE("a value reaches no other place than its own") {
  for (const char* value : {".", "..", "%2e", "%2E%2e", "a%2Fb", "a%5Cb", "a%00", "a%0A", "%7F",
                            "%", "%4", "%zz", "%FF", "%C3"}) {
    INFO(value);
    CHECK_FALSE(match_uri("f://{id}", std::string("f://") + value).has_value());
  }
  CHECK(match_uri("f://{id}", "f://...").has_value());
}

TEST_CASE("only unreserved characters stay as they are") {
  CHECK(percent_encode("aZ0-._~") == "aZ0-._~");
  CHECK(percent_encode("a/b ?#%&=+\u00e4") == "a%2Fb%20%3F%23%25%26%3D%2B%C3%A4");
}

}  // namespace
}  // namespace factory::mcp
