#include "common/errors.hpp"

#include <nlohmann/json.hpp>
#include <set>

#include "common/embedded.hpp"
#include "tests/support/catch.hpp"

using namespace factory;

namespace {

nlohmann::json table() {
  for (const EmbeddedFile& file : embedded_schemas()) {
    if (file.path == "errors.json") return nlohmann::json::parse(file.text);
  }
  return {};
}

}  // namespace

TEST_CASE("the table of errors and the enumeration name the same codes") {
  const nlohmann::json errors = table();
  std::set<std::string> seen;
  for (int i = 0; i <= static_cast<int>(ErrorCode::unavailable); ++i) {
    const auto code = static_cast<ErrorCode>(i);
    const std::string name(to_string(code));
    CAPTURE(name);
    REQUIRE(errors.contains(name));
    CHECK(seen.insert(name).second);
    CHECK(error_code_from(name) == code);
    const ErrorInfo& info = error_info(code);
    CHECK(info.code == code);
    CHECK(info.http_status == errors[name]["status"]);
    CHECK(info.title == errors[name]["title"].get<std::string>());
    CHECK(info.hint == errors[name]["hint"].get<std::string>());
    CHECK(info.retryable == errors[name]["retryable"]);
  }
  CHECK(errors.size() == seen.size());
}

TEST_CASE("each error has the status that its comment promises, a title and a hint") {
  struct Row {
    ErrorCode code;
    int status;
    bool retryable;
  };
  const Row row = GENERATE(
      Row{ErrorCode::invalid_request, 400, false}, Row{ErrorCode::unauthenticated, 401, false},
      Row{ErrorCode::forbidden, 403, false}, Row{ErrorCode::not_found, 404, false},
      Row{ErrorCode::method_not_allowed, 405, false}, Row{ErrorCode::request_timeout, 408, true},
      Row{ErrorCode::conflict, 409, false}, Row{ErrorCode::already_decided, 409, false},
      Row{ErrorCode::subject_changed, 409, false}, Row{ErrorCode::precondition_failed, 412, false},
      Row{ErrorCode::payload_too_large, 413, false},
      Row{ErrorCode::unsupported_media_type, 415, false}, Row{ErrorCode::unprocessable, 422, false},
      Row{ErrorCode::checks_failed, 422, false}, Row{ErrorCode::unsatisfiable, 422, false},
      Row{ErrorCode::rate_limited, 429, true}, Row{ErrorCode::internal, 500, true},
      Row{ErrorCode::unavailable, 503, true});
  const ErrorInfo& info = error_info(row.code);
  CAPTURE(to_string(row.code));
  CHECK(info.http_status == row.status);
  CHECK(info.retryable == row.retryable);
  CHECK(info.title.size() >= 10);
  CHECK(info.hint.size() >= 20);
  CHECK(info.hint.back() == '.');
}

TEST_CASE("a foreign code is not taken for one of ours") {
  CHECK_FALSE(error_code_from("").has_value());
  CHECK_FALSE(error_code_from("Not_Found").has_value());
  CHECK_FALSE(error_code_from("not_found ").has_value());
}
