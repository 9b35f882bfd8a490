#include "storage/sqlite/tokenizer.hpp"

#include <sqlite3.h>

#include <array>
#include <memory>

namespace factory::storage {

namespace {

/// FTS5 hands out its functions through a pointer that is bound to a call of fts5().
fts5_api* fts5_of(Connection& connection) {
  fts5_api* api = nullptr;
  sqlite3_stmt* statement = nullptr;
  sqlite3* handle = connection.database().getHandle();
  const int prepared = sqlite3_prepare_v2(handle, "SELECT fts5(?1)", -1, &statement, nullptr);
  const std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)> owner(statement,
                                                                         &sqlite3_finalize);
  if (prepared == SQLITE_OK) {
    sqlite3_bind_pointer(statement, 1, static_cast<void*>(&api), "fts5_api_ptr", nullptr);
    sqlite3_step(statement);
  }
  if (api == nullptr) throw StoreFailure("SQLite was built without FTS5");
  return api;
}

}  // namespace

Tokenizer::Tokenizer(Connection& connection) : functions_(std::make_unique<fts5_tokenizer>()) {
  fts5_api* api = fts5_of(connection);
  void* context = nullptr;
  std::array<const char*, 2> options = {"remove_diacritics", "2"};
  if (api->xFindTokenizer(api, "unicode61", &context, functions_.get()) != SQLITE_OK ||
      functions_->xCreate(context, options.data(), static_cast<int>(options.size()), &instance_) !=
          SQLITE_OK) {
    throw StoreFailure("SQLite has no tokenizer unicode61");
  }
}

Tokenizer::~Tokenizer() { functions_->xDelete(instance_); }

void Tokenizer::each(std::string_view text, const std::function<bool(const Token&)>& visit) const {
  const auto on_token = [](void* context, int, const char* word, int length, int begin, int end) {
    const auto& go_on = *static_cast<const std::function<bool(const Token&)>*>(context);
    const bool more = go_on({std::string_view(word, static_cast<std::size_t>(length)),
                             static_cast<std::size_t>(begin), static_cast<std::size_t>(end)});
    return more ? SQLITE_OK : SQLITE_DONE;
  };
  auto* context = const_cast<void*>(static_cast<const void*>(&visit));
  functions_->xTokenize(instance_, context, FTS5_TOKENIZE_AUX, text.data(),
                        static_cast<int>(text.size()), on_token);
}

std::vector<std::string> Tokenizer::words(std::string_view text) const {
  std::vector<std::string> words;
  each(text, [&](const Token& token) {
    words.emplace_back(token.word);
    return true;
  });
  return words;
}

}  // namespace factory::storage
