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
  bool write_zeros(std::int64_t offset, std::size_t bytes) {
    const std::vector<char> zeros(bytes, 0);
    return ::pwrite(handle_, zeros.data(), bytes, offset) == static_cast<std::int64_t>(bytes);
  }
  bool flush() { return ::fdatasync(handle_) == 0; }

 private:
  int handle_;
};

}  // namespace

Checkpointer::Checkpointer(std::string file, WriteTurn& turn, WalLimits limits)
    : file_(std::move(file)),
      turn_(turn),
      limits_(limits),
      connection_(file_, Connection::Access::write),
      checkpoint_at_(limits.checkpoint_at),
      fill_at_(limits.fill_ahead > 0 ? limits.fill_from : kNever),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

Checkpointer::~Checkpointer() {
  thread_.request_stop();
  thread_.join();
}

void Checkpointer::grown(int frames) {
  const bool restarted = frames < last_frames_;
  if (restarted) checkpoint_at_ = limits_.checkpoint_at;
  last_frames_ = frames;
  if (frames < checkpoint_at_ && frames < fill_at_) return;
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
      if (frames >= checkpoint_at_) checkpoint();
    }
  } catch (const SQLite::Exception& error) {
    const std::lock_guard lock(mutex_);
    error_ = failure("checkpoint", error).what();
    has_failed_ = true;
  }
}

void Checkpointer::checkpoint() {
  Progress progress = copy();
  for (int pass = 1; pass < kMostPasses && progress.left > kSmallRest; ++pass) {
    const int before = progress.left;
    progress = copy();
    if (progress.left >= before) break;  // a reader of an old state holds it up, or the writer is
  }
  const WriteTurn::Held turn = turn_.go_first();
  progress = copy();
  // A reader may still keep the log from being started again: then it is tried again a bit later.
  checkpoint_at_ = progress.frames + limits_.checkpoint_at / 4;
}

Checkpointer::Progress Checkpointer::copy() {
  int frames = 0;
  int done = 0;
  sqlite3* handle = connection_.database().getHandle();
  const int answer =
      sqlite3_wal_checkpoint_v2(handle, nullptr, SQLITE_CHECKPOINT_PASSIVE, &frames, &done);
  if (answer == SQLITE_BUSY) return {frames, frames};
  if (answer != SQLITE_OK) throw SQLite::Exception(handle, answer);
  return {frames, frames - done};
}

/// Only bytes beyond the end of the file are written, in a turn of the writer's, and within a write
/// transaction, which keeps other processes out. To SQLite zeros are no frame: page 0 does not
/// exist.
void Checkpointer::fill(int frames) {
  constexpr int kFramesAtATime = 256;
  File file(file_ + "-wal");
  const std::int64_t most = limits_.checkpoint_at + limits_.checkpoint_at / 4;
  const std::int64_t wanted =
      std::min<std::int64_t>(most, static_cast<std::int64_t>(frames) + 2 * limits_.fill_ahead);
  std::int64_t filled = 0;
  bool well = file.size() >= 0;
  while (well) {
    const WriteTurn::Held turn = turn_.go_first();
    const Transaction transaction(connection_);
    filled = file.size() / kFrameBytes;
    if (filled >= wanted) break;
    well = file.write_zeros(file.size(), kFramesAtATime * kFrameBytes);
  }
  // That it failed (the disk is full, say) costs speed alone: it is not tried again.
  well = well && file.flush();
  const bool enough = filled >= most;
  fill_at_ = well && !enough ? static_cast<int>(filled) - limits_.fill_ahead : kNever;
}

}  // namespace factory::storage
