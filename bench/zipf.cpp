#include "bench/zipf.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

namespace factory::bench {

namespace {

constexpr std::array<std::string_view, 16> kBegin = {"b", "c", "d",  "f",  "g",  "l",  "m",  "n",
                                                     "p", "r", "st", "tr", "pr", "cl", "sh", "v"};
constexpr std::array<std::string_view, 10> kMiddle = {"a",  "e",  "i",  "o",  "u",
                                                      "ai", "ea", "ou", "er", "in"};
constexpr std::array<std::string_view, 10> kEnd = {"", "", "", "n", "r", "t", "s", "l", "ck", "m"};

/// "stainder": of two to four syllables.
std::string make_word(std::mt19937_64& random) {
  std::string word;
  const auto of = [&random](const auto& parts) { return parts[random() % parts.size()]; };
  for (std::uint64_t left = 2 + random() % 3; left > 0; --left) {
    word.append(of(kBegin)).append(of(kMiddle)).append(of(kEnd));
  }
  return word;
}

}  // namespace

ZipfWords::ZipfWords(std::size_t words, std::uint64_t seed) : random_(seed) {
  std::set<std::string> known;
  double sum = 0;
  while (words_.size() < words) {
    std::string word = make_word(random_);
    if (!known.insert(word).second) continue;
    words_.push_back(std::move(word));
    sum += 1 / static_cast<double>(words_.size());
    shares_.push_back(sum);
  }
}

const std::string& ZipfWords::next() {
  constexpr double steps = 9007199254740992.0;  // 2^53
  const double share = static_cast<double>(random_() >> 11U) / steps * shares_.back();
  const auto at = std::upper_bound(shares_.begin(), shares_.end(), share);
  const auto rank = static_cast<std::size_t>(at - shares_.begin());
  return words_[std::min(rank, words_.size() - 1)];
}

std::string ZipfWords::text(std::size_t words) {
  std::string text;
  for (std::size_t i = 0; i < words; ++i) text.append(i == 0 ? "" : " ").append(next());
  return text;
}

}  // namespace factory::bench
