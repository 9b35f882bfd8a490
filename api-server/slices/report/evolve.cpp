#include <algorithm>
#include <utility>

#include "common/digest.hpp"
#include "slices/report/report.hpp"

namespace factory::report {
namespace {

/// Older ones are in the events.
constexpr std::size_t kept = 50;

/// What was shown is not what stands any more: reviews of it count no longer.
void take_digest(State& state, const std::string& digest) {
  state.digest = digest;
  if (state.status == Status::pending_review) state.given.clear();
}

void keep_past(State& state) {
  if (state.status == Status::none) return;
  const Submitted& past = state.current;
  if (state.history.size() == kept) state.history.erase(state.history.begin());
  state.history.push_back({past.submission, state.status, past.server_name, past.report_digest,
                           past.by, past.at, past.gate_id, state.outcome});
}

void close(State& state, Status status, Outcome outcome) {
  state.status = status;
  state.outcome = std::move(outcome);
}

void on(State& state, const Submitted& event) {
  keep_past(state);
  state.current = event;
  state.current.plan.reset();
  state.outcome.reset();
  state.given.clear();
  if (event.plan) {
    state.plan = *event.plan;
    state.submitters.clear();
  }
  auto& submitters = state.submitters;
  if (std::find(submitters.begin(), submitters.end(), event.by) == submitters.end()) {
    submitters.push_back(event.by);
  }
  state.status = Status::pending_review;
  state.digest = event.digest;
}

void on(State& state, const CheckReported& event) {
  state.checks.insert_or_assign(event.name, event);
  // What does not fail needs no exemption; should it fail again, that is another failure.
  if (event.status != CheckStatus::fail) state.exemptions.erase(event.name);
  take_digest(state, event.digest);
}

void on(State& state, const Exempted& event) {
  state.exemptions.insert_or_assign(event.check, event);
  take_digest(state, event.digest);
}

void on(State& state, const ExemptionExpired& event) {
  state.exemptions.erase(event.check);
  take_digest(state, event.digest);
}

void drop_given(State& state, const std::string& person) {
  std::erase_if(state.given, [&](const ReviewGiven& review) { return review.by == person; });
}

void on(State& state, const ReviewGiven& event) {
  drop_given(state, event.by);
  state.given.push_back(event);
}

void on(State& state, const Approved& event) {
  state.approved_digest = state.digest;
  close(state, Status::approved, {event.by, event.reviewed_by, event.notes, event.at});
}

void on(State& state, const Rejected& event) {
  close(state, Status::rejected, {event.by, event.reviewed_by, event.notes, event.at});
}

void on(State& state, const ReviewRescinded& event) {
  drop_given(state, event.person);
  if (!event.reopened) return;
  // What came meanwhile nobody has reviewed.
  if (state.digest != state.approved_digest) state.given.clear();
  state.status = Status::pending_review;
  state.outcome.reset();
}

/// Texts of strangers one after the other, so that no two lists of them look alike.
void add_part(std::string& all, const std::string& part) {
  all += std::to_string(part.size()) + ":" + part;
}

}  // namespace

State evolve(State state, const Event& event) {
  std::visit(
      [&](const auto& happened) {
        on(state, happened);
        state.updated_at = happened.at;
      },
      event);
  return state;
}

Involved State::involved() const {
  if (submitters.empty()) return {};
  return {submitters.front(), {submitters.begin() + 1, submitters.end()}};
}

std::vector<std::string> State::failing(Time now) const {
  std::vector<std::string> names;
  for (const auto& [name, check] : checks) {
    const auto exemption = exemptions.find(name);
    const bool exempted = exemption != exemptions.end() && now < exemption->second.expires_at;
    if (check.status == CheckStatus::fail && !exempted) names.push_back(name);
  }
  return names;
}

std::string subject_digest(const State& state) {
  const Submitted& current = state.current;
  std::string all = "go-live report\n";
  for (const std::string* part :
       {&current.repository, &current.repository_url, &current.server_name,
        &current.developer_email, &current.report_digest}) {
    add_part(all, *part);
  }
  all += "#" + std::to_string(current.submission);
  for (const auto& [name, check] : state.checks) {
    add_part(all, name);
    add_part(all, std::string(name_of(check.status)));
    add_part(all, check.details);
  }
  for (const auto& [check, exemption] : state.exemptions) {
    add_part(all, check);
    add_part(all, exemption.reason);
    add_part(all, format_time(exemption.expires_at));
  }
  return to_hex(sha256(all));
}

}  // namespace factory::report
