#include "queries/words.hpp"

#include <algorithm>

#include "common/text.hpp"

namespace factory::queries {

std::string duration_words(Millis duration) {
  const std::int64_t minutes = duration.count() / 60'000;
  if (minutes < 1) return "under a minute";
  if (minutes < 60) return std::to_string(minutes) + " min";
  const std::int64_t hours = minutes / 60;
  if (hours < 24) {
    const std::int64_t rest = minutes % 60;
    return std::to_string(hours) + " h" + (rest > 0 ? " " + std::to_string(rest) + " min" : "");
  }
  const std::int64_t days = hours / 24;
  const std::int64_t rest = hours % 24;
  return std::to_string(days) + (days == 1 ? " day" : " days") +
         (rest > 0 ? " " + std::to_string(rest) + " h" : "");
}

std::string count_words(std::int64_t count, const std::string& noun, bool at_least) {
  return (at_least ? "at least " : "") + std::to_string(count) + " " + noun +
         (count == 1 ? "" : "s");
}

std::string either(const std::vector<std::string>& names, std::size_t most) {
  if (names.empty()) return "nobody";
  std::vector<std::string> shown(
      names.begin(), names.begin() + static_cast<std::ptrdiff_t>(std::min(names.size(), most)));
  if (names.size() > most) {
    const std::size_t others = names.size() - most;
    shown.push_back(std::to_string(others) + (others == 1 ? " other" : " others"));
  }
  if (shown.size() == 1) return shown.front();
  const std::string last = shown.back();
  shown.pop_back();
  return join(shown) + " or " + last;
}

}  // namespace factory::queries
