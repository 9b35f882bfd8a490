#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"

namespace factory {

/// What a setting's value must read as.
enum class SettingKind {
  text,
  number,
  yes_no,
  list,  ///< texts with commas between them; in the file a list of strings, too
};

/// One setting that a program knows. Declared once, in a table; flags, environment, file, defaults
/// and help all come from it.
struct Setting {
  std::string_view name;      ///< of the flag (--name) and in the file: "listen", "data-dir"
  std::string_view env;       ///< "FACTORY_LISTEN"; empty if the environment cannot set it
  std::string_view fallback;  ///< the value if nothing sets it, written as in the environment
  std::string_view help;
  SettingKind kind = SettingKind::text;
  std::int64_t least = std::numeric_limits<std::int64_t>::min();  ///< of a number
  std::int64_t most = std::numeric_limits<std::int64_t>::max();
  /// Never taken from the command line, which every user of the machine can read, and only from a
  /// file that nobody else can.
  bool secret = false;
};

/// Where the value of a setting came from, the weakest first.
enum class SettingSource { fallback, file, environment, flag };

/// What was given from outside.
struct SettingsInput {
  std::map<std::string, std::string> flags;        ///< name without dashes -> value
  std::map<std::string, std::string> environment;  ///< as factory_environment() gives it
  std::filesystem::path file;                      ///< empty: none
};

/// The settings of one run. Immutable after load_settings(). Asking for a name that the table
/// does not have, or for the wrong kind, throws std::logic_error.
class Settings {
 public:
  [[nodiscard]] const std::string& text(std::string_view name) const;
  [[nodiscard]] std::int64_t number(std::string_view name) const;
  [[nodiscard]] bool yes_no(std::string_view name) const;
  /// Of a list: its items without blanks around them, those that are empty left out.
  [[nodiscard]] std::vector<std::string> list(std::string_view name) const;
  [[nodiscard]] SettingSource source(std::string_view name) const;
  /// True if anything but the default set it.
  [[nodiscard]] bool given(std::string_view name) const;

  /// Everything wrong with what was given; `pointer` is "flag/listen", "env/FACTORY_LISTEN" or
  /// "file/listen". With any of these the values must not be used.
  std::vector<FieldError> errors;
  /// Variables FACTORY_… that look like slips of a known one. Not errors: the programs of the
  /// house share the prefix.
  std::vector<FieldError> warnings;

 private:
  friend class SettingsLoader;
  struct Value {
    SettingKind kind = SettingKind::text;
    SettingSource source = SettingSource::fallback;
    std::string text;
  };
  [[nodiscard]] const Value& value(std::string_view name) const;
  std::map<std::string, Value, std::less<>> values_;
};

/// Layers command line over environment over file over defaults. The file is a flat JSON object;
/// an unknown key in it and an unknown flag are errors that name the nearest known one. An empty
/// variable counts as not set. Never throws for what comes from outside.
Settings load_settings(std::span<const Setting> known, const SettingsInput& input);

/// The variables of this process whose names start with FACTORY_.
std::map<std::string, std::string> factory_environment();

}  // namespace factory
