#include "mcp-stdio/autostart.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "common/log.hpp"
#include "common/paths.hpp"
#include "common/text.hpp"
#include "mcp-stdio/daemon.hpp"

namespace factory::mcp {
namespace {

using std::chrono::steady_clock;

constexpr Millis ready_timeout{10'000};
constexpr Millis lock_timeout{15'000};
constexpr Millis look_interval{25};
constexpr Millis probe_timeout{2'000};
constexpr std::size_t longest_ready_line = 4'096;
constexpr std::size_t shown_log = 400;

Error down(std::string detail, std::string hint) {
  return Error{ErrorCode::unavailable, std::move(detail), std::move(hint), {}, {}};
}

Error cancelled() { return down("The call was cancelled.", {}); }

/// Waits for `interval`, or less if `stop` is requested meanwhile.
void pause(const std::stop_token& stop, Millis interval) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, interval, [] { return false; });
}

enum class Ready { yes, died, late, cancelled };

/// Reads up to the end of the first line that the server writes.
Ready await_ready(int fd, const std::stop_token& stop) {
  const auto deadline = steady_clock::now() + ready_timeout;
  std::string line;
  while (steady_clock::now() < deadline && line.size() < longest_ready_line) {
    if (stop.stop_requested()) return Ready::cancelled;
    pollfd waiting{fd, POLLIN, 0};
    const int changed = ::poll(&waiting, 1, static_cast<int>(look_interval.count()));
    if (changed < 0 && errno != EINTR) return Ready::died;
    if (changed <= 0) continue;
    std::array<char, 512> buffer{};
    const ssize_t size = ::read(fd, buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return Ready::died;
    line.append(buffer.data(), static_cast<std::size_t>(size));
    if (line.find('\n') != std::string::npos) return Ready::yes;
  }
  return Ready::late;
}

/// The last line that the server has logged, to tell why it went away.
std::string last_line(const std::filesystem::path& file) {
  const auto text = read_file(file);
  if (!text) return {};
  std::string_view rest = *text;
  while (rest.ends_with('\n')) rest.remove_suffix(1);
  const std::size_t before = rest.rfind('\n');
  if (before != std::string_view::npos) rest.remove_prefix(before + 1);
  return excerpt(rest, shown_log);
}

bool is_program(const std::filesystem::path& path) {
  std::error_code error;
  return std::filesystem::is_regular_file(path, error) && ::access(path.c_str(), X_OK) == 0;
}

}  // namespace

std::filesystem::path own_path() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error);
}

std::optional<std::filesystem::path> find_program(const std::string& name) {
  const std::filesystem::path beside = own_path().parent_path() / name;
  if (is_program(beside)) return beside;
  const char* path = std::getenv("PATH");
  std::string_view folders = path == nullptr ? "" : path;
  while (!folders.empty()) {
    const std::size_t end = std::min(folders.find(':'), folders.size());
    const std::filesystem::path folder(folders.substr(0, end));
    if (folder.is_absolute() && is_program(folder / name)) return folder / name;
    folders.remove_prefix(std::min(end + 1, folders.size()));
  }
  return std::nullopt;
}

Autostart::Autostart(const BackendLocator& locator, HttpClient& client, bool enabled)
    : locator_(locator), client_(client), enabled_(enabled) {}

std::filesystem::path Autostart::log_file() const {
  return locator_.settings().data_folder / "server.log";
}

bool Autostart::answers(const std::stop_token& stop) const {
  const auto url = locator_.local_url();
  if (!url) return false;
  HttpRequest request;
  request.url = *url + "/healthz";
  request.timeout = probe_timeout;
  request.ca_file = locator_.settings().ca_file;
  const auto answer = client_.send(request, stop);
  if (answer) return true;
  // Somebody is there; the call itself will say that the certificate is not trusted.
  const auto reason = answer.error().data.find("reason");
  return reason != answer.error().data.end() && reason->second == "certificate";
}

Status Autostart::ensure(const std::stop_token& stop) {
  const std::string folder = locator_.settings().data_folder.string();
  if (answers(stop)) return Done{};
  if (stop.stop_requested()) return cancelled();
  if (!enabled_) {
    return down("No Agent Factory server answers for the data folder " + folder + ".",
                "Start it with `factory-api serve`, then call again.");
  }
  if (const Status made = ensure_private_dir(folder); !made) return made;
  const Result<Descriptor> held = lock(stop);
  if (!held) return held.error();
  if (answers(stop)) return Done{};
  if (stop.stop_requested()) return cancelled();
  if (tried_.exchange(true)) {
    return down("The Agent Factory server that was started for the data folder " + folder +
                    " does not answer any more.",
                "Look at " + log_file().string() +
                    ", start it again with `factory-api serve`, then call again.");
  }
  return start(stop);
}

/// The lock is tried again and again, as a blocking wait could not be cancelled.
Result<Descriptor> Autostart::lock(const std::stop_token& stop) const {
  const auto path = locator_.settings().data_folder / "autostart.lock";
  Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (!file.valid()) {
    return down("The data folder cannot be written: " + path.string() + ".",
                "Give this user the right to write there, or start `factory-api serve` by hand.");
  }
  const auto deadline = steady_clock::now() + lock_timeout;
  while (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (stop.stop_requested()) return cancelled();
    if (steady_clock::now() > deadline) {
      return down("Another process has been starting the Agent Factory server for too long.",
                  "Look at " + log_file().string() + ", then call again.");
    }
    pause(stop, look_interval);
  }
  return Result<Descriptor>(std::move(file));
}

Status Autostart::start(const std::stop_token& stop) const {
  const auto program = find_program("factory-api");
  if (!program) {
    return down(
        "No Agent Factory server runs, and the program factory-api is neither beside "
        "factory-mcp nor in PATH.",
        "Install factory-api, or set FACTORY_URL to the address of a server.");
  }
  std::vector<std::string> command{program->string(), "serve", "--data",
                                   locator_.settings().data_folder.string()};
  // Any free port will do, as the address is found through the data folder.
  if (std::getenv("FACTORY_LISTEN") == nullptr) {
    command.insert(command.end(), {"--listen", "127.0.0.1:0"});
  }
  log(LogLevel::info, "starting the server", {{"program", program->string()}});
  const Result<Descriptor> output = start_daemon(command, log_file());
  if (!output) return output.error();
  const std::string hint =
      "Look at " + log_file().string() + ", start it with `factory-api serve`, then call again.";
  switch (await_ready(output->get(), stop)) {
    case Ready::yes: return Done{};
    case Ready::cancelled: return cancelled();
    case Ready::late: return down("The Agent Factory server was started, but is not ready.", hint);
    case Ready::died: break;
  }
  const std::string said = last_line(log_file());
  return down("The Agent Factory server was started, but ended at once" +
                  (said.empty() ? std::string(".") : ". Its last words: " + said),
              hint);
}

}  // namespace factory::mcp
