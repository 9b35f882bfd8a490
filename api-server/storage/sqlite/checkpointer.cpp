#include "storage/sqlite/checkpointer.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <limits>
#include <utility>
#include <vector>

namespace factory::storage {

namespace {

constexpr int kNever = std::numeric_limits<int>::max();
constexpr std::int64_t kFrameBytes = 4096 + 24;
/// The rest that is copied while the writer waits; at some 5 µs a frame.
constexpr int kSmallRest = 500;
constexpr int kMostPasses = 6;

class File {
 public:
  explicit File(const std::string& path) : handle_(::open(path.c_str(), O_WRONLY | O_CLOEXEC)) {}
  ~File() {
    if (handle_ >= 0) ::close(handle_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  /// Bytes; -1 if the file could not be opened.
  [[nodiscard]] std::int64_t size() const {
    return handle_ < 0 ? -1 : ::lseek(handle_, 0, SEEK_END);
  }
  [[nodiscard]] bool write_zeros(std::int64_t offset, std::size_t bytes) const {
    const std::vector<char> zeros(bytes, 0);
    return ::pwrite(handle_, zeros.data(), bytes, offset) == static_cast<std::int64_t>(bytes);
  }
  [[nodiscard]] bool flush() const { return ::fdatasync(handle_) == 0; }

 private:
  int handle_;
};

}  // namespace

Checkpointer::Checkpointer(std::string file, WriteTurn& turn, WalLimits limits)
    : file_(std::move(file)),
      turn_(turn),
      limits_(limits),
      connection_(file_, Connection::Access::write),
      copy_at_(first_copy()),
      fill_at_(limits.fill_ahead > 0 ? limits.fill_from : kNever),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

Checkpointer::~Checkpointer() {
  thread_.request_stop();
  thread_.join();
}

void Checkpointer::grown(int frames) {
  const bool restarted = frames < newest_.exchange(frames);
  if (restarted) copy_at_ = first_copy();
  if (frames < copy_at_ && frames < fill_at_) return;
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
      if (frames >= fill_at_) fill(frames);
      if (frames >= copy_at_) checkpoint();
    }
  } catch (const std::exception& error) {
    const std::lock_guard lock(mutex_);
    error_ = std::string("checkpoint: ") + error.what();
    has_failed_ = true;
  }
}

void Checkpointer::checkpoint() {
  const bool to_the_end = newest_ >= limits_.checkpoint_at;
  int left = newest_;
  for (int pass = 0; pass < kMostPasses && left > kSmallRest; ++pass) {
    const int before = left;
    const int copied = copy();
    flush_database();
    left = newest_ - copied;
    // Enough for now, or a reader of an old state holds it up, or the writer is faster.
    if (!to_the_end || left >= before) break;
  }
  const WriteTurn::Held turn = to_the_end ? turn_.go_first() : WriteTurn::Held();
  if (to_the_end) copy();
  // If a reader keeps the log from being started again, it is tried again a bit later.
  copy_at_ = newest_ + first_copy();
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

/// That it failed (the disk is full, another process writes) costs speed alone: it is not tried
/// again.
void Checkpointer::fill(int frames) {
  const int most = limits_.checkpoint_at + limits_.checkpoint_at / 4;
  std::int64_t filled = 0;
  try {
    filled = fill_up_to(std::min(most, frames + 2 * limits_.fill_ahead));
  } catch (const SQLite::Exception&) {
    filled = 0;
  }
  const bool go_on = filled > 0 && filled < most;
  fill_at_ = go_on ? static_cast<int>(filled) - limits_.fill_ahead : kNever;
}

/// How many frames the file has room for afterwards; 0 if that failed. Only bytes beyond the end of
/// the file are written, in a turn of the writer's, and within a write transaction, which keeps
/// other processes out. To SQLite zeros are no frame: page 0 does not exist.
std::int64_t Checkpointer::fill_up_to(int frames) {
  constexpr int kFramesAtATime = 256;
  File file(file_ + "-wal");
  if (file.size() < 0) return 0;
  std::int64_t filled = 0;
  while (true) {
    const WriteTurn::Held turn = turn_.go_first();
    const Transaction transaction(connection_);
    filled = file.size() / kFrameBytes;
    if (filled >= frames) break;
    if (!file.write_zeros(file.size(), kFramesAtATime * kFrameBytes)) return 0;
  }
  return file.flush() ? filled : 0;
}

}  // namespace factory::storage
