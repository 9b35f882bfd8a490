#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "common/clock.hpp"

/// Who looked: a trail beside the trail of events, for what changes nothing and must be known all
/// the same (reads of something sensitive), and for every call of an MCP tool.
namespace factory::storage {

struct Access {
  Time at{};
  std::string actor_type;  ///< person, agent, system
  std::string actor;
  std::string key_id;
  std::string channel;
  std::string tool;       ///< of MCP; empty: none
  std::string operation;  ///< "audit.list"
  std::string target;     ///< the path, without the query
  std::string request_id;
  std::string address;
  std::string user_agent;
  int status = 0;       ///< of HTTP
  std::string outcome;  ///< "ok", or the code of the error
};

/// What is looked for; empty: any.
struct AccessQuery {
  std::string actor, channel, tool, operation, request_id, outcome;
  std::optional<Time> since, until;
  std::string cursor;  ///< of the page before
  int limit = 20;
};

/// Newest first. May be short, even empty, with a cursor to go on from: a page looks at 4 MiB of
/// the trail at most.
struct AccessPage {
  std::vector<Access> entries;
  std::string next_cursor;  ///< empty: the end
};

/// JSON lines, one file a day (UTC), further ones where a file grows large:
/// FOLDER/2026-11-20.0001.jsonl. Append-only; files older than the retention are deleted whole.
///
/// A queue and a thread of its own keep the disk out of the requests: an entry is on disk within a
/// second, and at the end of the object. While the queue is full, whoever records waits: nothing is
/// lost but by a crash within that second. Where the disk refuses, entries are dropped, counted and
/// said in the log, and the server goes on. Thread-safe.
class AccessLog {
 public:
  struct Options {
    std::string folder;  ///< made (0700) if need be
    int days_kept = 90;
    std::size_t most_waiting = 10'000;
    std::size_t segment_bytes = 64U << 20U;
    const Clock* clock = nullptr;  ///< never null; must outlive it
  };

  /// Throws StoreFailure if the folder cannot be made.
  explicit AccessLog(Options options);
  ~AccessLog();  ///< writes what waits
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;

  /// `at` is filled in here.
  void record(Access access);
  /// Returns when all that was recorded before is on disk, or was dropped.
  void flush();
  /// Sees all that was recorded before. Throws std::invalid_argument for a damaged cursor.
  AccessPage read(const AccessQuery& query);
  [[nodiscard]] std::uint64_t dropped() const;

 private:
  void loop();
  void write(const std::vector<Access>& entries);
  void open_segment(const std::string& day);
  void append(const std::string& lines);
  void forget_old(const std::string& day) const;

  Options options_;
  mutable std::mutex mutex_;
  std::condition_variable wake_, room_, done_;
  std::deque<Access> waiting_;
  std::uint64_t recorded_ = 0, settled_ = 0, dropped_ = 0;
  bool hurry_ = false, stopping_ = false;

  // The writer's own.
  std::string day_;
  int number_ = 0;
  int file_ = -1;
  std::size_t size_ = 0;
  std::thread writer_;
};

}  // namespace factory::storage
