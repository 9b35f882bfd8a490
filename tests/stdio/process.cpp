#include "tests/stdio/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <system_error>

namespace factory::test {
namespace {

using std::chrono::steady_clock;

int left_until(steady_clock::time_point deadline) {
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(deadline - steady_clock::now());
  return std::max(0, static_cast<int>(left.count()));
}

[[noreturn]] void hangs(const std::string& what) { throw std::runtime_error(what + " hangs"); }

int await_end(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "waitpid");
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> all;
  for (std::string& word : words) all.push_back(word.data());
  all.push_back(nullptr);
  return all;
}

}  // namespace

Pipe::Pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw std::system_error(errno, std::generic_category(), "pipe");
  }
  reading = mcp::Descriptor(ends[0]);
  writing = mcp::Descriptor(ends[1]);
}

bool Lines::fill() {
  pollfd waiting{pipe_.get(), POLLIN, 0};
  const auto deadline = steady_clock::now() + patience;
  while (true) {
    const int changed = ::poll(&waiting, 1, left_until(deadline));
    if (changed == 0) hangs("a read");
    if (changed > 0) break;
    if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "poll");
  }
  std::array<char, 65536> buffer{};
  const ssize_t size = ::read(pipe_.get(), buffer.data(), buffer.size());
  if (size <= 0) return false;
  pending_.append(buffer.data(), static_cast<std::size_t>(size));
  return true;
}

std::optional<std::string> Lines::next() {
  std::size_t end = pending_.find('\n');
  while (end == std::string::npos) {
    const std::size_t looked = pending_.size();
    if (!fill()) {
      if (!pending_.empty()) throw std::runtime_error("a line without its end: " + pending_);
      return std::nullopt;
    }
    end = pending_.find('\n', looked);
  }
  std::string line = pending_.substr(0, end);
  pending_.erase(0, end + 1);
  return line;
}

nlohmann::json Lines::next_json() {
  const auto line = next();
  if (!line) throw std::runtime_error("the stream has ended");
  return nlohmann::json::parse(*line);
}

nlohmann::json Lines::answer_to(const nlohmann::json& id) {
  while (true) {
    nlohmann::json message = next_json();
    if (message.contains("id") && message["id"] == id) return message;
  }
}

std::vector<std::string> Lines::rest() {
  std::vector<std::string> lines;
  while (auto line = next()) lines.push_back(std::move(*line));
  return lines;
}

Process::Process(const std::vector<std::string>& command, const Environment& environment) {
  Pipe input;
  Pipe output;
  Pipe errors;
  std::vector<std::string> words = command;
  std::vector<std::string> variables;
  for (const auto& [name, value] : environment) variables.push_back(name + "=" + value);
  const std::vector<char*> arguments = pointers(words);
  const std::vector<char*> all_variables = pointers(variables);
  pid_ = ::fork();
  if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (pid_ == 0) {
    ::dup2(input.reading.get(), STDIN_FILENO);
    ::dup2(output.writing.get(), STDOUT_FILENO);
    ::dup2(errors.writing.get(), STDERR_FILENO);
    ::execve(arguments.front(), arguments.data(), all_variables.data());
    ::_exit(127);
  }
  input_ = std::move(input.writing);
  ::fcntl(input_.get(), F_SETFL, O_NONBLOCK);
  output_ = Lines(std::move(output.reading));
  errors_ = Lines(std::move(errors.reading));
  std::promise<int> ended;
  ended_ = ended.get_future();
  reaper_ = std::jthread(
      [pid = pid_, promise = std::move(ended)]() mutable { promise.set_value(await_end(pid)); });
}

Process::~Process() {
  if (ended_.valid()) ::kill(pid_, SIGKILL);
}

void Process::write(std::string_view text) {
  const auto deadline = steady_clock::now() + patience;
  while (!text.empty()) {
    const ssize_t size = ::write(input_.get(), text.data(), text.size());
    if (size >= 0) {
      text.remove_prefix(static_cast<std::size_t>(size));
      continue;
    }
    if (errno != EAGAIN && errno != EINTR) {
      throw std::system_error(errno, std::generic_category(), "write");
    }
    pollfd waiting{input_.get(), POLLOUT, 0};
    if (::poll(&waiting, 1, left_until(deadline)) == 0) hangs("a write");
  }
}

void Process::signal(int number) const { ::kill(pid_, number); }

int Process::wait() {
  if (ended_.wait_for(patience) != std::future_status::ready) hangs("the process");
  return ended_.get();
}

std::string program(const std::string& name) { return std::string(AF_BINARY_DIR) + "/" + name; }

std::string modern(const nlohmann::json& id, const std::string& method, nlohmann::json params) {
  params["_meta"]["io.modelcontextprotocol/protocolVersion"] = "2026-07-28";
  params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = nlohmann::json::object();
  return nlohmann::json{{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", params}}
      .dump();
}

}  // namespace factory::test
