#include "storage/access_log.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "common/log.hpp"
#include "common/paths.hpp"
#include "storage/access_lines.hpp"
#include "storage/store.hpp"

namespace factory::storage {
namespace {

constexpr std::chrono::milliseconds longest_wait{500};
constexpr std::size_t day_length = 10;

std::string day_of(Time at) { return format_time(at).substr(0, day_length); }

std::string segment_name(const std::string& day, int number) {
  std::string digits = std::to_string(number);
  digits.insert(0, digits.size() < 4 ? 4 - digits.size() : 0, '0');
  return day + "." + digits + ".jsonl";
}

}  // namespace

AccessLog::AccessLog(Options options) : options_(std::move(options)) {
  if (const Status made = ensure_private_dir(options_.folder); !made) {
    throw StoreFailure(made.error().detail);
  }
  writer_ = std::thread([this] { loop(); });
}

AccessLog::~AccessLog() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  writer_.join();
  if (file_ >= 0) ::close(file_);
}

void AccessLog::record(Access access) {
  access.at = options_.clock->now();
  std::unique_lock lock(mutex_);
  room_.wait(lock, [this] { return waiting_.size() < options_.most_waiting; });
  waiting_.push_back(std::move(access));
  ++recorded_;
  // The writer looks by itself twice a second; it is woken only where the queue fills up.
  if (waiting_.size() < options_.most_waiting / 2) return;
  hurry_ = true;
  lock.unlock();
  wake_.notify_one();
}

void AccessLog::flush() {
  std::unique_lock lock(mutex_);
  const std::uint64_t wanted = recorded_;
  hurry_ = true;
  wake_.notify_one();
  done_.wait(lock, [&] { return settled_ >= wanted; });
}

AccessPage AccessLog::read(const AccessQuery& query) {
  flush();
  return read_access(options_.folder, query);
}

std::uint64_t AccessLog::dropped() const {
  const std::lock_guard lock(mutex_);
  return dropped_;
}

void AccessLog::loop() {
  for (;;) {
    std::vector<Access> some;
    bool last = false;
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, longest_wait, [this] { return hurry_ || stopping_; });
      hurry_ = false;
      some.assign(std::make_move_iterator(waiting_.begin()),
                  std::make_move_iterator(waiting_.end()));
      waiting_.clear();
      last = stopping_;
    }
    room_.notify_all();
    std::uint64_t lost = 0;
    try {
      if (!some.empty()) write(some);
    } catch (const StoreFailure& failure) {
      lost = some.size();
      log(LogLevel::error, "entries of the access trail were lost",
          {{"entries", std::to_string(lost)}, {"reason", failure.what()}});
    }
    {
      const std::lock_guard lock(mutex_);
      settled_ += some.size();
      dropped_ += lost;
    }
    done_.notify_all();
    if (last) return;
  }
}

void AccessLog::write(const std::vector<Access>& entries) {
  std::string lines;
  for (const Access& entry : entries) {
    const std::string day = day_of(entry.at);
    const bool turn = day != day_ || size_ + lines.size() >= options_.segment_bytes;
    if (turn || file_ < 0) {
      append(lines);
      lines.clear();
      open_segment(day);
    }
    lines += access_line(entry);
  }
  append(lines);
  if (::fdatasync(file_) != 0) throw StoreFailure(std::string("flush: ") + std::strerror(errno));
}

/// A new file behind those of the day: what a crash may have cut stays alone in its line.
void AccessLog::open_segment(const std::string& day) {
  if (file_ >= 0) ::close(file_);
  file_ = -1;
  if (day != day_) number_ = 0;
  const bool new_day = day != day_;
  day_ = day;
  for (const std::string& known : access_segments(options_.folder)) {
    if (known.compare(0, day_length, day) != 0) continue;
    number_ = std::max(number_, std::atoi(known.c_str() + day_length + 1));
  }
  const std::string path = options_.folder + "/" + segment_name(day, ++number_);
  file_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
  if (file_ < 0) throw StoreFailure("create " + path + ": " + std::strerror(errno));
  size_ = 0;
  if (new_day) forget_old(day);
}

void AccessLog::append(const std::string& lines) {
  std::size_t done = 0;
  while (done < lines.size()) {
    const auto written = ::write(file_, lines.data() + done, lines.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      const std::string why = std::strerror(errno);
      ::close(file_);
      file_ = -1;  // the next entry begins a file of its own
      throw StoreFailure("write the access trail: " + why);
    }
    done += static_cast<std::size_t>(written);
  }
  size_ += lines.size();
}

void AccessLog::forget_old(const std::string& day) const {
  const auto today = parse_time(day + "T00:00:00Z");
  if (!today) return;
  const std::string oldest = day_of(*today - Millis{options_.days_kept * 86'400'000LL});
  for (const std::string& name : access_segments(options_.folder)) {
    if (name.substr(0, day_length) >= oldest) continue;
    std::error_code ignored;  // gone already, or it is tried again tomorrow
    std::filesystem::remove(options_.folder + "/" + name, ignored);
  }
}

}  // namespace factory::storage
