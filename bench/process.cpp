#include "bench/process.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>

#include "common/paths.hpp"

namespace factory::bench {

Process::Process(const std::vector<std::string>& words) {
  std::array<int, 2> to_child{};
  std::array<int, 2> from_child{};
  if (::pipe2(to_child.data(), O_CLOEXEC) != 0 || ::pipe2(from_child.data(), O_CLOEXEC) != 0) {
    throw std::runtime_error("no pipe");
  }
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ == 0) {
    ::dup2(to_child[0], 0);
    ::dup2(from_child[1], 1);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }
  ::close(to_child[0]);
  ::close(from_child[1]);
  in_ = to_child[1];
  out_ = from_child[0];
}

void Process::end() {
  ::close(in_);
  in_ = -1;
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

Process::~Process() {
  if (in_ >= 0) ::close(in_);
  ::close(out_);
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void Process::write_line(const std::string& line) const {
  const std::string text = line + "\n";
  if (::write(in_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    throw std::runtime_error("the child takes no input");
  }
}

std::string Process::read_line() {
  std::size_t end = std::string::npos;
  while ((end = buffer_.find('\n')) == std::string::npos) {
    std::array<char, 65'536> chunk;
    const ssize_t count = ::read(out_, chunk.data(), chunk.size());
    if (count <= 0) throw std::runtime_error("the child ended");
    buffer_.append(chunk.data(), static_cast<std::size_t>(count));
  }
  std::string line = buffer_.substr(0, end);
  buffer_.erase(0, end + 1);
  return line;
}

double Process::resident_mib() const {
  std::ifstream statm("/proc/" + std::to_string(pid_) + "/statm");
  long total = 0;
  long resident = 0;
  statm >> total >> resident;
  return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1048576.0;
}

double Process::peak_mib() const {
  std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::stod(line.substr(6)) / 1024;
  }
  return 0;
}

void Process::forget_peak() const {
  std::ofstream("/proc/" + std::to_string(pid_) + "/clear_refs") << "5";
}

double Process::cpu_us() const {
  std::ifstream stat("/proc/" + std::to_string(pid_) + "/stat");
  std::string line;
  std::getline(stat, line);
  // The name in parentheses may hold blanks; utime and stime are the 12th and 13th fields behind
  // it.
  std::istringstream fields(line.substr(line.rfind(')') + 1));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double user = 0;
  double kernel = 0;
  fields >> user >> kernel;
  return (user + kernel) * 1e6 / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

Folder::Folder() {
  std::string name = (std::filesystem::temp_directory_path() / "af-bench-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path_ = name;
}

Folder::~Folder() {
  std::error_code ignored;  // a destructor must not throw
  std::filesystem::remove_all(path_, ignored);
}

namespace {

std::vector<std::string> serve(const std::string& data, const std::vector<std::string>& more) {
  std::vector<std::string> words{program("factory-api"), "serve",       "--data", data, "--listen",
                                 "127.0.0.1:0",          "--log-level", "warning"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

}  // namespace

Server::Server(const std::string& data, const std::vector<std::string>& more)
    : process_(serve(data, more)) {
  url_ = nlohmann::json::parse(process_.read_line()).at("url").get<std::string>();
  token_ = read_file(data + "/owner.key").value();
  token_.erase(token_.find_last_not_of('\n') + 1);
}

std::string program(const std::string& name) {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path() / name;
}

}  // namespace factory::bench
