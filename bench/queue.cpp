#include <functional>
#include <future>

#include "bench/http_load.hpp"
#include "bench/parts.hpp"
#include "bench/process.hpp"
#include "core.hpp"
#include "engine/follower.hpp"
#include "slices/task/task.hpp"

namespace factory::bench {

namespace {

/// Tasks as the engine makes them, through its own writer: a thousandth of them approvals' size.
void add_tasks(Core& core, long from, long to) {
  std::vector<std::future<Result<engine::Reply>>> answers;
  const auto settle = [&] {
    for (auto& answer : answers) {
      if (const auto reply = answer.get(); !reply) throw std::runtime_error(reply.error().detail);
    }
    answers.clear();
  };
  for (long i = from; i < to; ++i) {
    task::Created created;
    created.kind = task::Type::manual_action;
    created.title = "Rotate the credentials of server " + std::to_string(i);
    created.description = "Cluster " + std::to_string(i % 97) + ", region " + std::to_string(i % 7);
    created.pipeline_id = "pipe_00000000-0000-7000-8000-0000000" + std::to_string(10000 + i % 1000);
    created.pipeline_name = "service-" + std::to_string(i % 1000);
    created.stage = "production";
    created.priority = static_cast<Priority>(i % 4);
    engine::Call call;
    call.command = {core.ids().next(core.clock().now()).make("task"),
                    task::Command{task::Create{std::move(created)}}};
    answers.push_back(core.runner().submit(std::move(call)));
    if (answers.size() == 5000) settle();
  }
  settle();
}

void measure(Report& report, HttpConnection& http, const std::string& name, const std::string& path,
             const std::string& budget) {
  std::vector<double> times;
  for (int i = 0; i < 200; ++i) {
    const auto from = Clock::now();
    const HttpReply reply = http.get(path);
    times.push_back(milliseconds_since(from));
    if (reply.status != 200) throw std::runtime_error(path + ": " + std::string(reply.body));
  }
  report.figure(name + ", p50", percentile(times, 0.5), "ms", budget);
  report.figure(name + ", p99", percentile(times, 0.99), "ms");
}

}  // namespace

void queue(Report& report, const Scale& scale) {
  report.heading("What is stuck, the queue and search over stored, open tasks");
  const Folder folder;
  long stored = 0;
  for (long tasks = 1000; tasks <= scale.most_tasks(); tasks *= tasks == 1000 ? 100 : 10) {
    {
      CoreOptions options;
      options.data = folder.path();
      Core core(std::move(options));
      const auto from = Clock::now();
      add_tasks(core, stored, tasks);
      const double rate = static_cast<double>(tasks - stored) * 1000 / milliseconds_since(from);
      report.figure("tasks made per second up to " + std::to_string(tasks), rate, "1/s");
      while (engine::follow_log(core.store(), core.search())) {
      }
    }
    stored = tasks;
    const Server server(folder.path());
    HttpConnection http(server.url(), server.token());
    const std::string of = std::to_string(tasks) + " tasks: ";
    measure(report, http, of + "blockers", "/v1/blockers", "10");
    measure(report, http, of + "queue page", "/v1/tasks?priority=high", "");
    measure(report, http, of + "search, common word", "/v1/search?q=credentials", "50");
    measure(report, http, of + "search, common words", "/v1/search?q=rotate%20region%20serv", "50");
    measure(report, http, of + "search, common word in one of 1000 pipelines",
            "/v1/search?q=credentials&pipeline_id=pipe_00000000-0000-7000-8000-000000010007", "50");
    measure(report, http, of + "search, common word in a status that none has",
            "/v1/search?q=credentials&status=completed", "50");
    measure(report, http, of + "search, common word of a time long ago",
            "/v1/search?q=credentials&until=2001-01-01", "50");
    measure(report, http, of + "search, rare words",
            "/v1/search?q=server%20" + std::to_string(tasks / 2), "50");
    report.figure(of + "memory of the server", server.resident_mib(), "MiB");
  }
}

}  // namespace factory::bench
