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

void one_client(const CycleTarget& target, int number, Load& load) {
  std::vector<double> mine;
  try {
    HttpConnection http(target.url, target.token);
    for (long i = 0; !load.stop; ++i) {
      const std::string pipeline =
          create_pipeline(http, "bench-" + std::to_string(number) + "-" + std::to_string(i));
      const std::string approval = waiting_approval(http, pipeline);
      const auto from = Clock::now();
      approve(http, approval);
      mine.push_back(milliseconds_since(from));
      const HttpReply done = http.get("/v1/pipelines/" + pipeline);
      if (done.body.find(R"("status":"completed")") == std::string_view::npos) {
        throw std::runtime_error("an approved pipeline is not completed");
      }
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

void run(Report& report, const CycleTarget& target, int clients, double seconds, bool budgets) {
  Load load;
  std::vector<std::thread> threads;
  const double cpu_before = target.cpu_us ? target.cpu_us() : 0;
  const auto from = Clock::now();
  for (int i = 0; i < clients; ++i) {
    threads.emplace_back([&, i] { one_client(target, i, load); });
  }
  {
    std::unique_lock lock(load.mutex);
    load.failed.wait_for(lock, std::chrono::duration<double>(seconds),
                         [&] { return !load.error.empty(); });
  }
  load.stop = true;
  for (std::thread& thread : threads) thread.join();
  if (!load.error.empty()) throw std::runtime_error(load.error);
  const double rate = static_cast<double>(load.cycles) * 1000 / milliseconds_since(from);
  const std::string at = std::to_string(clients) + " clients";
  const auto budget = [&](const char* one, const char* many) -> std::string {
    return !budgets ? "" : clients == 1 ? one : clients == 32 ? many : "";
  };
  report.figure("cycles, " + at, rate, "1/s", budget("1,700", "6,000"));
  if (target.cpu_us) {
    report.figure("server's processor time for a cycle, " + at,
                  (target.cpu_us() - cpu_before) / static_cast<double>(load.cycles), "us");
  }
  report.figure("approve p50, " + at, percentile(load.approvals, 0.5), "ms", budget("", "2"));
  report.figure("approve p99, " + at, percentile(load.approvals, 0.99), "ms", budget("", "5"));
}

}  // namespace

void run_cycles(Report& report, const CycleTarget& target, double seconds, bool budgets) {
  for (const int clients : {1, 8, 32}) run(report, target, clients, seconds, budgets);
}

}  // namespace factory::bench
