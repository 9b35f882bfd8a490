#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "bench/cycle_load.hpp"
#include "bench/parts.hpp"
#include "bench/process.hpp"

namespace factory::bench {

namespace {

constexpr const char* peer_token = "peer-owner-token";  // bench/peers/names.mjs

/// Empty if it is not set.
std::string environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// A program of bench/peers in a folder of its own.
class Peer {
 public:
  explicit Peer(const std::string& script, const std::vector<std::string>& more = {})
      : process_(words(script, folder_.path(), more)),
        url_(nlohmann::json::parse(process_.read_line()).at("url").get<std::string>()) {}
  ~Peer() { process_.end(); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  [[nodiscard]] CycleTarget target() const { return {url_, peer_token, {}}; }

 private:
  static std::vector<std::string> words(const std::string& script, const std::string& folder,
                                        const std::vector<std::string>& more) {
    std::vector<std::string> all{environment("AF_NODE"), "--no-warnings",
                                 environment("AF_SOURCE_DIR") + "/bench/peers/" + script, folder};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  Folder folder_;
  Process process_;
  std::string url_;
};

/// Where Debian keeps initdb and postgres; nullopt if there is none.
std::optional<std::string> postgres_folder() {
  const std::filesystem::path versions = "/usr/lib/postgresql";
  if (!std::filesystem::is_directory(versions)) return std::nullopt;
  for (const auto& version : std::filesystem::directory_iterator(versions)) {
    const auto bin = version.path() / "bin";
    if (std::filesystem::exists(bin / "initdb")) return bin.string();
  }
  return std::nullopt;
}

}  // namespace

void peers(Report& report, const Scale& scale) {
  if (environment("AF_NODE").empty() || environment("AF_SOURCE_DIR").empty()) {
    report.note("peers are left out: AF_NODE and AF_SOURCE_DIR do not say where they are");
    return;
  }
  report.heading("The same cycles, written by hand: Hono on node:sqlite");
  run_cycles(report, Peer("hono_sqlite.mjs").target(), scale.seconds(), false);
  report.heading("The same cycles, written by hand: Fastify on PostgreSQL");
  const auto bin = postgres_folder();
  if (!bin) {
    report.note("left out: there is no PostgreSQL (Debian: apt-get install postgresql)");
    return;
  }
  run_cycles(report, Peer("fastify_postgres.mjs", {*bin}).target(), scale.seconds(), false);
}

}  // namespace factory::bench
