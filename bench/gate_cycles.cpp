#include <atomic>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "bench/one_gate.hpp"
#include "bench/parts.hpp"
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

void one_client(const Server& server, int number, Load& load) {
  std::vector<double> mine;
  try {
    HttpConnection http(server.url(), server.token());
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

void run(Report& report, const Server& server, int clients, double seconds) {
  Load load;
  std::vector<std::thread> threads;
  const double cpu_before = server.cpu_us();
  const auto from = Clock::now();
  for (int i = 0; i < clients; ++i) {
    threads.emplace_back([&, i] { one_client(server, i, load); });
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
  report.figure("cycles, " + at, rate, "1/s",
                clients == 1    ? "1,700"
                : clients == 32 ? "6,000"
                                : "");
  report.figure("server's processor time for a cycle, " + at,
                (server.cpu_us() - cpu_before) / static_cast<double>(load.cycles), "us");
  report.figure("approve p50, " + at, percentile(load.approvals, 0.5), "ms",
                clients == 32 ? "2" : "");
  report.figure("approve p99, " + at, percentile(load.approvals, 0.99), "ms",
                clients == 32 ? "5" : "");
}

}  // namespace

void gate_cycles(Report& report, const Scale& scale) {
  report.heading("Gate cycles: create, read, approve, read over HTTP, everything flushed");
  report.note("others on the same work: Restate 1,188/s, DBOS 346/s, BullMQ 969/s at 32 clients;");
  report.note("hand-written: Hono + better-sqlite3 1,550/s, Fastify + PostgreSQL 2,296/s");
  const Folder folder;
  write_one_gate_template(folder.path());
  const Server server(folder.path());
  report.figure("memory at rest", server.resident_mib(), "MiB", "30");
  for (const int clients : {1, 8, 32}) run(report, server, clients, scale.seconds());
  report.figure("memory under load", server.resident_mib(), "MiB");
}

}  // namespace factory::bench
