#include "storage/sqlite/search_query.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <iterator>
#include <limits>

#include "common/text.hpp"
#include "storage/sqlite/search_cursor.hpp"
#include "storage/sqlite/search_rank.hpp"
#include "storage/sqlite/tokenizer.hpp"

namespace factory::storage {

namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kMostWords = 16;
/// So many of the newest documents are ranked.
constexpr std::size_t kMostCandidates = 200;
/// So many are read to find them, where the index knows only the first letters of the last word.
constexpr int kMostRead = 600;
constexpr std::size_t kMostEras = 60;
/// From how many of its newest documents it is estimated in how many a word is.
constexpr std::int64_t kSample = 1000;
/// Instructions of SQLite between two looks at the clock.
constexpr int kStepsBetweenLooks = 2000;

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

/// Each word once, the last one at its place.
std::vector<std::string> distinct(std::vector<std::string> words) {
  if (words.size() > kMostWords) words.resize(kMostWords);
  for (std::size_t i = 0; i + 1 < words.size();) {
    const auto again =
        std::find(words.begin() + static_cast<std::ptrdiff_t>(i) + 1, words.end(), words[i]);
    if (again == words.end()) {
      ++i;
    } else {
      words.erase(words.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
  return words;
}

/// The letters and digits of an id or name as one word of the index.
std::string one_word(std::string word, const std::string& text) {
  for (const char c : text) {
    if (is_ascii_alnum(c)) word.push_back(ascii_lower(c));
  }
  return word;
}

/// Ends what SQLite does on a connection when the time is over.
class Watch {
 public:
  Watch(Connection& connection, SteadyClock::time_point end)
      : handle_(connection.database().getHandle()), end_(end) {
    sqlite3_progress_handler(handle_, kStepsBetweenLooks, &Watch::look, this);
  }
  ~Watch() { sqlite3_progress_handler(handle_, 0, nullptr, nullptr); }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  [[nodiscard]] bool over() const { return SteadyClock::now() >= end_; }

 private:
  static int look(void* self) { return static_cast<const Watch*>(self)->over() ? 1 : 0; }

  sqlite3* handle_;
  SteadyClock::time_point end_;
};

class Search {
 public:
  Search(Connection& connection, const SearchQuestion& question)
      : connection_(connection),
        tokenizer_(connection),
        question_(question),
        statuses_(listed(question.statuses)),
        limit_(static_cast<std::size_t>(std::clamp(question.limit, 1, 100))),
        words_(distinct(tokenizer_.words(question.words))),
        end_(SteadyClock::now() + question.time) {}

  SearchAnswer run() {
    if (!question_.cursor.empty()) place_ = decode_search_cursor(question_);
    if (words_.empty() || !find_newest()) return {};
    if (question_.cursor.empty()) place_.top = newest_;
    {
      const Watch watch(connection_, end_);
      watch_ = &watch;
      find_in_time();
      watch_ = nullptr;
    }
    rank(found_, ranking_, tokenizer_);
    answer_.capped = found_.size() >= kMostCandidates;
    const auto begin = std::min(static_cast<std::size_t>(place_.offset), found_.size());
    const std::size_t end = std::min(begin + limit_, found_.size());
    for (std::size_t i = begin; i < end; ++i) {
      found_[i].hit.snippet = snippet(text_around(found_[i]), words_, tokenizer_);
      answer_.hits.push_back(std::move(found_[i].hit));
    }
    if (end < found_.size()) {
      answer_.next_cursor =
          encode_search_cursor({place_.top, static_cast<std::int64_t>(end)}, question_);
    }
    return std::move(answer_);
  }

 private:
  bool find_newest();
  void find_in_time();
  void find();
  [[nodiscard]] std::vector<std::int64_t> eras();
  void find_in(const std::vector<std::string>& eras);
  bool collect(const std::string& last, Last how, const std::vector<std::string>& eras);
  bool collect_one(const std::string& match, Last how, int& left);
  void weigh();
  void find_rare();
  void add_rare();
  [[nodiscard]] std::int64_t work_floor(const std::string& last, Last how);
  [[nodiscard]] std::vector<std::string> terms(const std::string& last, Last how) const;
  [[nodiscard]] bool is_asked_for(const Candidate& candidate, Last how);
  [[nodiscard]] std::string whole_text(const Candidate& candidate);
  [[nodiscard]] std::string text_around(const Candidate& candidate);

  Connection& connection_;
  const Tokenizer tokenizer_;
  const SearchQuestion& question_;
  const std::string statuses_;
  const std::size_t limit_;
  const std::vector<std::string> words_;
  const SteadyClock::time_point end_;
  const Watch* watch_ = nullptr;
  std::int64_t newest_ = 0;  ///< the highest number
  SearchPlace place_;
  Ranking ranking_;
  std::vector<Candidate> found_;  ///< newest first
  std::vector<Candidate> rare_;   ///< of find_rare()
  SearchAnswer answer_;
};

bool Search::find_newest() {
  Query newest = connection_.query("SELECT number FROM documents ORDER BY number DESC LIMIT 1");
  if (newest.step()) newest_ = newest.integer(0);
  ranking_ = {words_, std::vector<double>(words_.size(), 1), static_cast<double>(newest_)};
  return newest_ > 0;
}

/// What was found when the time is over stands.
void Search::find_in_time() {
  const auto in_time = [this](const auto& work) {
    try {
      work();
    } catch (const SQLite::Exception& error) {
      if ((error.getErrorCode() & 0xff) != SQLITE_INTERRUPT || !watch_->over()) throw;
      answer_.complete = false;
    }
  };
  in_time([this] { find(); });
  add_rare();
  if (found_.size() > 1) in_time([this] { weigh(); });
}

/// The newest documents are tried first, and then only as many as the rarest of the words gives
/// reason to: a walk that looks for documents with several common words that hardly ever come
/// together would touch every document, and does not look at the clock on its way.
void Search::find() {
  const bool timed = question_.since || question_.until;
  if (!timed && terms(words_.back(), Last::exact).size() == 1) return find_in({""});
  const std::vector<std::int64_t> all = eras();
  std::vector<std::string> tried;
  for (std::size_t i = 0; i < std::min<std::size_t>(all.size(), 2); ++i) {
    tried.push_back(era_word(all[i] * kEra));
  }
  find_in(tried);
  if (found_.size() >= limit_ || all.size() <= tried.size()) return;
  const std::int64_t floor = work_floor(kept_beginning(words_.back()), Last::prefix);
  if (floor == 0) return find_in({""});
  find_rare();
  if (rare_.size() >= limit_) return;
  for (std::size_t i = 2; i < all.size(); ++i) {
    if (all[i] < era_of(floor) || tried.size() >= kMostEras) {
      answer_.complete = false;
      break;
    }
    tried.push_back(era_word(all[i] * kEra));
  }
  find_in(tried);
  if (found_.size() >= kMostCandidates) answer_.complete = true;
}

/// Where a word is rare as it stands, its documents lead to all that hold the others, too, however
/// old they are; beginnings of words may be common still.
void Search::find_rare() {
  if (work_floor(words_.back(), Last::exact) != 0) return;
  found_.swap(rare_);
  collect(words_.back(), Last::exact, {""});
  found_.swap(rare_);
}

void Search::add_rare() {
  std::move(rare_.begin(), rare_.end(), std::back_inserter(found_));
  std::stable_sort(found_.begin(), found_.end(),
                   [](const Candidate& x, const Candidate& y) { return x.number > y.number; });
  const auto same = [](const Candidate& x, const Candidate& y) { return x.number == y.number; };
  found_.erase(std::unique(found_.begin(), found_.end(), same), found_.end());
  if (found_.size() > kMostCandidates) found_.resize(kMostCandidates);
}

/// Those that may hold something of the time that is asked for, the newest first.
std::vector<std::int64_t> Search::eras() {
  std::vector<std::int64_t> all;
  Query rows = connection_.query(
      "SELECT era FROM eras WHERE era <= ? AND last_at >= ? AND first_at <= ? ORDER BY era DESC");
  rows.with(era_of(place_.top), question_.since.value_or(Time::min()),
            question_.until.value_or(Time::max()));
  while (rows.step()) all.push_back(rows.integer(0));
  return all;
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
  std::string common;
  for (const std::string& term : terms(last, how)) common += (common.empty() ? "" : " AND ") + term;
  for (const std::string& era : eras) {
    if (watch_->over()) {
      answer_.complete = false;
      return true;
    }
    const std::string match = era.empty() ? common : common + " AND \"" + era + "\"";
    if (!collect_one(match, how, left)) return false;
    if (found_.size() >= kMostCandidates) return true;
  }
  return true;
}

bool Search::collect_one(const std::string& match, Last how, int& left) {
  Query rows = connection_.query(
      "SELECT d.id, d.kind, d.title, d.status, d.pipeline, d.at, d.number, d.size, d.head "
      "FROM words CROSS JOIN documents d ON d.number = words.rowid "
      "WHERE words MATCH ?1 AND words.rowid <= ?2 AND (?3 = '' OR instr(?3, ',' || d.status || "
      "',') > 0) AND d.at >= ?4 AND d.at <= ?5 ORDER BY words.rowid DESC LIMIT ?6");
  rows.with(match, place_.top, statuses_, question_.since.value_or(Time::min()),
            question_.until.value_or(Time::max()), left);
  while (rows.step()) {
    Candidate candidate{
        {rows.text(0), rows.text(1), rows.text(2), {}, rows.text(3), rows.text(4), rows.time(5)},
        rows.integer(6),
        rows.integer(7),
        rows.text(8),
        0};
    if (is_asked_for(candidate, how)) found_.push_back(std::move(candidate));
    if (found_.size() >= kMostCandidates) return true;
    if (--left == 0) return false;
  }
  return true;
}

/// How rare each word is: how far apart its newest documents are.
void Search::weigh() {
  for (std::size_t i = 0; i < words_.size(); ++i) {
    const std::string term = "\"" + words_[i] + "\"";
    Query row = connection_.query(
        "SELECT count(*), min(number) FROM (SELECT rowid AS number FROM words WHERE words MATCH ? "
        "ORDER BY rowid DESC LIMIT ?)");
    if (!row.with(term, kSample).step()) continue;
    const auto count = static_cast<double>(row.integer(0));
    if (row.integer(0) < kSample) {
      ranking_.frequency[i] = std::max(1.0, count);
    } else {
      const auto span = static_cast<double>(newest_ - row.integer(1) + 1);
      ranking_.frequency[i] = count * ranking_.documents / span;
    }
  }
}

/// The number down to which some word occurs kEra times; 0 if one occurs less often.
std::int64_t Search::work_floor(const std::string& last, Last how) {
  std::int64_t floor = std::numeric_limits<std::int64_t>::max();
  for (const std::string& term : terms(last, how)) {
    Query row = connection_.query(
        "SELECT rowid FROM words WHERE words MATCH ? ORDER BY rowid DESC LIMIT 1 OFFSET ?");
    if (!row.with(term, kEra).step()) return 0;
    floor = std::min(floor, row.integer(0));
  }
  return floor;
}

/// What must be in a document. Only words that the tokenizer gave, or of letters and digits, each
/// in quotes: no syntax of FTS5 can come from a user.
std::vector<std::string> Search::terms(const std::string& last, Last how) const {
  std::vector<std::string> terms;
  for (std::size_t i = 0; i + 1 < words_.size(); ++i) terms.push_back("\"" + words_[i] + "\"");
  terms.push_back("\"" + last + (how == Last::prefix ? "\"*" : "\""));
  if (!question_.pipeline.empty()) {
    terms.push_back("\"" + pipeline_word(question_.pipeline) + "\"");
  }
  if (!question_.kinds.empty()) {
    std::string any;
    for (const std::string& kind : question_.kinds) {
      any += (any.empty() ? "(\"" : " OR \"") + kind_word(kind) + "\"";
    }
    terms.push_back(any + ")");
  }
  return terms;
}

bool Search::is_asked_for(const Candidate& candidate, Last how) {
  const auto& kinds = question_.kinds;
  const SearchHit& hit = candidate.hit;
  if (!kinds.empty() && std::find(kinds.begin(), kinds.end(), hit.kind) == kinds.end()) {
    return false;
  }
  if (!question_.pipeline.empty() && hit.pipeline != question_.pipeline) return false;
  if (how == Last::exact) return true;
  bool found = false;
  const auto look = [&](const Token& token) {
    found = token.word.starts_with(words_.back());
    return !found;
  };
  tokenizer_.each(hit.title, look);
  if (!found) tokenizer_.each(candidate.head, look);
  if (!found) tokenizer_.each(whole_text(candidate), look);
  return found;
}

/// Nothing for one that is all in its head.
std::string Search::whole_text(const Candidate& candidate) {
  Query row = connection_.query("SELECT text FROM bodies WHERE number = ?");
  return row.with(candidate.number).step() ? row.text(0) : "";
}

/// The head if a word stands there, else the whole text.
std::string Search::text_around(const Candidate& candidate) {
  bool found = false;
  tokenizer_.each(candidate.head, [&](const Token& token) {
    found = is_meant(token.word, words_);
    return !found;
  });
  if (found) return candidate.head;
  std::string whole = whole_text(candidate);
  return whole.empty() ? candidate.head : whole;
}

}  // namespace

std::string kind_word(const std::string& kind) { return one_word("kindis", kind); }
std::string pipeline_word(const std::string& pipeline) { return one_word("pipelineis", pipeline); }
std::string era_word(std::int64_t number) { return "eraof" + std::to_string(era_of(number)); }

SearchAnswer run_search(Connection& connection, const SearchQuestion& question) {
  return Search(connection, question).run();
}

}  // namespace factory::storage
