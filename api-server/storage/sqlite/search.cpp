#include <sqlite3.h>

#include <array>
#include <filesystem>
#include <memory>
#include <optional>

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
    static_cast<const char*>(
#include "storage/sqlite/migrations/search_0002_filters.sql"
        ),
};

std::string indexed_words(std::int64_t number, const SearchDocument& document) {
  std::string words = era_word(number) + " " + kind_word(document.kind);
  if (!document.pipeline.empty()) words += " " + pipeline_word(document.pipeline);
  return words + " " + document.title + " " + document.text;
}

/// The beginning of a text that ranks are made from, cut between letters.
std::string head_of(const std::string& text) {
  if (text.size() <= kHeadBytes) return text;
  std::size_t end = kHeadBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end);
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

  SearchAnswer search(const SearchQuestion& question) override {
    try {
      const ReadPool::Lease lease = readers_.take();
      const Snapshot snapshot(*lease);
      return run_search(*lease, question);
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
  /// A document without words is taken out. One whose words did not change keeps its place: views
  /// are written far more often than the words in them change.
  void put_one(const SearchDocument& document) {
    const bool searchable = !document.title.empty() || !document.text.empty();
    if (const auto number = number_of(document.id)) {
      const SearchDocument old = stored(*number);
      const bool same = old.kind == document.kind && old.pipeline == document.pipeline &&
                        old.title == document.title && old.text == document.text;
      if (searchable && same) {
        if (old.status != document.status || old.at != document.at) touch(*number, document);
        return;
      }
      remove(*number, indexed_words(*number, old));
    }
    if (searchable) insert(document);
  }

  std::optional<std::int64_t> number_of(const std::string& id) {
    Query row = writer_.query("SELECT number FROM documents WHERE id = ?");
    if (!row.with(id).step()) return std::nullopt;
    return row.integer(0);
  }

  SearchDocument stored(std::int64_t number) {
    SearchDocument document;
    Query row = writer_.query(
        "SELECT kind, title, coalesce(b.text, d.head), status, pipeline, at FROM documents d "
        "LEFT JOIN bodies b ON b.number = d.number WHERE d.number = ?");
    if (!row.with(number).step()) return document;
    document.kind = row.text(0);
    document.title = row.text(1);
    document.text = row.text(2);
    document.status = row.text(3);
    document.pipeline = row.text(4);
    document.at = row.time(5);
    return document;
  }

  void touch(std::int64_t number, const SearchDocument& document) {
    writer_.query("UPDATE documents SET status = ?, at = ? WHERE number = ?")
        .with(document.status, document.at, number)
        .run();
    widen_era(number, document.at);
  }

  void insert(const SearchDocument& document) {
    const std::string head = head_of(document.text);
    const auto size = static_cast<std::int64_t>(document.title.size() + document.text.size());
    writer_
        .query(
            "INSERT INTO documents (id, kind, status, pipeline, at, size, title, head) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
        .with(document.id, document.kind, document.status, document.pipeline, document.at, size,
              document.title, head)
        .run();
    const std::int64_t number = writer_.database().getLastInsertRowid();
    if (head.size() < document.text.size()) {
      writer_.query("INSERT INTO bodies VALUES (?, ?)").with(number, document.text).run();
    }
    const std::string words = indexed_words(number, document);
    writer_.query("INSERT INTO words (rowid, word) VALUES (?, ?)").with(number, words).run();
    widen_era(number, document.at);
  }

  void widen_era(std::int64_t number, Time at) {
    writer_
        .query(
            "INSERT INTO eras VALUES (?1, ?2, ?2) ON CONFLICT (era) DO UPDATE SET "
            "first_at = min(first_at, ?2), last_at = max(last_at, ?2)")
        .with(era_of(number), at)
        .run();
  }

  /// FTS5 keeps no text here: it is told what it had indexed.
  void remove(std::int64_t number, const std::string& words) {
    writer_.query("INSERT INTO words (words, rowid, word) VALUES ('delete', ?, ?)")
        .with(number, words)
        .run();
    writer_.query("DELETE FROM documents WHERE number = ?").with(number).run();
    writer_.query("DELETE FROM bodies WHERE number = ?").with(number).run();
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
