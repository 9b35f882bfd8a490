#pragma once

#include <memory>
#include <string>

#include "slices/task/task.hpp"
#include "tests/support/spec.hpp"

/// What the stories about tasks begin with.
namespace factory::test {

using TaskSpec = Spec<task::Definition>;

inline const SlaTable task_sla{Sla{5, 10, 15}, Sla{30, 60, 90}, Sla{60, 120, 240}, Sla{0, 0, 0}};

inline task::Created task_created(task::Type kind = task::Type::review) {
  task::Created created;
  created.kind = kind;
  created.title = "Look at it";
  created.description = "The report is attached";
  created.context.text = R"({"coverage":91})";
  created.pipeline_id = "pipe_1";
  created.pipeline_name = "mail-server";
  created.stage = "review";
  if (kind == task::Type::approval) created.gate_id = "gate_1";
  created.sla = task_sla;
  created.at = story_start;
  created.ladder = std::make_shared<const Ladder>();  // nobody is told
  return created;
}

inline std::vector<Principal> staff() {
  return {person("ada", Role::admin), agent("bot"), person("carl"), person("dora"),
          person("vera", Role::viewer)};
}

/// The names of the steps of its ladder, "created first", in the order in which they were taken.
inline std::string steps_taken(const TaskSpec& spec) {
  std::string all;
  for (const task::Reminded& told : spec.state().told) {
    all += (all.empty() ? "" : " ") + told.name;
  }
  return all;
}

inline TaskSpec open_task(task::Type kind = task::Type::review) {
  TaskSpec spec(staff());
  spec.when(task::Create{task_created(kind)});
  return spec;
}

}  // namespace factory::test
