#include "storage/sqlite/search_query.hpp"

#include <algorithm>
#include <cctype>
#include <functional>
#include <limits>

#include "storage/sqlite/tokenizer.hpp"

namespace factory::storage {

namespace {

constexpr std::size_t kMostWords = 16;
/// So many of the newest documents are ranked.
constexpr std::size_t kMostCandidates = 200;
/// So many are read to find them, where the index knows only the first letters of the last word.
constexpr int kMostRead = 600;
/// Documents that share an era word.
constexpr std::int64_t kEra = 10'000;
constexpr std::size_t kMostEras = 60;
constexpr std::size_t kSnippetBytes = 160;

struct Candidate {
  SearchHit hit;
  std::string text;
  int score = 0;
};

/// How the last word is asked for.
enum class Last { exact, prefix };

std::size_t letters(std::string_view word) {
  return static_cast<std::size_t>(std::count_if(word.begin(), word.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

std::string first_letters(const std::string& word, std::size_t count) {
  std::size_t end = 0;
  for (std::size_t seen = 0; end < word.size(); ++end) {
    const bool starts = (static_cast<unsigned char>(word[end]) & 0xc0) != 0x80;
    if (starts && seen++ == count) break;
  }
  return word.substr(0, end);
}

/// As much of a word's beginning as the index keeps lists for.
std::string kept_beginning(const std::string& word) {
  return first_letters(word, letters(word) >= 4 ? 4 : 2);
}

class Search {
 public:
  Search(Connection& connection, const std::string& question, const std::vector<std::string>& kinds,
         int limit)
      : connection_(connection),
        tokenizer_(connection),
        kinds_(kinds),
        limit_(static_cast<std::size_t>(std::clamp(limit, 1, 100))),
        words_(tokenizer_.words(question)) {
    if (words_.size() > kMostWords) words_.resize(kMostWords);
  }

  std::vector<SearchHit> run() {
    if (words_.empty()) return {};
    find();
    for (Candidate& candidate : found_) candidate.score = score(candidate);
    std::stable_sort(found_.begin(), found_.end(),
                     [](const Candidate& a, const Candidate& b) { return a.score > b.score; });
    std::vector<SearchHit> hits;
    for (std::size_t i = 0; i < std::min(limit_, found_.size()); ++i) {
      found_[i].hit.snippet = snippet(found_[i].text);
      hits.push_back(std::move(found_[i].hit));
    }
    return hits;
  }

 private:
  void find();
  void find_in(const std::vector<std::string>& eras);
  bool collect(const std::string& last, Last how, const std::vector<std::string>& eras);
  [[nodiscard]] std::int64_t work_floor();
  [[nodiscard]] std::vector<std::string> terms(const std::string& last, Last how) const;
  [[nodiscard]] bool is_asked_for(const Candidate& candidate, Last how) const;
  [[nodiscard]] int score(const Candidate& candidate) const;
  [[nodiscard]] std::string snippet(const std::string& text) const;

  Connection& connection_;
  const Tokenizer tokenizer_;
  const std::vector<std::string>& kinds_;
  const std::size_t limit_;
  std::vector<std::string> words_;
  std::vector<Candidate> found_;  ///< newest first
};

/// A walk that looks for documents with several common words that hardly ever come together would
/// touch every document. So the newest ones are tried first, and then only as many as the rarest of
/// the words gives reason to.
void Search::find() {
  if (terms(words_.back(), Last::exact).size() == 1) return find_in({""});
  Query newest = connection_.query("SELECT number FROM documents ORDER BY number DESC LIMIT 1");
  if (!newest.step()) return;
  const std::int64_t last = newest.integer(0);
  std::vector<std::string> eras = {era_word(last)};
  if (last > kEra) eras.push_back(era_word(last - kEra));
  find_in(eras);
  if (found_.size() >= limit_ || last <= kEra) return;
  const std::int64_t floor = work_floor();
  if (floor == 0) return find_in({""});
  for (std::int64_t number = last - 2 * kEra; number > floor - kEra && eras.size() < kMostEras;
       number -= kEra) {
    eras.push_back(era_word(number));
  }
  find_in(eras);
}

/// A word that is meant as it stands is found by a walk from the newest document down, and so are
/// the beginnings that the index keeps. Any other beginning would make FTS5 merge the lists of all
/// words that begin so before it gives the first document: it is tried only when the shorter
/// beginning that is kept, looked through document by document, has not given enough; then there
/// are not many.
void Search::find_in(const std::vector<std::string>& eras) {
  const std::string& last = words_.back();
  collect(last, Last::exact, eras);
  if (found_.size() >= limit_ || letters(last) < 2) return;
  const std::string kept = kept_beginning(last);
  const bool all = collect(kept, Last::prefix, eras);
  if (!all && found_.size() < limit_ && kept != last) collect(last, Last::prefix, {""});
}

/// Fills found_ anew. False if documents were left unread although there was room for them.
bool Search::collect(const std::string& last, Last how, const std::vector<std::string>& eras) {
  found_.clear();
  int left = kMostRead;
  for (const std::string& era : eras) {
    std::string match;
    for (const std::string& term : terms(last, how)) match += (match.empty() ? "" : " AND ") + term;
    if (!era.empty()) match += " AND \"" + era + "\"";
    Query rows = connection_.query(
        "SELECT d.id, d.kind, d.title, d.text FROM words "
        "JOIN documents d ON d.number = words.rowid "
        "WHERE words MATCH ? ORDER BY words.rowid DESC LIMIT ?");
    rows.with(match, left);
    while (rows.step()) {
      Candidate candidate{{rows.text(0), rows.text(1), rows.text(2), {}}, rows.text(3), 0};
      if (is_asked_for(candidate, how)) found_.push_back(std::move(candidate));
      if (found_.size() >= kMostCandidates) return true;
      if (--left == 0) return false;
    }
  }
  return true;
}

/// The number down to which some word occurs kEra times; 0 if one occurs less often.
std::int64_t Search::work_floor() {
  std::int64_t floor = std::numeric_limits<std::int64_t>::max();
  for (const std::string& term : terms(kept_beginning(words_.back()), Last::prefix)) {
    Query row = connection_.query(
        "SELECT rowid FROM words WHERE words MATCH ? ORDER BY rowid DESC LIMIT 1 OFFSET ?");
    if (!row.with(term, kEra).step()) return 0;
    floor = std::min(floor, row.integer(0));
  }
  return floor;
}

/// What must be in a document. Only words that the tokenizer gave, each in quotes: no syntax of
/// FTS5 can come from a user.
std::vector<std::string> Search::terms(const std::string& last, Last how) const {
  std::vector<std::string> terms;
  for (std::size_t i = 0; i + 1 < words_.size(); ++i) terms.push_back("\"" + words_[i] + "\"");
  terms.push_back("\"" + last + (how == Last::prefix ? "\"*" : "\""));
  if (!kinds_.empty()) {
    std::string any;
    for (const std::string& kind : kinds_) {
      any += (any.empty() ? "(\"" : " OR \"") + kind_word(kind) + "\"";
    }
    terms.push_back(any + ")");
  }
  return terms;
}

bool Search::is_asked_for(const Candidate& candidate, Last how) const {
  const auto& kind = candidate.hit.kind;
  if (!kinds_.empty() && std::find(kinds_.begin(), kinds_.end(), kind) == kinds_.end()) {
    return false;
  }
  if (how == Last::exact) return true;
  bool found = false;
  const auto look = [&](const Token& token) {
    found = token.word.starts_with(words_.back());
    return !found;
  };
  tokenizer_.each(candidate.hit.title, look);
  if (!found) tokenizer_.each(candidate.text, look);
  return found;
}

/// Words in the title count most, whole words more than beginnings; equals stay newest first.
int Search::score(const Candidate& candidate) const {
  const auto titled = tokenizer_.words(candidate.hit.title);
  int score = 0;
  for (const std::string& word : words_) {
    if (std::find(titled.begin(), titled.end(), word) != titled.end()) score += 4;
  }
  const auto begins = [&](const std::string& word) { return word.starts_with(words_.back()); };
  if (std::any_of(titled.begin(), titled.end(), begins)) score += 2;
  if (titled == words_) score += 4;
  return score;
}

/// The text around the first of the words, cut between letters.
std::string Search::snippet(const std::string& text) const {
  std::size_t first = 0;
  tokenizer_.each(text, [&](const Token& token) {
    const bool hit = token.word.starts_with(words_.back()) ||
                     std::find(words_.begin(), words_.end(), token.word) != words_.end();
    if (hit) first = token.begin;
    return !hit;
  });
  const auto inside_letter = [&](std::size_t at) {
    return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80;
  };
  std::size_t begin = first > kSnippetBytes / 4 ? first - kSnippetBytes / 4 : 0;
  while (inside_letter(begin)) ++begin;
  std::size_t end = std::min(text.size(), begin + kSnippetBytes);
  while (inside_letter(end)) ++end;
  std::string cut = text.substr(begin, end - begin);
  std::replace_if(
      cut.begin(), cut.end(), [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  return (begin > 0 ? "…" : "") + cut + (end < text.size() ? "…" : "");
}

}  // namespace

std::string kind_word(const std::string& kind) {
  std::string word = "kindis";
  for (const char c : kind) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 && byte < 128) {
      word.push_back(static_cast<char>(std::tolower(byte)));
    }
  }
  return word;
}

std::string era_word(std::int64_t number) { return "eraof" + std::to_string(number / kEra); }

std::vector<SearchHit> run_search(Connection& connection, const std::string& words,
                                  const std::vector<std::string>& kinds, int limit) {
  return Search(connection, words, kinds, limit).run();
}

}  // namespace factory::storage
