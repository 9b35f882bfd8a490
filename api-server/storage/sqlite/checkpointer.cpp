#include "storage/sqlite/checkpointer.hpp"

#include <sqlite3.h>

#include <utility>

#include "common/scheduling.hpp"

namespace factory::storage {

namespace {

/// The rest that is copied while the writer waits; at some 5 µs a frame.
constexpr int kSmallRest = 500;
constexpr int kMostPasses = 6;

}  // namespace

Checkpointer::Checkpointer(const std::string& file, WriteTurn& turn, int checkpoint_at)
    : turn_(turn),
      checkpoint_at_(checkpoint_at),
      connection_(file, Connection::Access::write),
      copy_at_(checkpoint_at),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

Checkpointer::~Checkpointer() {
  thread_.request_stop();
  thread_.join();
}

void Checkpointer::grown(int frames) {
  const bool restarted = frames < newest_.exchange(frames);
  if (restarted) copy_at_ = checkpoint_at_;
  if (frames < copy_at_) return;
  {
    const std::lock_guard lock(mutex_);
    frames_ = frames;
  }
  changed_.notify_one();
}

std::optional<std::string> Checkpointer::failed() const {
  if (!has_failed_) return std::nullopt;
  const std::lock_guard lock(mutex_);
  return error_;
}

void Checkpointer::run(const std::stop_token& stop) {
  work_in_long_slices();
  try {
    connection_.run("PRAGMA wal_autocheckpoint=0");
    // A connection that has not read yet knows of no log, and would move nothing.
    connection_.pragma("PRAGMA user_version");
    while (true) {
      int frames = 0;
      {
        std::unique_lock lock(mutex_);
        if (!changed_.wait(lock, stop, [this] { return frames_ > 0; })) return;
        frames = std::exchange(frames_, 0);
      }
      if (frames >= copy_at_) checkpoint();
    }
  } catch (const std::exception& error) {
    const std::lock_guard lock(mutex_);
    error_ = std::string("checkpoint: ") + error.what();
    has_failed_ = true;
  }
}

void Checkpointer::checkpoint() {
  int left = newest_;
  for (int pass = 0; pass < kMostPasses && left > kSmallRest; ++pass) {
    const int before = left;
    const int copied = copy();
    flush_database();
    left = newest_ - copied;
    // A reader of an old state holds it up, or the writer is faster.
    if (left >= before) break;
  }
  const WriteTurn::Held turn = turn_.go_first();
  copy();
  // If a reader keeps the log from being started again, it is tried again a bit later.
  copy_at_ = newest_ + checkpoint_at_;
}

/// Copies what no reader of an old state needs from the database; up to which frame.
int Checkpointer::copy() {
  int frames = 0;
  int copied = 0;
  sqlite3* handle = connection_.database().getHandle();
  const int answer =
      sqlite3_wal_checkpoint_v2(handle, nullptr, SQLITE_CHECKPOINT_PASSIVE, &frames, &copied);
  if (answer == SQLITE_BUSY) return 0;
  if (answer != SQLITE_OK) throw SQLite::Exception(handle, answer);
  return copied;
}

/// SQLite flushes the database only when all of the log is in it, which would be in the last pass,
/// with the writer waiting. Through its own file handle: closing another one would drop its locks.
void Checkpointer::flush_database() {
  sqlite3_file* file = nullptr;
  sqlite3* handle = connection_.database().getHandle();
  sqlite3_file_control(handle, nullptr, SQLITE_FCNTL_FILE_POINTER, static_cast<void*>(&file));
  if (file == nullptr || file->pMethods == nullptr) return;
  const int answer = file->pMethods->xSync(file, SQLITE_SYNC_NORMAL);
  if (answer != SQLITE_OK) throw SQLite::Exception("the database could not be flushed", answer);
}

}  // namespace factory::storage
