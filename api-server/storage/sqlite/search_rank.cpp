#include "storage/sqlite/search_rank.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

namespace factory::storage {

namespace {

constexpr double k1 = 1.2;
constexpr double b = 0.75;
constexpr double title_weight = 5;
constexpr double beginning_weight = 0.5;
constexpr std::size_t kSnippetBytes = 160;

/// Adds to `counts` how often each word is in the text.
void count(const std::string& text, double weight, const std::vector<std::string>& words,
           const Tokenizer& tokenizer, std::vector<double>& counts) {
  tokenizer.each(text, [&](const Token& token) {
    for (std::size_t i = 0; i < words.size(); ++i) {
      if (token.word == words[i]) {
        counts[i] += weight;
      } else if (i + 1 == words.size() && token.word.starts_with(words[i])) {
        counts[i] += weight * beginning_weight;
      }
    }
    return true;
  });
}

double rarity(double frequency, double documents) {
  const double known = std::min(frequency, documents);
  return std::log(1 + (documents - known + 0.5) / (known + 0.5));
}

bool inside_letter(const std::string& text, std::size_t at) {
  return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80;
}

/// Where the first of the words begins.
std::optional<std::size_t> first_hit(const std::string& text, const std::vector<std::string>& words,
                                     const Tokenizer& tokenizer) {
  std::optional<std::size_t> first;
  tokenizer.each(text, [&](const Token& token) {
    if (is_meant(token.word, words)) first = token.begin;
    return !first;
  });
  return first;
}

std::string marked(const std::string& text, const std::vector<std::string>& words,
                   const Tokenizer& tokenizer) {
  std::string all;
  std::size_t done = 0;
  tokenizer.each(text, [&](const Token& token) {
    if (!is_meant(token.word, words)) return true;
    all += text.substr(done, token.begin - done) + "**" +
           text.substr(token.begin, token.end - token.begin) + "**";
    done = token.end;
    return true;
  });
  return all + text.substr(done);
}

}  // namespace

bool is_meant(std::string_view word, const std::vector<std::string>& words) {
  return word.starts_with(words.back()) ||
         std::find(words.begin(), words.end(), word) != words.end();
}

void rank(std::vector<Candidate>& candidates, const Ranking& ranking, const Tokenizer& tokenizer) {
  double sizes = 0;
  for (const Candidate& candidate : candidates) sizes += static_cast<double>(candidate.size);
  const double average =
      std::max(1.0, sizes / static_cast<double>(std::max<std::size_t>(candidates.size(), 1)));
  const auto& words = ranking.words;
  for (Candidate& candidate : candidates) {
    std::vector<double> counts(words.size(), 0);
    count(candidate.hit.title, title_weight, words, tokenizer, counts);
    count(candidate.head, 1, words, tokenizer, counts);
    const double length = k1 * (1 - b + b * static_cast<double>(candidate.size) / average);
    candidate.score = 0;
    for (std::size_t i = 0; i < words.size(); ++i) {
      const double often = counts[i] > 0 ? counts[i] : 1;
      candidate.score +=
          rarity(ranking.frequency[i], ranking.documents) * often * (k1 + 1) / (often + length);
    }
  }
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const Candidate& x, const Candidate& y) { return x.score > y.score; });
}

std::string snippet(const std::string& text, const std::vector<std::string>& words,
                    const Tokenizer& tokenizer) {
  const std::size_t first = first_hit(text, words, tokenizer).value_or(0);
  std::size_t begin = first > kSnippetBytes / 4 ? first - kSnippetBytes / 4 : 0;
  while (inside_letter(text, begin)) ++begin;
  std::size_t end = std::min(text.size(), begin + kSnippetBytes);
  while (inside_letter(text, end)) ++end;
  std::string cut = text.substr(begin, end - begin);
  std::replace_if(
      cut.begin(), cut.end(), [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  return (begin > 0 ? "…" : "") + marked(cut, words, tokenizer) + (end < text.size() ? "…" : "");
}

}  // namespace factory::storage
