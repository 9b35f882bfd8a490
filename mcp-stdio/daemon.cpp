#include "mcp-stdio/daemon.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

namespace factory::mcp {
namespace {

/// All that the child needs, made before the fork: a fork of a process with threads may only do
/// what is async-signal-safe.
struct Launch {
  std::vector<char*> arguments;
  int input = -1;
  int output = -1;
  int errors = -1;
  int open_max = 1024;
};

[[noreturn]] void become(const Launch& launch) {
  struct sigaction normal {};
  normal.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) ::sigaction(number, &normal, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
  const bool wired = ::dup2(launch.input, STDIN_FILENO) >= 0 &&
                     ::dup2(launch.output, STDOUT_FILENO) >= 0 &&
                     ::dup2(launch.errors, STDERR_FILENO) >= 0;
  for (int fd = STDERR_FILENO + 1; fd < launch.open_max; ++fd) ::close(fd);
  if (wired) ::execv(launch.arguments.front(), launch.arguments.data());
  ::_exit(127);
}

[[noreturn]] void detach(const Launch& launch) {
  ::setsid();
  const pid_t daemon = ::fork();
  if (daemon == 0) become(launch);
  ::_exit(daemon > 0 ? 0 : 1);
}

Error failed(const char* what) {
  const int number = errno;
  return Error{ErrorCode::unavailable,
               std::string(what) + ": " + std::generic_category().message(number) + ".",
               {},
               {},
               {}};
}

}  // namespace

Result<Descriptor> start_daemon(const std::vector<std::string>& command,
                                const std::filesystem::path& log_file) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return failed("A pipe cannot be made");
  Descriptor reading(ends[0]);
  const Descriptor writing(ends[1]);
  const Descriptor nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
  const Descriptor log(
      ::open(log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (!nothing.valid() || !log.valid()) return failed("The log of the server cannot be opened");

  std::vector<std::string> words = command;
  Launch launch;
  for (std::string& word : words) launch.arguments.push_back(word.data());
  launch.arguments.push_back(nullptr);
  launch.input = nothing.get();
  launch.output = writing.get();
  launch.errors = log.get();
  const long open_max = ::sysconf(_SC_OPEN_MAX);
  if (open_max > 0) launch.open_max = static_cast<int>(open_max < 65'536 ? open_max : 65'536);

  const pid_t child = ::fork();
  if (child == 0) detach(launch);
  if (child < 0) return failed("A process cannot be started");
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return failed("A process cannot be started");
  return Result<Descriptor>(std::move(reading));
}

}  // namespace factory::mcp
