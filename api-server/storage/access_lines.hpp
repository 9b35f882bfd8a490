#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/access_log.hpp"

namespace factory::storage {

/// An entry as a line of the trail, and back; nullopt for a line that is none (a crash may have cut
/// the last one).
std::string access_line(const Access& access);
std::optional<Access> read_access_line(std::string_view line);

/// The files of a folder, in order of time.
std::vector<std::string> access_segments(const std::string& folder);

/// Newest first, from the query's cursor on.
AccessPage read_access(const std::string& folder, const AccessQuery& query);

}  // namespace factory::storage
