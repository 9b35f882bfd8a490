#pragma once

#include <string>
#include <utility>

#include "slices/pipeline/pipeline.hpp"

namespace factory::pipeline {

/// A decision in the making: each event is applied to a copy of the state at once, so that the
/// next step decides on what stands then.
class Draft {
 public:
  Draft(const State& state, const Ctx& ctx) : state_(state), ctx_(ctx) {}

  void emit(Event event) {
    state_ = evolve(std::move(state_), event);
    decision_.events.push_back(std::move(event));
  }

  [[nodiscard]] const State& state() const { return state_; }
  [[nodiscard]] Time now() const { return ctx_.now; }
  [[nodiscard]] const std::string& actor() const { return ctx_.actor.id; }
  std::string fresh_id(std::string_view prefix) { return ctx_.ids.make(prefix, next_id_++); }
  Result<Decision<Event>> done() { return std::move(decision_); }

  /// Goes on as far as nothing has to be waited for: enters stages, opens gates, completes.
  void settle(const std::string& cause);
  void enter(const std::string& cause, StageStatus left_as, int to);
  void request_gate(const std::string& purpose, const std::string& retry_to, const GatePlan& gate);
  void withdraw_gate();
  /// Records that the current stage's work has begun, once a visit.
  void start_work();
  /// Records that the actor has it in hand from now on.
  void take_work();
  void add_evidence(int stage, const Evidence& evidence);
  void complete_work(bool skipped_validation, std::vector<std::string> skipped,
                     const std::string& notes);
  void request_fix(int stage, FixRequested fix);
  void resolve_fixes(int stage, const std::string& outcome);
  /// Tells the open gate, if any, that what it decides on is not what it was.
  void subject_changed(const std::string& change);

 private:
  State state_;
  Decision<Event> decision_;
  const Ctx& ctx_;
  std::uint32_t next_id_ = 0;
};

}  // namespace factory::pipeline
