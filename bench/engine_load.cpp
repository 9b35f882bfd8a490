#include "bench/engine_load.hpp"

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include "bench/one_gate.hpp"
#include "bench/process.hpp"
#include "core.hpp"
#include "flows/new_plan.hpp"
#include "slices/gate/gate.hpp"
#include "slices/pipeline/pipeline.hpp"

namespace factory::bench {

namespace {

Principal owner() {
  Principal principal;
  principal.type = ActorType::person;
  principal.id = "owner";
  principal.channel = "rest";
  principal.role = Role::owner;
  return principal;
}

/// Throws if the command is refused.
template <class Command>
void run(Core& core, const std::string& stream, Command command) {
  engine::Call call;
  call.command = {stream, std::move(command)};
  call.actor = owner();
  call.reply = [&stream](const engine::Written& written) {
    engine::Reply reply;
    reply.body = written.view(stream).doc;
    return reply;
  };
  const auto done = core.runner().run(std::move(call));
  if (!done) throw std::runtime_error(done.error().detail);
}

std::string open_gate(Core& core, const std::string& name) {
  pipeline::Created created;
  created.name = name;
  created.plan = flows::plan_for(core.templates(), "one-gate", nullptr).value();
  const std::string id = core.ids().next(core.clock().now()).make("pipe");
  run(core, id, pipeline::Command{pipeline::Create{created}});
  return waiting_approval(core.store().get_view(id)->doc);
}

std::unique_ptr<Core> open_core(const std::string& data) {
  CoreOptions options;
  options.data = data;
  return std::make_unique<Core>(std::move(options));
}

std::vector<std::string> open_gates(Core& core, int from, int to) {
  std::vector<std::string> gates;
  for (int i = from; i < to; ++i) gates.push_back(open_gate(core, "d" + std::to_string(i)));
  return gates;
}

void approve_all(Core& core, int callers, const std::vector<std::string>& gates) {
  gate::Vote vote;
  vote.notes = "LGTM";
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::string failure;
  std::vector<std::jthread> threads;
  for (int i = 0; i < callers; ++i) {
    threads.emplace_back([&] {
      try {
        for (std::size_t at = next++; at < gates.size(); at = next++) {
          run(core, gates[at], gate::Command{vote});
        }
      } catch (const std::exception& error) {
        const std::lock_guard lock(mutex);
        failure = error.what();
      }
    });
  }
  threads.clear();
  if (!failure.empty()) throw std::runtime_error(failure);
}

}  // namespace

double engine_approvals_per_second(const std::string& data, int callers, int approvals,
                                   Memory memory) {
  constexpr int warm_at_once = 2'000;  // their streams fit into what the engine remembers
  const int at_once = memory == Memory::warm ? warm_at_once : approvals;
  write_one_gate_template(data);
  auto core = open_core(data);
  double milliseconds = 0;
  int done = 0;
  while (done < approvals) {
    const auto gates = open_gates(*core, done, std::min(done + at_once, approvals));
    if (memory == Memory::cold) {
      core.reset();
      core = open_core(data);
    }
    core->store().last_position();  // puts what is committed into the tables
    const auto from = Clock::now();
    approve_all(*core, callers, gates);
    core->store().last_position();
    milliseconds += milliseconds_since(from);
    done += static_cast<int>(gates.size());
  }
  return done * 1000 / milliseconds;
}

}  // namespace factory::bench
