#include <sqlite3.h>

#include <array>
#include <filesystem>
#include <memory>

#include "storage/open.hpp"
#include "storage/sqlite/migrations.hpp"
#include "storage/sqlite/read_pool.hpp"
#include "storage/sqlite/scratch_folder.hpp"
#include "storage/sqlite/search_query.hpp"

namespace factory::storage {

namespace {

constexpr std::array kSearchMigrations = {
    static_cast<const char*>(
#include "storage/sqlite/migrations/search_0001_init.sql"
        ),
};

std::string indexed_words(std::int64_t number, const std::string& kind, const std::string& title,
                          const std::string& text) {
  return era_word(number) + " " + kind_word(kind) + " " + title + " " + text;
}

/// Full text in a file of its own: what it holds can be made again from the log, so that its
/// flushes may be lazy, and it costs the writer of the store nothing.
class SqliteSearch final : public SearchIndex {
 public:
  explicit SqliteSearch(const std::string& file)
      : scratch_(file == ":memory:" ? std::make_unique<ScratchFolder>() : nullptr),
        file_(scratch_ ? scratch_->file("search.db") : file),
        writer_(file_, Connection::Access::write),
        readers_(file_) {
    writer_.run("PRAGMA auto_vacuum=NONE");
    writer_.run("PRAGMA secure_delete=OFF");
    writer_.run("PRAGMA journal_mode=WAL");
    writer_.run("PRAGMA synchronous=NORMAL");
    writer_.run("PRAGMA wal_autocheckpoint=4000");
    migrate(writer_, kSearchMigrations);
  }

  void put(const std::vector<SearchDocument>& documents, std::int64_t position) override {
    try {
      Transaction transaction(writer_);
      for (const SearchDocument& document : documents) put_one(document);
      writer_.query("UPDATE progress SET position = ?").with(position).run();
      transaction.commit();
    } catch (const SQLite::Exception& error) {
      throw failure("index documents", error);
    }
  }

  std::vector<SearchHit> search(const std::string& words, const std::vector<std::string>& kinds,
                                int limit) override {
    try {
      const ReadPool::Lease lease = readers_.take();
      const Snapshot snapshot(*lease);
      return run_search(*lease, words, kinds, limit);
    } catch (const SQLite::Exception& error) {
      throw failure("search", error);
    }
  }

  std::int64_t position() override {
    try {
      const ReadPool::Lease lease = readers_.take();
      return (*lease).pragma("SELECT position FROM progress");
    } catch (const SQLite::Exception& error) {
      throw failure("position of the search index", error);
    }
  }

 private:
  /// A document without words is taken out. One that did not change keeps its place: views are
  /// written far more often than the words in them change.
  void put_one(const SearchDocument& document) {
    const bool searchable = !document.title.empty() || !document.text.empty();
    {
      Query old = writer_.query("SELECT number, kind, title, text FROM documents WHERE id = ?");
      if (old.with(document.id).step()) {
        const std::string kind = old.text(1);
        const std::string title = old.text(2);
        const std::string text = old.text(3);
        const bool same = kind == document.kind && title == document.title && text == document.text;
        if (searchable && same) return;
        remove(old.integer(0), indexed_words(old.integer(0), kind, title, text));
      }
    }
    if (!searchable) return;
    writer_.query("INSERT INTO documents (id, kind, title, text) VALUES (?, ?, ?, ?)")
        .with(document.id, document.kind, document.title, document.text)
        .run();
    const std::int64_t number = writer_.database().getLastInsertRowid();
    const std::string words = indexed_words(number, document.kind, document.title, document.text);
    writer_.query("INSERT INTO words (rowid, word) VALUES (?, ?)").with(number, words).run();
  }

  /// FTS5 keeps no text here: it is told what it had indexed.
  void remove(std::int64_t number, const std::string& words) {
    writer_.query("INSERT INTO words (words, rowid, word) VALUES ('delete', ?, ?)")
        .with(number, words)
        .run();
    writer_.query("DELETE FROM documents WHERE number = ?").with(number).run();
  }

  std::unique_ptr<ScratchFolder> scratch_;
  std::string file_;
  Connection writer_;
  ReadPool readers_;
};

bool is_damaged(const SQLite::Exception& error) {
  const int code = error.getErrorCode() & 0xff;
  return code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
}

}  // namespace

std::unique_ptr<SearchIndex> open_sqlite_search(const std::string& file) {
  try {
    return std::make_unique<SqliteSearch>(file);
  } catch (const SQLite::Exception& error) {
    if (!is_damaged(error)) throw failure("open " + file, error);
  }
  for (const char* part : {"", "-wal", "-shm"}) {
    std::error_code ignored;
    std::filesystem::remove(file + part, ignored);
  }
  try {
    return std::make_unique<SqliteSearch>(file);
  } catch (const SQLite::Exception& error) {
    throw failure("open " + file, error);
  }
}

}  // namespace factory::storage
