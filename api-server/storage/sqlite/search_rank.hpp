#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "storage/search_index.hpp"
#include "storage/sqlite/tokenizer.hpp"

/// What documents that were found are worth, and how they are shown.
namespace factory::storage {

struct Candidate {
  SearchHit hit;
  std::int64_t number = 0;
  std::int64_t size = 0;  ///< bytes of title and text
  std::string head;       ///< of the text
  double score = 0;
};

/// The words of a question, and in how many of `documents` each of them is.
struct Ranking {
  std::vector<std::string> words;
  std::vector<double> frequency;  ///< of each word, at least 1
  double documents = 1;
};

/// Sorts by BM25 (k1 = 1.2, b = 0.75), the best first; equals keep their order. A word of the title
/// counts as five of the text; one that only begins with the last word counts half; one that is
/// behind the head counts as one of the text.
void rank(std::vector<Candidate>& candidates, const Ranking& ranking, const Tokenizer& tokenizer);

/// Whether `word` of a text is meant by the words of a question.
bool is_meant(std::string_view word, const std::vector<std::string>& words);

/// The text around the first of the words, cut between letters, with the words that are meant
/// marked. Without one of them: how the text begins.
std::string snippet(const std::string& text, const std::vector<std::string>& words,
                    const Tokenizer& tokenizer);

}  // namespace factory::storage
