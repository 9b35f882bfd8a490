#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <SQLiteCpp/Statement.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>

#include "common/clock.hpp"
#include "common/digest.hpp"
#include "storage/store.hpp"

namespace factory::storage {

/// Bytes that are bound as such.
struct Blob {
  std::string_view bytes;
};

/// One use of a prepared statement. Bound strings are not copied: they must live until it ends. The
/// destructor resets the statement, which also ends the read transaction that it may hold.
/// Errors are SQLite::Exception.
class Query {
 public:
  explicit Query(SQLite::Statement& statement) : statement_(statement) {}
  ~Query() { statement_.tryReset(); }
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  /// Binds the values to the parameters in order.
  template <class... Values>
  Query& with(Values&&... values) {
    int index = 0;
    (bind(++index, std::forward<Values>(values)), ...);
    return *this;
  }
  /// What does not live long enough.
  void bind(int index, std::string&& value) = delete;
  void bind(int index, Hash&& value) = delete;

  /// True if there is a (further) row.
  bool step() { return statement_.executeStep(); }
  /// Runs a statement that gives no rows; how many rows it changed.
  int run();

  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] Time time(int column) const { return from_millis(integer(column)); }
  /// Throws StoreFailure unless it is a hash of 32 bytes.
  [[nodiscard]] Hash hash(int column) const;

 private:
  void bind(int index, std::int64_t value) { statement_.bind(index, value); }
  void bind(int index, int value) { statement_.bind(index, value); }
  void bind(int index, Time value) { statement_.bind(index, to_millis(value)); }
  void bind(int index, const std::string& value) { statement_.bindNoCopy(index, value); }
  /// Copied: SQLiteCpp takes no text by its length.
  void bind(int index, std::string_view value) { statement_.bind(index, std::string(value)); }
  void bind(int index, Blob value) {
    statement_.bindNoCopy(index, value.bytes.data(), static_cast<int>(value.bytes.size()));
  }
  void bind(int index, const Hash& value) {
    statement_.bindNoCopy(index, value.data(), static_cast<int>(value.size()));
  }

  SQLite::Statement& statement_;
};

/// One connection to a database file with its prepared statements. One thread at a time.
class Connection {
 public:
  enum class Access { read, write };

  /// A writing connection makes the file (0600) if there is none. Throws SQLite::Exception.
  Connection(const std::string& file, Access access);

  /// Runs SQL without parameters or rows.
  void run(const char* sql) { database_.exec(sql); }
  /// A prepared statement for `sql`, kept for the next time. Not two at a time for the same text.
  Query query(std::string_view sql);
  /// The first value of the first row.
  std::int64_t pragma(const char* sql) { return database_.execAndGet(sql).getInt64(); }
  std::string text(const char* sql) { return database_.execAndGet(sql).getString(); }

  SQLite::Database& database() { return database_; }

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };

  SQLite::Database database_;
  std::unordered_map<std::string, SQLite::Statement, TextHash, std::equal_to<>> statements_;
};

/// Several reads on one state of the database. Ends with the object.
class Snapshot {
 public:
  explicit Snapshot(Connection& connection) : connection_(connection) {
    connection_.query("BEGIN").run();
  }
  ~Snapshot();
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

 private:
  Connection& connection_;
};

/// A write transaction: rolled back by the destructor unless it was committed.
class Transaction {
 public:
  explicit Transaction(Connection& connection) : connection_(connection) {
    connection_.query("BEGIN IMMEDIATE").run();
  }
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  /// Returns when the bytes are on disk, with synchronous=FULL.
  void commit();

 private:
  Connection& connection_;
  bool open_ = true;
};

/// What a caller of the store gets to see of an error of SQLite.
StoreFailure failure(std::string_view doing, const SQLite::Exception& error);

}  // namespace factory::storage
