#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "storage/sqlite/connection.hpp"

struct Fts5Tokenizer;
struct fts5_tokenizer;

namespace factory::storage {

/// A word as the index sees it: folded to small letters without diacritics.
struct Token {
  std::string_view word;  ///< valid during the visit
  std::size_t begin = 0;  ///< bytes in the text
  std::size_t end = 0;
};

/// The tokenizer of the full-text index (FTS5's unicode61), so that words of a question and of a
/// document are cut in the same way. One thread at a time; lives as long as its connection at most.
class Tokenizer {
 public:
  /// Throws StoreFailure if SQLite was built without FTS5.
  explicit Tokenizer(Connection& connection);
  ~Tokenizer();
  Tokenizer(const Tokenizer&) = delete;
  Tokenizer& operator=(const Tokenizer&) = delete;

  /// Visits the words in order until `visit` returns false.
  void each(std::string_view text, const std::function<bool(const Token&)>& visit) const;
  [[nodiscard]] std::vector<std::string> words(std::string_view text) const;

 private:
  std::unique_ptr<fts5_tokenizer> functions_;
  Fts5Tokenizer* instance_ = nullptr;
};

}  // namespace factory::storage
