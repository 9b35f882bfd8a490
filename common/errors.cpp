#include "common/errors.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "common/embedded.hpp"

namespace factory {
namespace {

struct Name {
  ErrorCode code;
  std::string_view text;
};

// In the order of the enumeration, so that a code is its own index.
constexpr std::array kNames{
    Name{ErrorCode::invalid_request, "invalid_request"},
    Name{ErrorCode::unauthenticated, "unauthenticated"},
    Name{ErrorCode::forbidden, "forbidden"},
    Name{ErrorCode::not_found, "not_found"},
    Name{ErrorCode::method_not_allowed, "method_not_allowed"},
    Name{ErrorCode::request_timeout, "request_timeout"},
    Name{ErrorCode::conflict, "conflict"},
    Name{ErrorCode::already_decided, "already_decided"},
    Name{ErrorCode::subject_changed, "subject_changed"},
    Name{ErrorCode::precondition_failed, "precondition_failed"},
    Name{ErrorCode::payload_too_large, "payload_too_large"},
    Name{ErrorCode::unsupported_media_type, "unsupported_media_type"},
    Name{ErrorCode::unprocessable, "unprocessable"},
    Name{ErrorCode::checks_failed, "checks_failed"},
    Name{ErrorCode::unsatisfiable, "unsatisfiable"},
    Name{ErrorCode::rate_limited, "rate_limited"},
    Name{ErrorCode::internal, "internal"},
    Name{ErrorCode::unavailable, "unavailable"},
};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (static_cast<std::size_t>(kNames[i].code) != i) return false;
  }
  return static_cast<std::size_t>(ErrorCode::unavailable) + 1 == kNames.size();
}
static_assert(in_order(), "kNames must list every code in the order of the enumeration");

using Table = std::array<ErrorInfo, kNames.size()>;

std::string_view embedded_table() {
  for (const EmbeddedFile& file : embedded_schemas()) {
    if (file.path == "errors.json") return file.text;
  }
  throw std::runtime_error("schemas/errors.json is not compiled in");
}

ErrorInfo read_entry(const nlohmann::json& table, const Name& name) {
  const auto entry = table.find(name.text);
  if (entry == table.end()) {
    throw std::runtime_error("schemas/errors.json lacks the code " + std::string(name.text));
  }
  return {name.code, entry->at("status").get<int>(), entry->at("title").get<std::string>(),
          entry->at("hint").get<std::string>(), entry->at("retryable").get<bool>()};
}

Table read_table() {
  const auto json = nlohmann::json::parse(embedded_table());
  Table table;
  std::transform(kNames.begin(), kNames.end(), table.begin(),
                 [&](const Name& name) { return read_entry(json, name); });
  return table;
}

}  // namespace

std::string_view to_string(ErrorCode code) {
  return kNames.at(static_cast<std::size_t>(code)).text;
}

const ErrorInfo& error_info(ErrorCode code) {
  static const Table table = read_table();
  return table.at(static_cast<std::size_t>(code));
}

std::optional<ErrorCode> error_code_from(std::string_view name) {
  const auto* const found = std::find_if(kNames.begin(), kNames.end(),
                                         [&](const Name& entry) { return entry.text == name; });
  if (found == kNames.end()) return std::nullopt;
  return found->code;
}

}  // namespace factory
