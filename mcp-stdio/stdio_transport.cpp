#include "mcp-stdio/stdio_transport.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <csignal>
#include <string>
#include <system_error>
#include <utility>

#include "common/log.hpp"
#include "common/mcp/session.hpp"
#include "mcp-stdio/line_reader.hpp"
#include "mcp-stdio/worker_pool.hpp"

namespace factory::mcp {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

/// While this much waits to be written, nothing more is read.
constexpr std::size_t most_unwritten = 8U << 20U;

/// Asio makes descriptors non-blocking, which whoever shares them (a terminal's shell) would feel.
class KeptFlags {
 public:
  explicit KeptFlags(int fd) : fd_(fd), flags_(::fcntl(fd, F_GETFL)) {}
  ~KeptFlags() {
    if (flags_ >= 0) ::fcntl(fd_, F_SETFL, flags_);
  }
  KeptFlags(const KeptFlags&) = delete;
  KeptFlags& operator=(const KeptFlags&) = delete;

 private:
  int fd_;
  int flags_;
};

int duplicate(int fd) {
  const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, 3);
  if (copy < 0) throw std::system_error(errno, std::generic_category(), "standard stream");
  return copy;
}

/// Everything but jobs happens on the thread of run().
class Connection {
 public:
  Connection(const Features& features, int input, int output, const TransportOptions& options)
      : options_(options),
        input_(io_, duplicate(input)),
        output_(io_, duplicate(output)),
        signals_(io_, SIGTERM, SIGINT, SIGHUP),
        grace_(io_),
        parent_timer_(io_),
        reader_(options.max_line, {[this](std::string_view line) { session_.receive(line); },
                                   [this](std::string_view beginning) {
                                     session_.receive_oversized(beginning, options_.max_line);
                                   }}),
        session_(
            features, [this](std::string message) { send(std::move(message)); },
            [this](std::function<void()> job) { return start(std::move(job)); }),
        pool_(options.threads, options.waiting) {}

  void run() {
    signals_.async_wait([this](const error_code& error, int number) {
      if (!error) leave("signal " + std::to_string(number));
    });
    watch_parent();
    read();
    io_.run();
    // Jobs that are still under way see their stop token, and what they send goes nowhere.
    session_.stop();
  }

 private:
  void read() {
    reading_ = true;
    input_.async_read_some(asio::buffer(buffer_), [this](const error_code& error, std::size_t n) {
      reading_ = false;
      if (error) {
        if (error != asio::error::eof) log(LogLevel::debug, "input", {{"why", error.message()}});
        reader_.end();
        input_ended_ = true;
        end_when_idle();
        return;
      }
      reader_.feed(std::string_view(buffer_.data(), n));
      if (unwritten_ < most_unwritten) read();
    });
  }

  /// Any thread.
  void send(std::string message) {
    message += '\n';
    asio::dispatch(io_, [this, text = std::move(message)] {
      unwritten_ += text.size();
      queued_ += text;
      if (!writing_) write();
    });
  }

  void write() {
    writing_ = true;
    std::swap(queued_, being_written_);
    queued_.clear();
    asio::async_write(output_, asio::buffer(being_written_),
                      [this](const error_code& error, std::size_t) {
                        writing_ = false;
                        if (error) {
                          leave("output: " + error.message());
                          return;
                        }
                        unwritten_ -= being_written_.size();
                        being_written_.clear();
                        if (!queued_.empty()) write();
                        if (!reading_ && !input_ended_ && unwritten_ < most_unwritten) read();
                        end_when_idle();
                      });
  }

  bool start(std::function<void()> job) {
    const bool taken = pool_.run([this, job = std::move(job)] {
      job();
      // Comes after the job's own send, so nothing is left to write when the count reaches zero.
      asio::post(io_, [this] {
        --jobs_;
        end_when_idle();
      });
    });
    if (taken) ++jobs_;
    return taken;
  }

  /// After the end of the input: waits for the answers that are still to come, but not for long.
  void end_when_idle() {
    if (!input_ended_) return;
    if (jobs_ == 0 && !writing_) {
      io_.stop();
      return;
    }
    if (grace_running_) return;
    grace_running_ = true;
    grace_.expires_after(options_.grace);
    grace_.async_wait([this](const error_code& error) {
      if (!error) leave("calls were still under way when the input had ended");
    });
  }

  // PR_SET_PDEATHSIG would be no help: it fires when the parent's thread ends that made this
  // process, and clients do that from pools of threads.
  void watch_parent() {
    parent_timer_.expires_after(options_.parent_check);
    parent_timer_.async_wait([this](const error_code& error) {
      if (error) return;
      if (::getppid() != parent_) {
        leave("the parent process is gone");
      } else {
        watch_parent();
      }
    });
  }

  void leave(const std::string& why) {
    log(LogLevel::debug, "leaving", {{"why", why}});
    io_.stop();
  }

  TransportOptions options_;
  pid_t parent_ = ::getppid();
  asio::io_context io_{1};
  asio::posix::stream_descriptor input_;
  asio::posix::stream_descriptor output_;
  asio::signal_set signals_;
  asio::steady_timer grace_;
  asio::steady_timer parent_timer_;
  std::array<char, 64U * 1024U> buffer_{};
  LineReader reader_;
  std::string queued_;
  std::string being_written_;
  std::size_t unwritten_ = 0;
  std::size_t jobs_ = 0;
  bool reading_ = false;
  bool writing_ = false;
  bool input_ended_ = false;
  bool grace_running_ = false;
  Session session_;
  WorkerPool pool_;  ///< last: its threads are joined before anything they use goes away
};

}  // namespace

void serve_stdio(const Features& features, int input, int output, const TransportOptions& options) {
  const KeptFlags input_flags(input);
  const KeptFlags output_flags(output);
  Connection(features, input, output, options).run();
}

}  // namespace factory::mcp
