#include "bench/cycle_load.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "bench/one_gate.hpp"
#include "bench/process.hpp"

namespace factory::bench {

namespace {

struct Load {
  std::atomic<bool> stop{false};
  std::atomic<long> cycles{0};
  std::mutex mutex;
  std::condition_variable failed;
  std::vector<double> approvals;  ///< ms, from request to durable answer
  std::string error;
};

/// What a client does again and again, under a new name each time; puts the time of its approval,
/// if there is one.
using Cycle = std::function<void(HttpConnection&, const std::string&, std::vector<double>&)>;

void gate_cycle(HttpConnection& http, const std::string& name, std::vector<double>& approvals) {
  const std::string pipeline = create_pipeline(http, name);
  const std::string approval = waiting_approval(http, pipeline);
  const auto from = Clock::now();
  approve(http, approval);
  approvals.push_back(milliseconds_since(from));
  const HttpReply done = http.get("/v1/pipelines/" + pipeline);
  if (done.body.find(R"("status":"completed")") == std::string_view::npos) {
    throw std::runtime_error("an approved pipeline is not completed");
  }
}

void one_client(const CycleTarget& target, const Cycle& cycle, int number, Load& load) {
  std::vector<double> mine;
  try {
    HttpConnection http(target.url, target.token);
    for (long i = 0; !load.stop; ++i) {
      cycle(http, "bench-" + std::to_string(number) + "-" + std::to_string(i), mine);
      ++load.cycles;
    }
  } catch (const std::exception& error) {
    const std::lock_guard lock(load.mutex);
    load.error = error.what();
    load.failed.notify_one();
  }
  const std::lock_guard lock(load.mutex);
  load.approvals.insert(load.approvals.end(), mine.begin(), mine.end());
}

CycleFigures measure(const CycleTarget& target, const Cycle& cycle, int clients, double seconds) {
  Load load;
  std::vector<std::thread> threads;
  const double cpu_before = target.cpu_us ? target.cpu_us() : 0;
  const auto from = Clock::now();
  for (int i = 0; i < clients; ++i) {
    threads.emplace_back([&, i] { one_client(target, cycle, i, load); });
  }
  {
    std::unique_lock lock(load.mutex);
    load.failed.wait_for(lock, std::chrono::duration<double>(seconds),
                         [&] { return !load.error.empty(); });
  }
  load.stop = true;
  for (std::thread& thread : threads) thread.join();
  if (!load.error.empty()) throw std::runtime_error(load.error);
  const auto cycles = static_cast<double>(load.cycles);
  CycleFigures figures;
  figures.rate = cycles * 1000 / milliseconds_since(from);
  if (target.cpu_us) figures.cpu_us = (target.cpu_us() - cpu_before) / cycles;
  if (!load.approvals.empty()) {
    figures.approve_p50 = percentile(load.approvals, 0.5);
    figures.approve_p99 = percentile(load.approvals, 0.99);
  }
  return figures;
}

Cycle bare_cycle(const std::string& path) {
  return [path](HttpConnection& http, const std::string& /*name*/, std::vector<double>&) {
    for (int i = 0; i < 4; ++i) {
      if (http.get(path).status != 200) throw std::runtime_error("a bare request failed");
    }
  };
}

void run(Report& report, const CycleTarget& target, int clients, double seconds, bool budgets) {
  const CycleFigures figures = measure_cycles(target, clients, seconds);
  const std::string at = std::to_string(clients) + " clients";
  if (!target.bare_path.empty()) {
    const double most = measure(target, bare_cycle(target.bare_path), clients, seconds / 4).rate;
    report.figure("four requests that do nothing, " + at, most, "1/s");
  }
  const auto budget = [&](const char* one, const char* many) -> std::string {
    return !budgets ? "" : clients == 1 ? one : clients == 32 ? many : "";
  };
  report.figure("cycles, " + at, figures.rate, "1/s", budget("1,700", "6,000"));
  if (target.cpu_us) {
    report.figure("server's processor time for a cycle, " + at, figures.cpu_us, "us");
  }
  report.figure("approve p50, " + at, figures.approve_p50, "ms", budget("", "2"));
  report.figure("approve p99, " + at, figures.approve_p99, "ms", budget("", "5"));
}

}  // namespace

CycleFigures measure_cycles(const CycleTarget& target, int clients, double seconds) {
  return measure(target, gate_cycle, clients, seconds);
}

void run_cycles(Report& report, const CycleTarget& target, double seconds, bool budgets) {
  for (const int clients : {1, 8, 32}) run(report, target, clients, seconds, budgets);
}

}  // namespace factory::bench
