#pragma once

#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <functional>
#include <stdexcept>

namespace factory::test {

/// Runs a function in a forked process that reports numbers through a pipe. The caller must have no
/// other threads at the time. The destructor kills the process and waits for it.
class ChildProcess {
 public:
  using Report = std::function<void(std::int64_t)>;

  explicit ChildProcess(const std::function<void(const Report&)>& work) {
    int ends[2] = {-1, -1};
    if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
    process_ = ::fork();
    if (process_ == 0) {
      ::close(ends[0]);
      run(work, ends[1]);
    }
    ::close(ends[1]);
    from_child_ = ends[0];
  }
  ~ChildProcess() {
    kill();
    ::close(from_child_);
  }
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  /// The next number; false when the process has ended and nothing is left.
  bool receive(std::int64_t& number) const {
    return ::read(from_child_, &number, sizeof number) == sizeof number;
  }
  /// As `kill -9`: the process does nothing more from here on.
  void kill() {
    if (process_ <= 0) return;
    ::kill(process_, SIGKILL);
    wait();
  }
  /// The exit status, 0 for well, -1 if a signal ended it.
  int wait() {
    int status = 0;
    ::waitpid(process_, &status, 0);
    process_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  [[noreturn]] static void run(const std::function<void(const Report&)>& work, int to_parent) {
    int status = 0;
    try {
      work([to_parent](std::int64_t number) {
        if (::write(to_parent, &number, sizeof number) != sizeof number) ::_exit(3);
      });
    } catch (const std::exception&) {
      status = 2;
    }
    ::_exit(status);
  }

  pid_t process_ = 0;
  int from_child_ = -1;
};

}  // namespace factory::test
