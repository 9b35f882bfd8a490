#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <sstream>
#include <thread>

#include "core.hpp"
#include "flows/new_plan.hpp"
#include "slices/pipeline/pipeline.hpp"
#include "tests/e2e/event_receiver.hpp"
#include "tests/e2e/program.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/temp_dir.hpp"

/// The server is killed at random moments while clients write, and started again. What it answered
/// for must be there, what it did not answer for can be asked again and happens once.
namespace factory::test {
namespace {

using nlohmann::json;
using Random = std::mt19937_64;

/// One write and what it came to.
struct Write {
  std::string method;
  std::string path;
  std::string body;
  std::string key;
  int expected = 200;
  Answer answer;
};

/// A client that takes pipelines of its own from their creation to their release, one write after
/// the other, and keeps a log of what was acknowledged. One thread at a time.
class Client {
 public:
  Client(int number, std::uint64_t seed)
      : name_("client" + std::to_string(number)), random_(seed + static_cast<unsigned>(number)) {}

  /// Writes until there is no answer any more.
  void work(Api& api) {
    while (problem_.empty() && step(api)) {
    }
  }
  /// Asks again for what was not answered.
  void retry(Api& api) {
    if (pending_ && !send(api)) problem_ = "no answer to the retry of " + pending_->key;
  }
  /// Everything acknowledged since the last call is there still, and asking again changes nothing.
  void verify(Api& api) {
    for (; verified_ < acknowledged_.size() && problem_.empty(); ++verified_) {
      const Write& write = acknowledged_[verified_];
      const Answer again = perform(api, write);
      if (again.status != write.expected || again.body != write.answer.body ||
          again.header("idempotency-replayed") != "true") {
        problem_ = "acknowledged, but answered otherwise now: " + told(write, again);
      }
    }
    for (const auto& [id, version] : versions_) {
      const Answer now = api.get("/v1/pipelines/" + id);
      if (now.status != 200 || now.json()["version"] < version) {
        problem_ = "acknowledged as version " + std::to_string(version) + ", but: " + now.body;
      }
    }
    versions_.clear();
  }

  [[nodiscard]] const std::string& problem() const { return problem_; }
  [[nodiscard]] const std::vector<Write>& acknowledged() const { return acknowledged_; }

 private:
  static std::string told(const Write& write, const Answer& answer) {
    return write.method + " " + write.path + " " + write.key + ": " +
           std::to_string(answer.status) + " " + answer.body;
  }
  static Answer perform(Api& api, const Write& write) {
    return api.send(write.method, write.path, write.body, {{"Idempotency-Key", write.key}});
  }

  bool step(Api& api) {
    const std::string key = name_ + "-" + std::to_string(++writes_);
    const std::string path = "/v1/pipelines/" + pipeline_;
    if (pipeline_.empty()) {
      pending_ = Write{
          "POST", "/v1/pipelines", json{{"name", key}, {"template", "one-gate"}}.dump(), key, 201,
          {}};
    } else if (random_() % 3 == 0) {
      const char* priority = random_() % 2 == 0 ? "high" : "low";
      pending_ = Write{"PATCH", path, json{{"priority", priority}, {"description", key}}.dump(),
                       key,     200,  {}};
    } else if (approval_.empty()) {
      pending_ = Write{
          "POST", path + "/stages/building/complete", R"({"outcome":"succeeded"})", key, 200, {}};
    } else {
      pending_ = Write{"POST", "/v1/approvals/" + approval_ + "/approve", "{}", key, 200, {}};
    }
    return send(api);
  }

  /// Sends what is pending; false if there was no answer.
  bool send(Api& api) {
    pending_->answer = perform(api, *pending_);
    if (pending_->answer.status == 0) return false;
    if (pending_->answer.status != pending_->expected) {
      problem_ = "refused: " + told(*pending_, pending_->answer);
      return true;
    }
    learn(*pending_);
    acknowledged_.push_back(std::move(*pending_));
    pending_.reset();
    return true;
  }

  void learn(const Write& write) {
    const json doc = write.answer.json();
    if (write.path.find("/v1/approvals/") == 0) {  // released: on to the next one
      pipeline_.clear();
      approval_.clear();
      return;
    }
    pipeline_ = doc["id"];
    versions_[pipeline_] = doc["version"];
    const json& waiting = doc["waiting_for"];
    if (waiting["kind"] == "decision") approval_ = waiting["approval_id"];
  }

  std::string name_;
  Random random_;
  int writes_ = 0;
  std::string pipeline_;
  std::string approval_;
  std::optional<Write> pending_;
  std::vector<Write> acknowledged_;
  std::size_t verified_ = 0;
  std::map<std::string, std::int64_t> versions_;  ///< acknowledged and not verified yet
  std::string problem_;
};

/// The clients, each in a thread of its own, until none gets an answer any more.
class Load {
 public:
  Load(std::vector<Client>& clients, const std::string& url, const std::string& token) {
    for (Client& client : clients) {
      threads_.emplace_back([&client, url, token] {
        Api api(url, token);
        client.work(api);
      });
    }
  }

 private:
  std::vector<std::jthread> threads_;
};

/// Pipelines whose clocks ran out, or run out while the server is being killed.
std::vector<std::string> wait_since_minutes(const std::string& data) {
  const auto clock = std::make_shared<FakeClock>();
  const Time now = SystemClock().now();
  clock->set(now - Millis{180'000});
  CoreOptions options;
  options.data = data;
  options.clock = clock;
  Core core(std::move(options));
  std::vector<std::string> tasks;
  for (int seconds = 150; seconds >= 112; seconds -= 2) {
    clock->set(now - Millis{seconds * 1000});
    pipeline::Created created;
    created.name = "waits since " + std::to_string(seconds);
    created.plan = flows::plan_for(core.templates(), "one-gate", nullptr).value();
    const std::string id = core.ids().next(clock->now()).make("pipe");
    for (const pipeline::Command& command :
         {pipeline::Command{pipeline::Create{created}},
          pipeline::Command{pipeline::CompleteWork{"building", true, {}}}}) {
      engine::Call call;
      call.command = {id, command};
      const auto done = core.runner().run(std::move(call));
      REQUIRE(done);
    }
    tasks.push_back(
        json::parse(core.store().get_view(id)->doc)["waiting_for"]["task_id"].get<std::string>());
  }
  return tasks;
}

/// Lets the time go by without anything that could wake it.
void let_pass(std::chrono::microseconds time) {
  std::mutex mutex;
  std::condition_variable nobody;
  std::unique_lock lock(mutex);
  nobody.wait_for(lock, time, [] { return false; });
}

int kills_wanted() {
  const char* set = std::getenv("CRASH_KILLS");
  return set == nullptr ? 6 : std::max(1, std::atoi(set));
}

std::uint64_t seed_wanted() {
  const char* set = std::getenv("CRASH_SEED");
  return set == nullptr ? std::random_device{}() : std::strtoull(set, nullptr, 10);
}

/// What the trail must tell, whenever the server was killed.
class Trail {
 public:
  explicit Trail(std::istream& in) {
    bool is_told = false;
    for (std::string line; std::getline(in, line);) {
      const json entry = json::parse(line);
      if (!entry.contains("event")) continue;
      const json& event = entry["event"];
      const std::string type = event["type"];
      const json& data = event["data"];
      const std::string stream = event["stream"];
      ++counts_[type + " " + stream];
      if (type == "pipeline.created") ++created_[data["name"].get<std::string>()];
      if (type == "pipeline.updated") ++updated_[data["description"].get<std::string>()];
      if (type == "pipeline.blocked") gates_.emplace_back(data["gate_id"], data["task_id"]);
      if (type == "approval.approved") approved_.push_back(stream);
      if (type == "webhook.registered") is_told = true;
      const bool wanted = type.starts_with("pipeline.") || type.starts_with("approval.");
      if (is_told && wanted) told_.emplace_back(stream, event["version"], type);
    }
  }

  [[nodiscard]] int count(const std::string& type, const std::string& stream) const {
    const auto found = counts_.find(type + " " + stream);
    return found == counts_.end() ? 0 : found->second;
  }
  [[nodiscard]] const std::map<std::string, int>& created() const { return created_; }
  [[nodiscard]] const std::map<std::string, int>& updated() const { return updated_; }
  /// What a webhook of EventReceiver has to be told of.
  [[nodiscard]] const Wanted& told() const { return told_; }

  /// Each gate that was asked for was opened, with its task; each that was approved let its
  /// pipeline go on and closed the task.
  void check_whole() const {
    std::map<std::string, std::string> tasks;
    int half = 0;
    for (const auto& [gate, task] : gates_) {
      tasks[gate] = task;
      if (count("approval.pending", gate) != 1 || count("task.created", task) != 1) ++half;
    }
    for (const std::string& gate : approved_) {
      const bool once = count("approval.approved", gate) == 1 &&
                        count("approval.voted", gate) == 1 &&
                        count("task.completed", tasks[gate]) == 1;
      if (!once) ++half;
    }
    CHECK(half == 0);
  }

 private:
  std::map<std::string, int> counts_;  ///< by type and stream
  std::map<std::string, int> created_;
  std::map<std::string, int> updated_;
  std::vector<std::pair<std::string, std::string>> gates_;  ///< with their tasks
  std::vector<std::string> approved_;
  Wanted told_;
};

void check_trail(const std::string& data, const std::vector<Client>& clients,
                 const std::vector<std::string>& late, const EventReceiver& receiver) {
  const std::string file = data + "/trail.jsonl";
  REQUIRE(run_program({"audit", "export", "--data", data, "--file", file}).code == 0);
  std::ifstream in(file);
  const Trail trail(in);
  trail.check_whole();
  int lost = 0;
  int twice = 0;
  for (const Client& client : clients) {
    for (const Write& write : client.acknowledged()) {
      const auto& counts = write.expected == 201 ? trail.created() : trail.updated();
      if (write.expected != 201 && write.method != "PATCH") continue;
      const auto found = counts.find(write.key);
      if (found == counts.end()) {
        ++lost;
      } else if (found->second != 1) {
        ++twice;
      }
    }
  }
  CHECK(lost == 0);
  CHECK(twice == 0);
  for (const std::string& wrong : check_events(receiver, trail.told())) FAIL_CHECK(wrong);
  for (const std::string& task : late) {
    INFO(task);
    CHECK(trail.count("task.sla_warning", task) == 1);
    CHECK(trail.count("task.sla_breached", task) == 1);
  }
}

void require_no_problem(const std::vector<Client>& clients) {
  for (const Client& client : clients) REQUIRE(client.problem().empty());
}

/// Clocks that ran out, whether the server ran or not, are noticed once it runs.
void await_late_tasks(Api& api, const std::vector<std::string>& late) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  for (const std::string& task : late) {
    while (api.get("/v1/tasks/" + task).json()["sla_breached"] != true) {
      REQUIRE(std::chrono::steady_clock::now() < deadline);
      let_pass(std::chrono::milliseconds(50));
    }
  }
}

TEST_CASE("crash: killed at random moments under load, it keeps what it answered for", "[crash]") {
  const int kills = kills_wanted();
  const std::uint64_t seed = seed_wanted();
  std::cout << "crash: " << kills << " kills, CRASH_SEED=" << seed << std::endl;
  CAPTURE(seed);
  Random random(seed);
  const TempDir folder;
  const std::string data = folder.string();
  put_one_gate_template(data);
  const std::vector<std::string> late = wait_since_minutes(data);
  const std::string token = token_in(data);
  const std::vector<std::string> serve{
      "serve", "--listen", "127.0.0.1:0", "--data", data, "--webhook-allow-private", "127.0.0.0/8"};
  EventReceiver receiver;
  std::vector<Client> clients;
  for (int i = 0; i < 4; ++i) clients.emplace_back(i, seed);

  bool registered = false;
  for (int kill = 1; kill <= kills; ++kill) {
    CAPTURE(kill);
    Program server(serve);
    if (random() % 5 == 0) {  // while it starts
      let_pass(std::chrono::microseconds(random() % 60'000));
      server.signal(SIGKILL);
      REQUIRE(server.wait() == -SIGKILL);
      continue;
    }
    const std::string url = server.ready_url();
    Api api(url, token);
    if (!registered) receiver.register_at(api);
    registered = true;
    for (Client& client : clients) client.retry(api);
    for (Client& client : clients) client.verify(api);
    require_no_problem(clients);
    {
      const Load load(clients, url, token);
      let_pass(std::chrono::microseconds(random() % 400'000));
      server.signal(SIGKILL);
    }
    REQUIRE(server.wait() == -SIGKILL);
    require_no_problem(clients);
  }

  Program server(serve);
  Api api(server.ready_url(), token);
  for (Client& client : clients) client.retry(api);
  for (Client& client : clients) client.verify(api);
  require_no_problem(clients);
  await_late_tasks(api, late);
  if (registered) receiver.await_all(api);
  server.signal(SIGTERM);
  CHECK(server.wait() == 0);

  const Ran audit = run_program({"audit", "verify", "--data", data});
  INFO(audit.out << audit.err);
  CHECK(audit.code == 0);
  const Ran rebuild = run_program({"rebuild", "--check", "--data", data});
  INFO(rebuild.out << rebuild.err);
  CHECK(rebuild.code == 0);
  check_trail(data, clients, late, receiver);
  std::size_t writes = 0;
  for (const Client& client : clients) writes += client.acknowledged().size();
  std::cout << "crash: " << writes << " acknowledged writes, all there" << std::endl;
  CHECK(writes > 0);
}

}  // namespace
}  // namespace factory::test
