#include "common/log.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <csignal>

#include <climits>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>
#include <vector>

#include "common/clock.hpp"
#include "tests/support/catch.hpp"

using namespace factory;
using nlohmann::json;

namespace {

/// Puts a pipe in the place of stderr for as long as it lives.
class StderrPipe {
 public:
  StderrPipe() : saved_(::dup(STDERR_FILENO)) {
    REQUIRE(::pipe2(ends_, O_CLOEXEC) == 0);
    ::dup2(ends_[1], STDERR_FILENO);
    ::close(ends_[1]);
  }
  ~StderrPipe() {
    ::dup2(saved_, STDERR_FILENO);
    ::close(saved_);
    close_reader();
    set_log_level(LogLevel::info);
  }
  StderrPipe(const StderrPipe&) = delete;
  StderrPipe& operator=(const StderrPipe&) = delete;

  void close_reader() {
    if (ends_[0] >= 0) ::close(ends_[0]);
    ends_[0] = -1;
  }

  /// Everything in the pipe now.
  [[nodiscard]] std::string drain() const {
    ::fcntl(ends_[0], F_SETFL, O_NONBLOCK);
    std::string text;
    char chunk[65536];
    for (ssize_t got = 0; (got = ::read(ends_[0], chunk, sizeof chunk)) > 0;) {
      text.append(chunk, static_cast<std::size_t>(got));
    }
    return text;
  }

  /// Its lines, each read as JSON.
  [[nodiscard]] std::vector<json> lines() const {
    std::vector<json> all;
    std::istringstream in(drain());
    for (std::string line; std::getline(in, line);) all.push_back(json::parse(line));
    return all;
  }

 private:
  int saved_;
  int ends_[2] = {-1, -1};
};

}  // namespace

TEST_CASE("a line is one JSON object") {
  const StderrPipe pipe;
  log(LogLevel::warning, "disk \"full\"\n", {{"path", "/data"}, {"bytes", "12"}});
  const auto lines = pipe.lines();
  REQUIRE(lines.size() == 1);
  CHECK(lines[0]["level"] == "warning");
  CHECK(lines[0]["message"] == "disk \"full\"\n");
  CHECK(lines[0]["path"] == "/data");
  CHECK(lines[0]["bytes"] == "12");
  CHECK(parse_time(lines[0]["at"].get<std::string>()).has_value());
  CHECK(lines[0].size() == 5);
}

TEST_CASE("what is not UTF-8 does not break the line") {
  const StderrPipe pipe;
  log(LogLevel::error, "bad \xff byte", {{"field", "\xc3"}});
  CHECK(pipe.lines().size() == 1);
}

TEST_CASE("lines below the level are dropped") {
  const StderrPipe pipe;
  REQUIRE(set_log_level("warning"));
  log(LogLevel::debug, "1");
  log(LogLevel::info, "2");
  log(LogLevel::warning, "3");
  log(LogLevel::error, "4");
  CHECK_FALSE(set_log_level("loud"));
  CHECK(pipe.lines().size() == 2);
  REQUIRE(set_log_level("debug"));
  log(LogLevel::debug, "5");
  CHECK(pipe.lines().size() == 1);
}

TEST_CASE("a line always fits into one write that cannot block") {
  const StderrPipe pipe;
  const std::string worst(10'000, '\x01');  // six bytes each as JSON
  log(LogLevel::error, worst, {{"a", worst}, {"b", "small"}});
  log(LogLevel::error, "m", {{"a", std::string(10'000, 'x')}, {"b", std::string(10'000, 'y')}});
  const std::string text = pipe.drain();
  std::istringstream in(text);
  int count = 0;
  for (std::string line; std::getline(in, line); ++count) {
    CHECK(line.size() < PIPE_BUF);
    CHECK(json::parse(line)["cut"] == "true");
  }
  CHECK(count == 2);
}

TEST_CASE("a stderr that nobody reads holds nobody up") {
  const StderrPipe pipe;
  const std::string text(1000, 'x');
  // Many times what a pipe holds; blocking here would run into the test's time-out.
  for (int i = 0; i < 1000; ++i) log(LogLevel::error, text);
  const auto lines = pipe.lines();
  CHECK(lines.size() >= 10);
  CHECK(lines.size() < 1000);
  log(LogLevel::error, "room again");
  CHECK(pipe.lines().size() == 1);
}

TEST_CASE("a stderr that is gone kills nobody") {
  StderrPipe pipe;
  pipe.close_reader();
  log(LogLevel::error, "nobody hears this");
  sigset_t pending;
  sigpending(&pending);
  CHECK(sigismember(&pending, SIGPIPE) == 0);
  ::close(STDERR_FILENO);
  log(LogLevel::error, "nor this");
  SUCCEED();
}

TEST_CASE("lines of several threads do not mix") {
  const StderrPipe pipe;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([t] {
        for (int i = 0; i < 20; ++i) {
          log(LogLevel::info, "line",
              {{"thread", std::to_string(t)}, {"pad", std::string(200, 'p')}});
        }
      });
    }
  }
  CHECK(pipe.lines().size() == 80);
}
