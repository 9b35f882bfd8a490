#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace factory::storage {

struct SearchDocument {
  std::string id, kind, title, text;
};

struct SearchHit {
  std::string id, kind, title, snippet;
};

/// Full text over views. Derived: it can be deleted and is filled again from the log.
/// put() comes from one thread; search() from any.
class SearchIndex {
 public:
  virtual ~SearchIndex() = default;
  /// Replaces the documents and remembers that the log was read up to `position`, atomically.
  virtual void put(const std::vector<SearchDocument>& documents, std::int64_t position) = 0;
  /// The newest documents that hold all words (the last as a prefix), best first among them. The
  /// query is plain words: no syntax of the engine can be reached through it. Bounded work.
  virtual std::vector<SearchHit> search(const std::string& words,
                                        const std::vector<std::string>& kinds, int limit) = 0;
  virtual std::int64_t position() = 0;
};

}  // namespace factory::storage
