#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace factory {

enum class LogLevel { debug, info, warning, error };

/// A member of a log line. Values are written as JSON strings.
using LogField = std::pair<std::string_view, std::string>;

/// Lines below `level` are dropped. Set once at start, before threads are made.
void set_log_level(LogLevel level);
/// "debug", "info", "warning", "error"; false if `name` is none of them.
bool set_log_level(std::string_view name);

/// Whether lines of this level are written, for those that cost something to put together.
bool logs(LogLevel level);

/// Writes one JSON line to stderr: {"at","level","message",…fields}. Thread-safe; a lost or full
/// stderr neither blocks for long nor kills. Secrets must never be passed in.
void log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {});

}  // namespace factory
