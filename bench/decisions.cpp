#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "bench/engine_load.hpp"
#include "bench/one_gate.hpp"
#include "bench/parts.hpp"
#include "bench/process.hpp"
#include "bench/raw_commit.hpp"

namespace factory::bench {

namespace {

/// The machine's own limit: 4 KiB appended and flushed.
double flush_median(const std::string& folder) {
  const std::string file = folder + "/flush";
  const int handle = ::open(file.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
  const std::array<char, 4096> block{};
  std::vector<double> times;
  for (int i = 0; i < 500; ++i) {
    const auto from = Clock::now();
    if (::write(handle, block.data(), block.size()) < 0 || ::fdatasync(handle) != 0) {
      throw std::runtime_error("cannot write " + file);
    }
    times.push_back(milliseconds_since(from));
  }
  ::close(handle);
  return percentile(times, 0.5);
}

struct Decided {
  double per_second = 0;
  double p50 = 0;
  double p99 = 0;
};

/// Approves prepared gates by `clients` at once.
Decided decide(const Server& server, int clients, const std::vector<std::string>& approvals) {
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::vector<double> times;
  std::string failure;
  std::vector<std::thread> threads;
  const auto from = Clock::now();
  for (int i = 0; i < clients; ++i) {
    threads.emplace_back([&] {
      std::vector<double> mine;
      try {
        HttpConnection http(server.url(), server.token());
        for (std::size_t at = next++; at < approvals.size(); at = next++) {
          const auto sent = Clock::now();
          approve(http, approvals[at]);
          mine.push_back(milliseconds_since(sent));
        }
      } catch (const std::exception& error) {
        const std::lock_guard lock(mutex);
        failure = error.what();
      }
      const std::lock_guard lock(mutex);
      times.insert(times.end(), mine.begin(), mine.end());
    });
  }
  for (std::thread& thread : threads) thread.join();
  if (!failure.empty()) throw std::runtime_error(failure);
  const double rate = static_cast<double>(approvals.size()) * 1000 / milliseconds_since(from);
  return {rate, percentile(times, 0.5), percentile(times, 0.99)};
}

}  // namespace

void decisions(Report& report, const Scale& scale) {
  report.heading("Decisions over HTTP beside SQLite's raw group commit of the same rows");
  const Folder folder;
  const double flush = flush_median(folder.path());
  report.figure("4 KiB append + fdatasync, p50", flush, "ms");
  write_one_gate_template(folder.path());
  {
    const Server server(folder.path());
    HttpConnection http(server.url(), server.token());
    for (const int clients : {1, 8, 32}) {
      std::vector<std::string> approvals;
      const int count = clients == 1 ? 1500 : 6000;
      for (int i = 0; i < (scale.quick ? count / 4 : count); ++i) {
        approvals.push_back(waiting_approval(
            http, create_pipeline(http, "d" + std::to_string(clients) + "-" + std::to_string(i))));
      }
      const Decided decided = decide(server, clients, approvals);
      const std::string at = std::to_string(clients) + " clients";
      report.figure("decisions, " + at, decided.per_second, "1/s");
      report.figure("decision p50, " + at, decided.p50, "ms",
                    clients == 1    ? "flush + 0.15"
                    : clients == 32 ? "2"
                                    : "");
      report.figure("decision p99, " + at, decided.p99, "ms",
                    clients == 1    ? "twice p50's"
                    : clients == 32 ? "5"
                                    : "");
    }
  }
  for (const int at_once : {1, 8, 32}) {
    const double raw = raw_commits_per_second(folder.path() + "/factory.db", folder.path(), at_once,
                                              scale.quick ? 1000 : 4000);
    report.figure("raw SQLite, the same rows, batches of " + std::to_string(at_once), raw, "1/s");
    for (const Memory memory : {Memory::warm, Memory::cold}) {
      const Folder engine;
      const std::string callers = std::to_string(at_once) + " callers";
      report.figure(
          std::string("commands without HTTP, ") + (memory == Memory::warm ? "warm, " : "cold, ") +
              callers,
          engine_approvals_per_second(engine.path(), at_once, scale.quick ? 2000 : 6000, memory),
          "1/s", memory == Memory::warm ? "half of raw" : "");
    }
  }
}

}  // namespace factory::bench
