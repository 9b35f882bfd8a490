#pragma once

#include <map>
#include <string>

#include "common/clock.hpp"

namespace factory::identity {

/// When keys were last used: no event, for it would be one a request, but a small file beside the
/// store that is written now and then. What the file cannot say is not known, and no failure.
std::map<std::string, Time> read_last_used(const std::string& file);
void write_last_used(const std::string& file, const std::map<std::string, Time>& times);

}  // namespace factory::identity
