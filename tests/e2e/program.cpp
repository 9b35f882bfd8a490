#include "tests/e2e/program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>

namespace factory::test {
namespace {

using std::chrono::steady_clock;

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

/// False when the time is up.
bool readable_until(int file, steady_clock::time_point deadline) {
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - steady_clock::now());
    pollfd waiting{file, POLLIN, 0};
    const int changed = ::poll(&waiting, 1, std::max(0, static_cast<int>(left.count())));
    if (changed > 0) return true;
    if (changed == 0) return false;
    if (errno != EINTR) fail("poll");
  }
}

/// Appends what is there; false at the end of the stream.
bool read_some(int file, std::string& text) {
  std::array<char, 65536> buffer{};
  const ssize_t size = ::read(file, buffer.data(), buffer.size());
  if (size < 0) fail("read");
  text.append(buffer.data(), static_cast<std::size_t>(size));
  return size > 0;
}

std::string text_of(const std::string& file) {
  std::ifstream in(file);
  if (!in) throw std::runtime_error("cannot read " + file);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> all;
  for (std::string& word : words) all.push_back(word.data());
  all.push_back(nullptr);
  return all;
}

pid_t spawn(std::vector<std::string> words, std::vector<std::string> variables, int out, int err) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
  pid_t process = 0;
  const int failed = ::posix_spawn(&process, words.front().c_str(), &actions, nullptr,
                                   pointers(words).data(), pointers(variables).data());
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) throw std::system_error(failed, std::generic_category(), words.front());
  return process;
}

}  // namespace

Program::Program(const std::vector<std::string>& arguments, const Environment& environment) {
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) fail("pipe");
  output_ = pipe[0];
  errors_file_ = ::memfd_create("errors", MFD_CLOEXEC);
  if (errors_file_ < 0) fail("memfd_create");
  std::vector<std::string> words{AF_BINARY_DIR "/factory-api"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<std::string> variables{"PATH=/usr/bin:/bin"};
  for (const auto& [name, value] : environment) variables.push_back(name + "=" + value);
  process_ = spawn(std::move(words), std::move(variables), pipe[1], errors_file_);
  ::close(pipe[1]);
  process_ends_ = static_cast<int>(::syscall(SYS_pidfd_open, process_, 0));
  if (process_ends_ < 0) fail("pidfd_open");
}

Program::~Program() {
  if (process_ > 0) {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }
  for (const int file : {process_ends_, output_, errors_file_}) ::close(file);
}

std::string Program::complaint(const std::string& what) const {
  return "factory-api " + what + "; it said: " + output_text_ + errors();
}

std::string Program::ready_url() {
  const auto deadline = steady_clock::now() + patience;
  while (output_text_.find('\n') == std::string::npos) {
    if (!readable_until(output_, deadline)) throw std::runtime_error(complaint("hangs"));
    if (!read_some(output_, output_text_)) {
      throw std::runtime_error(complaint("ended before it was ready"));
    }
  }
  const auto line = nlohmann::json::parse(output_text_.substr(0, output_text_.find('\n')));
  if (line.at("event") != "ready") throw std::runtime_error(complaint("was not ready"));
  return line.at("url").get<std::string>();
}

void Program::signal(int number) const { ::kill(process_, number); }

int Program::wait() {
  const auto deadline = steady_clock::now() + patience;
  do {
    if (!readable_until(output_, deadline)) throw std::runtime_error(complaint("hangs"));
  } while (read_some(output_, output_text_));
  if (!readable_until(process_ends_, deadline)) throw std::runtime_error(complaint("lives on"));
  int status = 0;
  if (::waitpid(process_, &status, 0) < 0) fail("waitpid");
  process_ = 0;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

std::string Program::output() const { return output_text_; }

std::string Program::errors() const {
  struct stat about {};
  if (::fstat(errors_file_, &about) != 0) fail("fstat");
  std::string text(static_cast<std::size_t>(about.st_size), '\0');
  const ssize_t size = ::pread(errors_file_, text.data(), text.size(), 0);
  if (size < 0) fail("pread");
  text.resize(static_cast<std::size_t>(size));
  return text;
}

Ran run_program(const std::vector<std::string>& arguments, const Environment& environment) {
  Program program(arguments, environment);
  const int code = program.wait();
  return {code, program.output(), program.errors()};
}

std::string Answer::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

Answer Api::send(const std::string& method, const std::string& path, const std::string& body,
                 const std::vector<std::pair<std::string, std::string>>& headers) {
  HttpRequest request;
  request.method = method;
  request.url = url_ + path;
  request.headers = headers;
  request.headers.emplace_back("Authorization", "Bearer " + token_);
  request.body = body.empty() && method == "POST" ? "{}" : body;
  if (!request.body.empty()) request.headers.emplace_back("Content-Type", "application/json");
  auto answer = client_.send(request);
  if (!answer) return {0, answer.error().detail, {}};
  return {answer->status, std::move(answer->body), std::move(answer->headers)};
}

Answer Api::post(const std::string& path, const nlohmann::json& body, const std::string& key) {
  std::vector<std::pair<std::string, std::string>> headers;
  if (!key.empty()) headers.emplace_back("Idempotency-Key", key);
  return send("POST", path, body.dump(), headers);
}

std::string token_in(const std::string& data, const std::string& file) {
  const std::string text = text_of(data + "/" + file);
  return text.substr(0, text.find('\n'));
}

void put_one_gate_template(const std::string& data) {
  namespace fs = std::filesystem;
  fs::create_directories(data + "/templates");
  fs::permissions(data, fs::perms::owner_all);
  const nlohmann::json clock{{"warn_minutes", 1}, {"breach_minutes", 2}};
  const nlohmann::json priorities{
      {"critical", clock}, {"high", clock}, {"medium", clock}, {"low", clock}};
  const nlohmann::json definition{
      {"name", "one-gate"},
      {"version", "1.0.0"},
      {"title", "One gate"},
      {"description", "Work, one decision, done."},
      {"priorities", priorities},
      {"stages",
       {{{"name", "building"}, {"title", "Building"}, {"work", "Build it."}},
        {{"name", "review"},
         {"title", "Review"},
         {"gate", {{"type", "code_review"}, {"title", "Good?"}, {"reject_to", "building"}}}},
        {{"name", "released"}, {"title", "Released"}}}}};
  std::ofstream(data + "/templates/one-gate.json") << definition.dump(2) << "\n";
}

}  // namespace factory::test
