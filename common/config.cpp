#include "common/config.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "common/paths.hpp"
#include "common/schema.hpp"
#include "common/text.hpp"

namespace factory {
namespace {

constexpr std::string_view kPrefix = "FACTORY_";

std::optional<std::int64_t> read_number(std::string_view text) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, number);
  if (text.empty() || failure != std::errc{} || stop != end) return std::nullopt;
  return number;
}

std::optional<bool> read_yes_no(std::string_view text) {
  if (text == "true" || text == "1" || text == "yes" || text == "on") return true;
  if (text == "false" || text == "0" || text == "no" || text == "off") return false;
  return std::nullopt;
}

/// What is wrong with a value; empty if nothing is. Does not repeat it: it may be a secret.
std::string objection(const Setting& setting, std::string_view text) {
  if (setting.kind == SettingKind::yes_no && !read_yes_no(text)) return "expected true or false";
  if (setting.kind != SettingKind::number) return {};
  const auto number = read_number(text);
  if (!number) return "expected a whole number";
  if (*number < setting.least) return "must be at least " + std::to_string(setting.least);
  if (*number > setting.most) return "must be at most " + std::to_string(setting.most);
  return {};
}

std::string unknown(std::string_view name, const std::vector<std::string>& known) {
  const std::string meant = nearest(name, known);
  if (!meant.empty()) return "is unknown; did you mean \"" + meant + "\"?";
  return "is unknown; known are " + join(known, ", ", known.size());
}

}  // namespace

class SettingsLoader {
 public:
  SettingsLoader(std::span<const Setting> known, const SettingsInput& input)
      : known_(known), input_(input) {}

  Settings load() {
    for (const Setting& setting : known_) {
      settings_.values_[std::string(setting.name)] = {setting.kind, SettingSource::fallback,
                                                      std::string(setting.fallback)};
    }
    if (!input_.file.empty()) read_file_layer();
    read_environment();
    read_flags();
    return std::move(settings_);
  }

 private:
  void read_file_layer() {
    const std::string pointer = "file/" + input_.file.string();
    const Result<std::string> text = read_file(input_.file);
    if (!text.ok()) return complain(pointer, text.error().detail);
    const Result<nlohmann::json> parsed = parse_json(*text);
    if (!parsed.ok()) return complain(pointer, parsed.error().detail);
    if (!parsed->is_object()) return complain(pointer, "expected a JSON object");
    for (const auto& [name, value] : parsed->items()) read_member(name, value);
  }

  void read_member(const std::string& name, const nlohmann::json& value) {
    const Setting* const setting = find(name);
    const std::string pointer = "file/" + name;
    if (setting == nullptr) return complain(pointer, unknown(name, names()));
    if (setting->secret) {
      const Result<std::string> kept = read_secret_file(input_.file, 16U << 20U);
      if (!kept.ok()) return complain(pointer, kept.error().detail + " " + kept.error().hint);
    }
    if (value.is_string())
      return take(*setting, SettingSource::file, pointer, value.get<std::string>());
    if (setting->kind == SettingKind::list && value.is_array()) {
      return read_list(*setting, pointer, value);
    }
    if (!value.is_number_integer() && !value.is_boolean()) {
      return complain(pointer, "expected a string, a whole number, true or false");
    }
    take(*setting, SettingSource::file, pointer, value.dump());
  }

  void read_list(const Setting& setting, const std::string& pointer, const nlohmann::json& list) {
    std::vector<std::string> items;
    for (const nlohmann::json& item : list) {
      if (!item.is_string()) return complain(pointer, "expected a list of strings");
      items.push_back(item.get<std::string>());
    }
    take(setting, SettingSource::file, pointer, join(items, ",", items.size()));
  }

  void read_environment() {
    std::vector<std::string> variables;
    for (const Setting& setting : known_) {
      if (setting.env.empty()) continue;
      variables.emplace_back(setting.env);
      const auto found = input_.environment.find(variables.back());
      if (found == input_.environment.end() || found->second.empty()) continue;
      take(setting, SettingSource::environment, "env/" + found->first, found->second);
    }
    for (const auto& [name, value] : input_.environment) {
      if (std::find(variables.begin(), variables.end(), name) == variables.end()) {
        warn_of_slip(name, variables);
      }
    }
  }

  void warn_of_slip(const std::string& name, const std::vector<std::string>& variables) {
    const auto bare = [](std::string_view variable) {
      return std::string(variable.substr(std::min(kPrefix.size(), variable.size())));
    };
    std::vector<std::string> bare_names;
    for (const std::string& variable : variables) bare_names.push_back(bare(variable));
    const std::string meant = nearest(bare(name), bare_names);
    if (meant.empty()) return;
    settings_.warnings.push_back(
        {"env/" + name, "is unknown; did you mean \"" + std::string(kPrefix) + meant + "\"?"});
  }

  void read_flags() {
    for (const auto& [name, value] : input_.flags) {
      const Setting* const setting = find(name);
      const std::string pointer = "flag/" + name;
      if (setting == nullptr) {
        complain(pointer, unknown(name, names()));
      } else if (setting->secret) {
        complain(pointer,
                 "is a secret, and every user of the machine can read the command line; "
                 "set " +
                     std::string(setting->env) + " or use the configuration file");
      } else {
        take(*setting, SettingSource::flag, pointer, value);
      }
    }
  }

  void take(const Setting& setting, SettingSource source, const std::string& pointer,
            std::string text) {
    if (const std::string wrong = objection(setting, text); !wrong.empty()) {
      return complain(pointer, wrong);
    }
    settings_.values_[std::string(setting.name)] = {setting.kind, source, std::move(text)};
  }

  [[nodiscard]] const Setting* find(std::string_view name) const {
    const auto found = std::find_if(known_.begin(), known_.end(),
                                    [&](const Setting& setting) { return setting.name == name; });
    return found == known_.end() ? nullptr : &*found;
  }

  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const Setting& setting : known_) all.emplace_back(setting.name);
    return all;
  }

  void complain(std::string pointer, std::string detail) {
    settings_.errors.push_back({std::move(pointer), std::move(detail)});
  }

  std::span<const Setting> known_;
  const SettingsInput& input_;
  Settings settings_;
};

const Settings::Value& Settings::value(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) {
    throw std::logic_error("no setting is called " + std::string(name));
  }
  return found->second;
}

const std::string& Settings::text(std::string_view name) const { return value(name).text; }

std::int64_t Settings::number(std::string_view name) const {
  const auto number = read_number(value(name).text);
  if (!number) throw std::logic_error("the setting " + std::string(name) + " is no number");
  return *number;
}

bool Settings::yes_no(std::string_view name) const {
  const auto answer = read_yes_no(value(name).text);
  if (!answer) throw std::logic_error("the setting " + std::string(name) + " is no yes or no");
  return *answer;
}

std::vector<std::string> Settings::list(std::string_view name) const {
  const Value& found = value(name);
  if (found.kind != SettingKind::list) {
    throw std::logic_error("the setting " + std::string(name) + " is no list");
  }
  std::vector<std::string> items;
  for (std::string_view rest = found.text; !rest.empty();) {
    std::string_view item = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(item.size() + 1, rest.size()));
    item.remove_prefix(std::min(item.find_first_not_of(" \t"), item.size()));
    item = item.substr(0, item.find_last_not_of(" \t") + 1);
    if (!item.empty()) items.emplace_back(item);
  }
  return items;
}

SettingSource Settings::source(std::string_view name) const { return value(name).source; }

bool Settings::given(std::string_view name) const {
  return source(name) != SettingSource::fallback;
}

Settings load_settings(std::span<const Setting> known, const SettingsInput& input) {
  return SettingsLoader(known, input).load();
}

std::map<std::string, std::string> factory_environment() {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos || text.rfind(kPrefix, 0) != 0) continue;
    variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

}  // namespace factory
