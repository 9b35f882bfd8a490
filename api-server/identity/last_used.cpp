#include "identity/last_used.hpp"

#include <nlohmann/json.hpp>

#include "common/log.hpp"
#include "common/paths.hpp"

namespace factory::identity {

using nlohmann::json;

std::map<std::string, Time> read_last_used(const std::string& file) {
  std::map<std::string, Time> times;
  const auto text = read_file(file);
  if (!text) return times;
  const json content = json::parse(*text, nullptr, false);
  if (!content.is_object()) {
    log(LogLevel::warning, "when keys were last used cannot be read", {{"file", file}});
    return times;
  }
  for (const auto& [id, at] : content.items()) {
    const auto time = at.is_string() ? parse_time(at.get_ref<const std::string&>()) : std::nullopt;
    if (time) times.emplace(id, *time);
  }
  return times;
}

void write_last_used(const std::string& file, const std::map<std::string, Time>& times) {
  json content = json::object();
  for (const auto& [id, at] : times) content[id] = format_time(at);
  const auto written = write_file_private(file, content.dump() + "\n");
  if (!written) {
    log(LogLevel::warning, "when keys were last used was not written",
        {{"reason", written.error().detail}});
  }
}

}  // namespace factory::identity
