#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace factory::bench {

/// Words as often as in texts of people: the n-th most frequent one has a share of about 1/n. The
/// same words in the same order for the same seed, with every standard library.
class ZipfWords {
 public:
  ZipfWords(std::size_t words, std::uint64_t seed);

  /// The word of a rank, 0 for the most frequent one.
  [[nodiscard]] const std::string& word(std::size_t rank) const { return words_.at(rank); }
  [[nodiscard]] std::size_t size() const { return words_.size(); }
  const std::string& next();
  /// So many of them with blanks between.
  std::string text(std::size_t words);
  /// Below `bound`.
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(random_() % bound); }

 private:
  std::mt19937_64 random_;
  std::vector<std::string> words_;
  std::vector<double> shares_;  ///< summed up
};

}  // namespace factory::bench
