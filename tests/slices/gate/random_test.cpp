#include <random>
#include <set>

#include "tests/slices/gate/support.hpp"
#include "tests/support/catch.hpp"

/// Random stories: what must hold of a gate whatever happens to it.
namespace factory::test {
namespace {

class Story {
 public:
  explicit Story(std::uint64_t seed) : engine_(seed), spec_(gate_cast()) {
    GatePolicy policy = persons(1 + below(3));
    if (below(2) == 0) policy.rules.push_back({1, {}, {"security"}});
    policy.exclude_requester = static_cast<Exclusion>(below(3));
    policy.exclude_reporter = static_cast<Exclusion>(below(3));
    if (below(2) == 0) {
      policy = with_deadline(std::move(policy), static_cast<DeadlineOutcome>(below(4)), below(3));
    }
    gate::Open open = gate_open(std::move(policy));
    open.opened.paused = below(4) == 0;
    spec_.when(open);
  }

  void step() {
    const gate::State before = spec_.state();
    spec_.as(somebody());
    const auto outcome = spec_.when(command());
    CAPTURE(outcome.brief(), spec_.history().size());
    if (outcome.error) {
      REQUIRE(outcome.events.empty());
      REQUIRE_FALSE(outcome.error->detail.empty());
    }
    check_events(before, outcome);
    check_state();
    if (below(3) == 0) {
      spec_.run_until(spec_.now() + Millis{60'000 * std::int64_t{below(40)}});
      check_state();
    }
  }

 private:
  int below(int bound) { return static_cast<int>(engine_() % static_cast<std::uint64_t>(bound)); }

  Principal somebody() {
    const auto everybody = gate_cast();
    return everybody.at(static_cast<std::size_t>(below(static_cast<int>(everybody.size()))));
  }

  gate::Command command() {
    switch (below(12)) {
      case 0:
      case 1:
      case 2:
      case 3: return approve(below(4) == 0 ? "digest-2" : below(2) == 0 ? "" : "digest-1");
      case 4: return below(4) == 0 ? reject() : approve("");
      case 5: return gate::Rescind{"why"};
      case 6: return gate::Delegate{somebody().id, ""};
      case 7: return gate::Escalate{below(2) == 0 ? "" : somebody().id, ""};
      case 8: return gate::ChangeSubject{"digest-" + std::to_string(1 + below(3)), "config"};
      case 9: return below(2) == 0 ? gate::Command{gate::PauseClock{}} : gate::ResumeClock{};
      case 10: return below(3) == 0 ? gate::Command{gate::Consume{}} : gate::Cancel{"archived"};
      default: return gate::TimerFired{below(2) == 0 ? "deadline" : "deadline_warning"};
    }
  }

  void check_events(const gate::State& before, const Outcome<gate::Event>& outcome) {
    const bool closed = before.status != gate::Status::pending;
    for (const gate::Event& event : outcome.events) {
      // What is decided changes no more, but by its deciding vote and before it is consumed.
      if (closed && std::holds_alternative<gate::Rescinded>(event)) {
        REQUIRE(before.status == gate::Status::approved);
        REQUIRE_FALSE(before.consumed);
        REQUIRE(std::get<gate::Rescinded>(event).person == before.decided_by);
      } else if (closed) {
        REQUIRE(std::holds_alternative<gate::Consumed>(event));
      }
      if (const auto* vote = std::get_if<gate::Voted>(&event)) {
        const std::string place = vote->on_behalf_of.empty() ? vote->person : vote->on_behalf_of;
        REQUIRE(vote->digest == before.opened.subject.digest);
        REQUIRE(may_decide(before.opened.policy, before.involved(), place, spec_.everybody()));
        REQUIRE(vote->person != "goose");
        REQUIRE(vote->person != "vera");
      }
    }
  }

  void check_state() {
    const gate::State& state = spec_.state();
    std::set<std::string> voters;
    for (const gate::Voted& vote : state.votes) {
      REQUIRE(voters.insert(vote.person).second);
      REQUIRE(vote.digest == state.opened.subject.digest);
    }
    const bool met =
        standing(state.opened.policy, state.involved(), state.approvers(), spec_.everybody()).met;
    if (state.status == gate::Status::pending) REQUIRE_FALSE(met);
    if (state.status == gate::Status::approved) REQUIRE((met || state.decided_by == "system"));
    const bool runs = state.status == gate::Status::pending && state.deadline &&
                      !state.deadline_passed && !state.paused_at;
    REQUIRE(spec_.timers().count("deadline") == (runs ? 1U : 0U));
    if (!runs) REQUIRE(spec_.timers().empty());
    REQUIRE(spec_.view().doc.at("status") == name_of(state.status));
  }

  std::mt19937_64 engine_;
  GateSpec spec_;
};

TEST_CASE("gate: holds what it promises in random stories") {
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    CAPTURE(seed);
    Story story(seed);
    for (int step = 0; step < 30; ++step) story.step();
  }
}

}  // namespace
}  // namespace factory::test
