#include "tests/sim/world.hpp"

#include <cstdlib>
#include <stdexcept>
#include <utility>

#include "engine/timers.hpp"
#include "flows/flows.hpp"
#include "flows/slices.hpp"
#include "queries/task_timer.hpp"

namespace factory::sim {

namespace {

/// Holds the writer between batches as long as it lives.
class Held {
 public:
  explicit Held(engine::Runner& runner) {
    done_ = std::async(std::launch::async, [this, &runner] {
      runner.with_store([this](storage::Store&) {
        holds_.set_value();
        let_go_.get_future().wait();
      });
    });
    holds_.get_future().wait();
  }
  void let_go() {
    let_go_.set_value();
    done_.get();
  }

 private:
  std::promise<void> holds_;
  std::promise<void> let_go_;
  std::future<void> done_;
};

}  // namespace

const std::vector<Principal>& everybody() {
  static const std::vector<Principal> all{
      test::person("olga", Role::owner),
      test::person("adam", Role::admin),
      test::person("bob", Role::operator_, {"security"}),
      test::over("mcp", test::person("bob", Role::operator_, {"security"})),
      test::person("cora", Role::operator_, {"security", "release"}),
      test::person("dan", Role::operator_),
      test::person("vera", Role::viewer),
      test::agent("goose"),
      test::agent("codex")};
  return all;
}

Folder::Folder() {
  const bool memory = std::filesystem::is_directory("/dev/shm");
  const auto parent = memory ? "/dev/shm" : std::filesystem::temp_directory_path();
  std::string name = (parent / "agent-factory-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
  path_ = name;
}

Folder::~Folder() {
  std::error_code ignored;  // a destructor must not throw
  std::filesystem::remove_all(path_, ignored);
}

World::World(std::uint64_t seed, test::FaultPlan plan)
    : ids_(seed),
      plan_(plan),
      people_(std::make_shared<const Directory>(test::directory(everybody()))) {
  open();
}

void World::open() {
  if (!real_) real_ = storage::open_sqlite(folder_.file("factory.db"));
  plan_.seed += 1;
  faulty_ = std::make_unique<test::FaultyStore>(*real_, plan_);
  dead_ = false;
  runner_ = std::make_unique<engine::Runner>(
      engine::RunnerParts{*faulty_,
                          clock_,
                          ids_,
                          all_slices(),
                          flows::follow,
                          [this] { return people_; },
                          {},
                          {},
                          {"announce"},
                          [this](const std::string&) { dead_ = true; }});
}

int World::faults() const {
  const test::FaultCounts& now = faulty_->counts();
  return earlier_faults_ + now.failed_before + now.failed_after + now.failed_reads + now.conflicts;
}

void World::close() {
  runner_.reset();
  earlier_faults_ = faults();
  faulty_.reset();
}

void World::reopen(bool file_too) {
  close();
  if (file_too) real_.reset();
  open();
}

void World::heal() {
  plan_ = test::FaultPlan{};
  reopen(false);
}

void World::submit(std::vector<Sent>& calls) {
  std::vector<std::future<Result<engine::Reply>>> answers;
  Held held(*runner_);
  for (Sent& sent : calls) {
    engine::Call call;
    call.command = {sent.stream, sent.command};
    call.actor = sent.actor;
    call.request_id = sent.request_id;
    call.idempotency_key = sent.key;
    call.fingerprint = sent.stream;
    call.reply = [&sent](const engine::Written& written) {
      sent.would_write = written.event_types.size();
      const storage::ViewRow& row = written.view(sent.stream);
      return engine::Reply{200, row.doc, row.version, false, {}};
    };
    answers.push_back(runner_->submit(std::move(call)));
  }
  held.let_go();
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const Result<engine::Reply> answer = answers[i].get();
    if (answer) {
      calls[i].known = Known::acknowledged;
      calls[i].answer = answer->body;
      calls[i].replayed = answer->replayed;
    } else {
      const bool nobody_knows = answer.error().code == ErrorCode::unavailable;
      calls[i].known = nobody_knows ? Known::unknown : Known::refused;
      calls[i].error = answer.error();
    }
  }
  // The last answer may come before the engine has said that it is dead.
  runner_->with_store([](storage::Store&) {});
}

bool World::fire_timers() {
  const auto command = [this](const engine::Slice& slice, const storage::TimerRow& timer) {
    if (slice.kind() != task::Definition::kind) return std::any();
    return std::any(task::Command{queries::task_timer(*faulty_, *people_, timer)});
  };
  try {
    for (int round = 0; round < 50 && !dead_; ++round) {
      const int fired = engine::fire_timers(*runner_, *faulty_, clock_, all_slices(), command);
      runner_->with_store([](storage::Store&) {});  // it has said whether it is dead
      if (fired == 0) return !dead_;
    }
  } catch (const storage::StoreFailure&) {
    return false;  // the caller opens anew
  }
  if (!dead_) throw std::logic_error("timers fire without end");
  return false;
}

}  // namespace factory::sim
