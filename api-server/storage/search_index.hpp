#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/clock.hpp"

namespace factory::storage {

/// What is found by its words. Empty title and text take it out.
struct SearchDocument {
  std::string id, kind, title, text;
  std::string status = {};
  std::string pipeline = {};  ///< the id of the pipeline that it belongs to; empty: none
  Time at{};                  ///< when what it shows changed last
};

struct SearchHit {
  std::string id, kind, title;
  /// The text around the first of the words, with ** before and behind each word that was meant;
  /// at most some hundred bytes.
  std::string snippet;
  std::string status = {}, pipeline = {};
  Time at{};
};

struct SearchQuestion {
  std::string words;  ///< plain: no syntax of the engine can be reached through it
  std::vector<std::string> kinds = {};                             ///< any of them; empty: all
  std::vector<std::string> statuses = {};                          ///< the same
  std::string pipeline = {};                                       ///< empty: any
  std::optional<Time> since = std::nullopt, until = std::nullopt;  ///< both inclusive
  std::string cursor = {};  ///< of the page before of the same question; empty: the first
  int limit = 10;           ///< 1 to 100
  /// How long it may look for documents; what it has found by then is ranked and given.
  std::chrono::milliseconds time{40};
};

struct SearchAnswer {
  std::vector<SearchHit> hits;
  std::string next_cursor;  ///< empty: the end of what was ranked
  bool complete = true;     ///< false: the time was over before all was looked at
  bool capped = false;      ///< more documents match than the newest ones that were ranked
};

/// Full text over views. Derived: it can be deleted and is filled again from the log.
/// put() comes from one thread; search() from any.
class SearchIndex {
 public:
  virtual ~SearchIndex() = default;
  /// Replaces the documents and remembers that the log was read up to `position`, atomically.
  virtual void put(const std::vector<SearchDocument>& documents, std::int64_t position) = 0;
  /// The newest 200 documents that hold all words (the last as a prefix), best first among them:
  /// BM25 with words of the title counted five times, where how often a word occurs in a document
  /// is counted in its first 4,096 bytes, and how rare it is estimated from its newest thousand
  /// documents. Bounded work. Throws std::invalid_argument for a cursor that is damaged or of
  /// another question; what changes between two pages may be missed.
  virtual SearchAnswer search(const SearchQuestion& question) = 0;
  virtual std::int64_t position() = 0;
};

}  // namespace factory::storage
