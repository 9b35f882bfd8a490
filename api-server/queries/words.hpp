#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/clock.hpp"

namespace factory::queries {

/// "3 days 4 h", "2 h 5 min", "12 min", "under a minute".
std::string duration_words(Millis duration);

/// "1 task", "3 tasks", "at least 1000 tasks".
std::string count_words(std::int64_t count, const std::string& noun, bool at_least = false);

/// "alice", "alice or bob", "alice, bob or carl"; after `most` names "2 others".
std::string either(const std::vector<std::string>& names, std::size_t most = 5);

}  // namespace factory::queries
