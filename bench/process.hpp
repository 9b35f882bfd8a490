#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

namespace factory::bench {

using Clock = std::chrono::steady_clock;

inline double milliseconds_since(Clock::time_point from) {
  return std::chrono::duration<double, std::milli>(Clock::now() - from).count();
}

/// A child process with pipes to its standard input and output. Killed at the end of the scope, if
/// it has not ended.
class Process {
 public:
  explicit Process(const std::vector<std::string>& words);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  /// Closes its standard input and waits for it to end by itself.
  void end();
  void write_line(const std::string& line) const;
  std::string read_line();
  /// Resident memory in MiB.
  [[nodiscard]] double resident_mib() const;
  /// The most it was since the last forget_peak().
  [[nodiscard]] double peak_mib() const;
  void forget_peak() const;
  /// Processor time so far, of all its threads, in the kernel and outside, in microseconds. What
  /// else the machine does changes it far less than it changes rates.
  [[nodiscard]] double cpu_us() const;

 private:
  pid_t pid_ = -1;
  int in_ = -1;
  int out_ = -1;
  std::string buffer_;
};

/// A new folder below the temporary folder, taken away at the end of the scope.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// The real server on a folder, on a free port.
class Server {
 public:
  /// `more`: further arguments of `factory-api serve`.
  explicit Server(const std::string& data, const std::vector<std::string>& more = {});
  [[nodiscard]] const std::string& url() const { return url_; }
  [[nodiscard]] const std::string& token() const { return token_; }
  [[nodiscard]] double resident_mib() const { return process_.resident_mib(); }
  [[nodiscard]] double peak_mib() const { return process_.peak_mib(); }
  void forget_peak() const { process_.forget_peak(); }
  [[nodiscard]] double cpu_us() const { return process_.cpu_us(); }

 private:
  Process process_;
  std::string url_;
  std::string token_;
};

/// A program beside this one.
std::string program(const std::string& name);

}  // namespace factory::bench
