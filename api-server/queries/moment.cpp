#include "queries/moment.hpp"

#include <nlohmann/json.hpp>

namespace factory::queries {
namespace {

std::optional<Time> moment(const std::string& text) {
  if (const auto time = parse_time(text)) return time;
  return text.size() == 10 ? parse_time(text + "T00:00:00Z") : std::nullopt;
}

}  // namespace

Error bad_parameter(const std::string& name, const std::string& why) {
  return {ErrorCode::invalid_request,
          "The parameter `" + name + "` cannot be read: " + why + ".",
          "",
          {{"query/" + name, why}},
          {}};
}

Status read_moment(const nlohmann::json& query, const char* name, std::optional<Time>& time) {
  const std::string text = query.value(name, "");
  if (text.empty()) return Done{};
  time = moment(text);
  if (time) return Done{};
  return bad_parameter(name, "expected a time like 2026-02-01T09:30:00Z or a day like 2026-02-01");
}

}  // namespace factory::queries
