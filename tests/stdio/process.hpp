#pragma once

#include <sys/types.h>

#include <chrono>
#include <future>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "mcp-stdio/descriptor.hpp"

namespace factory::test {

/// How long anything may take before a test says that it hangs.
inline constexpr std::chrono::seconds patience{20};

/// Lines from a pipe, each within `patience`.
class Lines {
 public:
  explicit Lines(mcp::Descriptor pipe) : pipe_(std::move(pipe)) {}
  /// The next line without its end; nothing at the end of the stream. Throws if none comes.
  std::optional<std::string> next();
  /// The next line as JSON; throws if it is none, or if the stream has ended.
  nlohmann::json next_json();
  /// The next line that answers the request with this id; others are dropped.
  nlohmann::json answer_to(const nlohmann::json& id);
  /// Everything up to the end of the stream.
  std::vector<std::string> rest();
  void close() { pipe_ = mcp::Descriptor(); }

 private:
  bool fill();
  mcp::Descriptor pipe_;
  std::string pending_;
};

/// A child process with pipes for its three streams. Killed at the end if it still runs.
class Process {
 public:
  using Environment = std::map<std::string, std::string>;
  /// The environment is this and nothing else.
  Process(const std::vector<std::string>& command, const Environment& environment);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  /// Writes all of it; throws if it is not taken within `patience`.
  void write(std::string_view text);
  void write_line(std::string_view text) { write(std::string(text) + "\n"); }
  void close_input() { input_ = mcp::Descriptor(); }
  void signal(int number) const;
  [[nodiscard]] pid_t pid() const { return pid_; }
  /// The exit code, or minus the signal that ended it; throws if it goes on living.
  int wait();

  Lines& output() { return output_; }
  Lines& errors() { return errors_; }

 private:
  pid_t pid_ = -1;
  mcp::Descriptor input_;
  Lines output_{mcp::Descriptor()};
  Lines errors_{mcp::Descriptor()};
  std::future<int> ended_;
  std::jthread reaper_;
};

/// Two ends of a new pipe, closed on exec.
struct Pipe {
  Pipe();
  mcp::Descriptor reading;
  mcp::Descriptor writing;
};

/// The path of a program of this build.
std::string program(const std::string& name);

/// A modern request: `_meta` is added to `params`.
std::string modern(const nlohmann::json& id, const std::string& method,
                   nlohmann::json params = nlohmann::json::object());

}  // namespace factory::test
