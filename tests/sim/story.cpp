#include "tests/sim/story.hpp"

#include <algorithm>

#include "tests/slices/pipeline/support.hpp"

namespace factory::sim {

namespace {

const std::vector<std::string>& stages() {
  static const std::vector<std::string> all{"intake",  "building",   "testing",  "review",
                                            "staging", "production", "published"};
  return all;
}

void remember(std::vector<std::string>& all, const std::string& id) {
  if (std::find(all.begin(), all.end(), id) == all.end()) all.push_back(id);
}

std::shared_ptr<const Ladder> reminders() {
  Ladder ladder;
  for (const int minutes : {0, 10, 30, 90}) {
    LadderStep step;
    step.name = "after_" + std::to_string(minutes);
    step.minutes = minutes;
    ladder.steps.push_back(step);
  }
  ladder.steps.push_back({"deadline", LadderFrom::deadline, 0, {"deciders", "role:admin"}});
  return std::make_shared<const Ladder>(std::move(ladder));
}

}  // namespace

Principal Story::decider() {
  std::vector<Principal> who;
  for (const Principal& principal : everybody()) {
    if (principal.type == ActorType::person && principal.role != Role::viewer) {
      who.push_back(principal);
    }
  }
  return one_of(who);
}

GatePolicy Story::policy() {
  GatePolicy policy;
  policy.rules = {ApproverRule{static_cast<int>(1 + below(2)), {}, {}}};
  if (chance(30)) policy.rules.front().groups = {"security"};
  if (chance(20)) policy.rules.push_back(ApproverRule{1, {"admin", "owner"}, {}});
  const std::vector<Exclusion> exclusions{Exclusion::always, Exclusion::when_possible,
                                          Exclusion::never};
  policy.exclude_requester = one_of(exclusions);
  policy.exclude_reporter = one_of(exclusions);
  if (chance(10)) policy.channels = {"rest"};
  if (chance(60)) {
    const std::vector<DeadlineOutcome> outcomes{DeadlineOutcome::escalate, DeadlineOutcome::approve,
                                                DeadlineOutcome::reject, DeadlineOutcome::extend};
    policy.deadline = Deadline{static_cast<int>(10 + below(200)), static_cast<int>(below(10)),
                               one_of(outcomes), 30, 2};
  }
  return policy;
}

Plan Story::plan() {
  Plan plan = test::small_plan();
  if (puts_off_) plan.ladder = reminders();
  for (StagePlan& stage : plan.stages) {
    if (stage.gate) stage.gate->policy = policy();
    if (chance(50)) stage.checks.clear();
  }
  plan.retry_policy = policy();
  for (Sla& sla : plan.sla) {
    if (chance(30)) continue;
    const int warn = static_cast<int>(1 + below(60));
    sla = Sla{warn, warn * 2, chance(50) ? warn * 3 : 0};
  }
  return plan;
}

pipeline::Evidence Story::evidence() {
  pipeline::Evidence all = test::built();
  if (chance(80)) all.tests = test::tested(chance(15) ? 2 : 0, chance(15) ? 40 : 95).tests;
  if (chance(80)) all.deploy = test::deployed(!chance(15)).deploy;
  if (chance(20)) all.assets.clear();
  all.notes = chance(50) ? "done" : "";
  return all;
}

std::string Story::a_stage() { return stage_.empty() || chance(10) ? one_of(stages()) : stage_; }

void Story::look_at(const std::string& pipeline) {
  stage_.clear();
  gate_.clear();
  task_.clear();
  digest_.clear();
  const auto row = world_.store().get_view(pipeline);
  if (!row) return;
  const auto doc = nlohmann::json::parse(row->doc);
  stage_ = doc["current_stage"];
  const auto& waiting = doc["waiting_for"];
  if (waiting.contains("approval_id")) {
    gate_ = waiting["approval_id"];
    task_ = waiting["task_id"];
    digest_ = waiting["digest"];
    remember(gates_, gate_);
    remember(tasks_, task_);
  }
  for (const auto& fix : doc["open_fixes"]) {
    if (task_.empty() || chance(50)) task_ = fix["task_id"];
    remember(tasks_, fix["task_id"]);
  }
}

void Story::create(Sent& sent) {
  pipeline::Created created;
  created.name = "pipeline";
  created.priority = static_cast<Priority>(below(4));
  created.assignee = chance(50) ? "bob" : "";
  created.plan = std::make_shared<const Plan>(plan());
  if (puts_off_ && chance(30)) created.slug = "mail";  // one of them gets it
  sent.stream = world_.fresh("pipe");
  sent.command = pipeline::Command{pipeline::Create{std::move(created)}};
  pipelines_.push_back(sent.stream);
}

pipeline::Command Story::work() {
  switch (below(8)) {
    case 0: return pipeline::StartWork{a_stage()};
    case 1: return pipeline::AddEvidence{a_stage(), evidence()};
    case 2: return pipeline::Advance{chance(40) ? one_of(stages()) : "", "", chance(30)};
    default: return pipeline::CompleteWork{a_stage(), !chance(10), evidence()};
  }
}

pipeline::Command Story::other_pipeline_command() {
  pipeline::Update update;
  switch (below(9)) {
    case 0: return pipeline::Pause{"lunch"};
    case 1:
    case 2: return pipeline::Resume{};
    case 3: return pipeline::Fail{"broken"};
    case 4:
    case 5: return pipeline::Retry{chance(30) ? one_of(stages()) : "", "again"};
    case 6: update.priority = static_cast<Priority>(below(4)); return update;
    case 7: update.config = JsonText{R"({"run":)" + std::to_string(below(3)) + "}"}; return update;
    default: return chance(20) ? pipeline::Command{pipeline::Archive{"over"}} : work();
  }
}

void Story::to_pipeline(Sent& sent) {
  sent.command = chance(70) ? work() : other_pipeline_command();
}

gate::Vote Story::vote() {
  gate::Vote vote;
  vote.verdict = chance(80) ? gate::Verdict::approve : gate::Verdict::reject;
  vote.notes = "because";
  if (chance(50)) vote.digest = chance(80) ? digest_ : "0000";
  return vote;
}

void Story::to_gate(Sent& sent) {
  sent.stream = gate_.empty() || chance(10) ? one_of(gates_) : gate_;
  sent.actor = chance(85) ? decider() : somebody();
  switch (below(12)) {
    case 0:
    case 1: sent.command = gate::Command{gate::Rescind{"thought again"}}; break;
    case 2: sent.command = gate::Command{gate::Delegate{decider().id, "away"}}; break;
    case 3: sent.command = gate::Command{gate::Escalate{decider().id, "urgent"}}; break;
    default: sent.command = gate::Command{vote()};
  }
}

/// Mostly one that a task can be put off to.
Time Story::later() {
  const auto minutes = static_cast<std::int64_t>(chance(90) ? 1 + below(300) : below(60'000));
  return world_.clock().now() + Millis{minutes * 60'000};
}

void Story::to_task(Sent& sent) {
  sent.stream = task_.empty() || chance(10) ? one_of(tasks_) : task_;
  switch (below(puts_off_ ? 11 : 8)) {
    case 0:
    case 1: sent.command = task::Command{task::Claim{}}; break;
    case 2: sent.command = task::Command{task::Release{}}; break;
    case 3: sent.command = task::Command{task::Reassign{decider().id, "yours"}}; break;
    case 4:
      sent.command =
          task::Command{task::SetPriority{static_cast<Priority>(below(4)), "urgent", false}};
      break;
    case 8: sent.command = task::Command{task::Start{}}; break;
    case 9:
    case 10: sent.command = task::Command{task::Defer{later(), "not now"}}; break;
    default: sent.command = task::Command{task::Complete{chance(80) ? "done" : "approved", "", {}}};
  }
}

Sent Story::next() {
  Sent sent;
  sent.actor = somebody();
  sent.request_id = "r" + std::to_string(++requests_);
  if (chance(50)) sent.key = "key-" + std::to_string(requests_);
  if (pipelines_.empty() || (pipelines_.size() < 3 && chance(8))) {
    create(sent);
    return sent;
  }
  sent.stream = one_of(pipelines_);
  look_at(sent.stream);
  const std::uint64_t kind = below(100);
  if (!gates_.empty() && kind < (gate_.empty() ? 8U : 50U)) {
    to_gate(sent);
  } else if (!tasks_.empty() && kind > 85) {
    to_task(sent);
  } else {
    to_pipeline(sent);
  }
  return sent;
}

Sent Story::again(const Sent& sent) {
  Sent same;
  same.stream = sent.stream;
  same.command = sent.command;
  same.actor = sent.actor;
  same.key = sent.key;
  same.request_id = "r" + std::to_string(++requests_);
  return same;
}

}  // namespace factory::sim
