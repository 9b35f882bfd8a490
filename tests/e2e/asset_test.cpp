// Files that are far larger than the memory the server may take for them, by the real program and
// the real curl. AF_UPLOAD_MB says how large; 300 is what the product promises.
#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>

#include "common/digest.hpp"
#include "tests/e2e/program.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"

namespace factory::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr long kMostGrowth = 30 * 1024;  ///< KiB

std::size_t megabytes() {
  const char* const wanted = std::getenv("AF_UPLOAD_MB");
  return wanted == nullptr ? 64 : std::stoul(wanted);
}

/// The server, a pipeline, and curl.
class Site {
 public:
  Site() {
    put_one_gate_template(data());
    program_ = std::make_unique<Program>(
        std::vector<std::string>{"serve", "--listen", "127.0.0.1:0", "--data", data()});
    url_ = program_->ready_url();
    owner_ = std::make_unique<Api>(url_, token_in(data()));
    const Answer made = owner_->post("/v1/pipelines", {{"name", "big"}, {"template", "one-gate"}});
    REQUIRE(made.status == 201);
    pipeline_ = made.json().at("id");
  }

  [[nodiscard]] std::string data() const { return (folder_ / "data").string(); }
  [[nodiscard]] std::string file(const std::string& name) const { return folder_ / name; }
  Api& owner() { return *owner_; }

  /// Makes a file that does not repeat, and gives its digest.
  [[nodiscard]] std::string make_file(const std::string& name, std::size_t size) const {
    std::ofstream out(file(name), std::ios::binary);
    Sha256 digest;
    std::string piece(1 << 20, '\0');
    std::uint64_t word = 88172645463325252ULL;
    for (std::size_t i = 0; i < size; ++i) {
      for (std::size_t at = 0; at < piece.size(); at += 8) {
        word ^= word << 13U;
        word ^= word >> 7U;
        word ^= word << 17U;
        std::memcpy(piece.data() + at, &word, 8);
      }
      out.write(piece.data(), static_cast<std::streamsize>(piece.size()));
      digest.update(piece);
    }
    REQUIRE(out.flush().good());
    return to_hex(digest.finish());
  }

  /// What curl prints; its exit code in `code`.
  std::string curl(const std::string& arguments, int& code) const {
    const std::string command =
        "curl -sS -H 'Authorization: Bearer " + token_in(data()) + "' " + arguments + " 2>&1";
    FILE* const pipe = ::popen(command.c_str(), "r");
    REQUIRE(pipe != nullptr);
    std::string text;
    std::array<char, 4096> buffer{};
    for (std::size_t count = 0; (count = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
      text.append(buffer.data(), count);
    }
    const int status = ::pclose(pipe);
    code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return text;
  }
  [[nodiscard]] std::string form(const std::string& name) const {
    return "-F pipeline_id=" + pipeline_ +
           " -F stage=building -F type=build -F 'metadata={\"path\"" + ":\"dist/" + name +
           "\",\"generated_by\":\"agent_1\"}' -F file=@" + file(name) + " " + url_ + "/v1/assets";
  }
  [[nodiscard]] const std::string& url() const { return url_; }
  void stop() {
    program_->signal(SIGTERM);
    REQUIRE(program_->wait() == 0);
  }

  /// KiB: the most that the server has ever had in memory.
  [[nodiscard]] long peak() const {
    std::ifstream address(data() + "/server.json");
    const long pid = json::parse(address).at("pid");
    std::ifstream status("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(status, line);) {
      if (line.rfind("VmHWM:", 0) == 0) return std::stol(line.substr(6));
    }
    FAIL("the server is gone");
    return 0;
  }

  [[nodiscard]] std::size_t stored() const {
    std::size_t count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(data() + "/blobs")) {
      if (entry.is_regular_file()) ++count;
    }
    return count;
  }

 private:
  TempDir folder_;
  std::unique_ptr<Program> program_;
  std::string url_;
  std::unique_ptr<Api> owner_;
  std::string pipeline_;
};

}  // namespace

TEST_CASE("a file much larger than the memory that it may take goes in and comes out whole") {
  const Site site;
  const std::string digest = site.make_file("app.tgz", megabytes());
  static_cast<void>(site.make_file("small.tgz", 1));
  int code = 0;
  // What the first request of its kind needs is not what a large one needs.
  REQUIRE(json::parse(site.curl(site.form("small.tgz"), code)).contains("id"));
  const long before = site.peak();
  const std::string answer = site.curl(site.form("app.tgz"), code);
  INFO(answer);
  REQUIRE(code == 0);
  const json made = json::parse(answer);
  CHECK(made.at("digest") == digest);
  CHECK(made.at("size") == megabytes() << 20U);
  const std::string path = site.url() + "/v1/assets/" + made.at("id").get<std::string>();
  CHECK(site.curl("-o " + site.file("back") + " " + path + "/download", code).empty());
  CHECK(code == 0);
  std::ifstream back(site.file("back"), std::ios::binary);
  Sha256 came;
  std::string piece(1 << 20, '\0');
  while (back.read(piece.data(), static_cast<std::streamsize>(piece.size())) || back.gcount() > 0) {
    came.update({piece.data(), static_cast<std::size_t>(back.gcount())});
  }
  CHECK(to_hex(came.finish()) == digest);
  const long growth = site.peak() - before;
  WARN(megabytes() << " MiB up and down: the server's memory grew by " << growth << " KiB from "
                   << before << " KiB");
  CHECK(growth < kMostGrowth);
  // A download that broke off goes on where it stopped.
  fs::resize_file(site.file("back"), (megabytes() << 20U) - 12'345);
  CHECK(site.curl("-C - -o " + site.file("back") + " " + path + "/download", code).empty());
  CHECK(code == 0);
  CHECK(fs::file_size(site.file("back")) == megabytes() << 20U);
}

TEST_CASE("an upload whose client gives up midway leaves nothing behind") {
  Site site;
  static_cast<void>(site.make_file("app.tgz", 8));
  const json events = site.owner().get("/v1/audit?limit=1").json();
  int code = 0;
  site.curl("--limit-rate 2M --max-time 1 " + site.form("app.tgz"), code);
  CHECK(code == 28);  // curl's own: the time was over
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (site.stored() > 0 && std::chrono::steady_clock::now() < deadline) {
    CHECK(site.owner().get("/healthz").status == 200);
  }
  CHECK(site.stored() == 0);
  CHECK(site.owner().get("/v1/audit?limit=1").json() == events);
  CHECK(site.owner().get("/v1/assets").json().at("assets").empty());
}

TEST_CASE("files that nothing refers to are told and removed by the command line") {
  Site site;
  static_cast<void>(site.make_file("app.tgz", 1));
  int code = 0;
  const json made = json::parse(site.curl(site.form("app.tgz"), code));
  const std::string needed = made.at("digest");
  const std::string orphan = to_hex(sha256("nobody refers to it"));
  const std::string shelf = site.data() + "/blobs/" + orphan.substr(0, 2);
  fs::create_directories(shelf);
  std::ofstream(shelf + "/" + orphan) << "nobody refers to it";
  for (const std::string& digest : {needed, orphan}) {
    fs::last_write_time(site.data() + "/blobs/" + digest.substr(0, 2) + "/" + digest,
                        fs::file_time_type::clock::now() - std::chrono::hours(3));
  }
  const Ran told = run_program({"gc", "--dry-run", "--data", site.data()});
  INFO(told.err);
  REQUIRE(told.code == 0);
  CHECK(json::parse(told.out).at("removable") == 1);
  CHECK(json::parse(told.out).at("digests") == json::array({orphan}));
  CHECK(run_program({"gc", "--data", site.data()}).code == 1);  // a server has the folder
  site.stop();
  const Ran done = run_program({"gc", "--data", site.data()});
  INFO(done.err);
  REQUIRE(done.code == 0);
  CHECK(json::parse(done.out).at("removed") == 1);
  CHECK(site.stored() == 1);
}

}  // namespace factory::test
