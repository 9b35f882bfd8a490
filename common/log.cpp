#include "common/log.hpp"

#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <ctime>
#include <mutex>
#include <nlohmann/json.hpp>

#include "common/clock.hpp"
#include "common/text.hpp"

namespace factory {
namespace {

constexpr std::array<std::string_view, 4> kLevels{"debug", "info", "warning", "error"};

// A pipe that poll() calls writable takes this much without blocking, and as one piece. What does
// not fit is shortened: a line that never arrives whole helps nobody.
constexpr std::size_t kMaxLine = PIPE_BUF;
constexpr std::size_t kMaxMessage = 600;  // fits even if every byte is escaped as \u00xx
constexpr std::size_t kMaxValue = 2048;

/// What belongs to the process's one stderr.
struct Stderr {
  std::atomic<LogLevel> level{LogLevel::info};
  std::mutex turn;  ///< of whoever writes
};

Stderr& process_stderr() {
  static Stderr one;
  return one;
}

/// Keeps a closed stderr from killing the process: SIGPIPE is held back in this thread and thrown
/// away if the write raised it.
class PipeSignalHeld {
 public:
  PipeSignalHeld() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    sigset_t pending;
    sigemptyset(&pending);
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~PipeSignalHeld() {
    constexpr timespec kNow{0, 0};
    if (!was_pending_) {
      while (sigtimedwait(&pipe_, nullptr, &kNow) < 0 && errno == EINTR) continue;
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  PipeSignalHeld(const PipeSignalHeld&) = delete;
  PipeSignalHeld& operator=(const PipeSignalHeld&) = delete;

 private:
  sigset_t pipe_{};
  sigset_t before_{};
  bool was_pending_ = false;
};

void append_text(std::string& line, std::string_view text) {
  using Handler = nlohmann::json::error_handler_t;
  line += nlohmann::json(excerpt(text, kMaxValue)).dump(-1, ' ', false, Handler::replace);
}

void append_member(std::string& line, std::string_view name, std::string_view value) {
  line.push_back(line.empty() ? '{' : ',');
  append_text(line, name);
  line.push_back(':');
  append_text(line, value);
}

std::string format_line(LogLevel level, std::string_view message,
                        std::initializer_list<LogField> fields) {
  constexpr std::string_view kCut = R"(,"cut":"true")";
  std::string line;
  line.reserve(256);
  append_member(line, "at", format_time(SystemClock().now()));
  append_member(line, "level", kLevels.at(static_cast<std::size_t>(level)));
  append_member(line, "message", excerpt(message, kMaxMessage));
  for (const auto& [name, value] : fields) {
    const std::size_t before = line.size();
    append_member(line, name, value);
    if (line.size() + kCut.size() + 2 > kMaxLine) {
      line.resize(before);
      line += kCut;
      break;
    }
  }
  return line += "}\n";
}

/// One attempt: a stderr that is full or gone loses the line, and nobody waits for it.
void write_line(const std::string& line) {
  const std::lock_guard turn(process_stderr().turn);
  pollfd target{STDERR_FILENO, POLLOUT, 0};
  if (::poll(&target, 1, 0) != 1 || (target.revents & POLLOUT) == 0) return;
  if ((target.revents & (POLLERR | POLLNVAL)) != 0) return;
  const PipeSignalHeld held;
  const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
  static_cast<void>(written);  // there is no other place to report to
}

}  // namespace

void set_log_level(LogLevel level) { process_stderr().level = level; }

bool set_log_level(std::string_view name) {
  for (std::size_t i = 0; i < kLevels.size(); ++i) {
    if (kLevels[i] != name) continue;
    set_log_level(static_cast<LogLevel>(i));
    return true;
  }
  return false;
}

bool logs(LogLevel level) {
  return level >= process_stderr().level.load(std::memory_order_relaxed);
}

void log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  if (!logs(level)) return;
  write_line(format_line(level, message, fields));
}

}  // namespace factory
