#include "tests/slices/gate/support.hpp"
#include "tests/support/catch.hpp"

namespace factory::test {
namespace {

using Words = std::vector<std::string>;

TEST_CASE("gate: opening says what is decided, until when, and announces it") {
  GateSpec spec(gate_cast());
  const auto outcome =
      spec.at(minute(5)).when(gate_open(with_deadline(persons(1), DeadlineOutcome::escalate)));
  const auto& event = outcome.first<gate::Opened>();
  CHECK(event.at == minute(5));
  CHECK(event.deadline == minute(65));
  CHECK(outcome.announced() == "approval.pending");
  CHECK(spec.timers().at("deadline") == minute(65));
  CHECK(spec.timers().at("deadline_warning") == minute(50));
  CHECK(spec.state().versions.at(0).digest == "digest-1");
}

TEST_CASE("gate: a gate without deadline sets no timer") {
  GateSpec spec = open_gate(persons(1));
  CHECK(spec.timers().empty());
  CHECK_FALSE(spec.state().deadline);
}

TEST_CASE("gate: the last missing approval approves in the same decision") {
  GateSpec spec = open_gate(persons(2));
  gate::Vote first = approve();
  first.notes = "LGTM";
  first.conditions = {"Watch the error rate"};
  const auto carol = spec.at(minute(1)).as(over("mcp", person("carol"))).when(first);
  CHECK(carol.brief() == "approval.voted");
  CHECK(carol.announced().empty());
  const auto& vote = carol.first<gate::Voted>();
  CHECK(vote.person == "carol");
  CHECK(vote.on_behalf_of.empty());
  CHECK(vote.channel == "mcp");
  CHECK(vote.notes == "LGTM");
  CHECK(vote.conditions == Words{"Watch the error rate"});
  CHECK(vote.digest == "digest-1");
  CHECK(vote.digest_given);
  CHECK(vote.at == minute(1));

  const auto dave = spec.at(minute(2)).as(person("dave")).when(approve());
  CHECK(dave.brief() == "approval.voted approval.approved");
  CHECK(dave.announced() == "approval.approved");
  CHECK(dave.first<gate::Approved>().by == "dave");
  CHECK(spec.state().status == gate::Status::approved);
  CHECK(spec.state().decided_by == "dave");
  CHECK(spec.state().decided_at == minute(2));
}

TEST_CASE("gate: one rejection rejects, and carries its feedback") {
  GateSpec spec = open_gate(persons(3));
  const auto outcome = spec.as(person("dave")).when(reject());
  CHECK(outcome.brief() == "approval.voted approval.rejected");
  CHECK(outcome.announced() == "approval.rejected");
  const auto& event = outcome.first<gate::Rejected>();
  CHECK(event.by == "dave");
  CHECK(event.reason == "Coverage is below 80 %");
  CHECK(event.requested_changes == Words{"Test the empty input"});
  CHECK(event.severity == gate::Severity::critical);
}

TEST_CASE("gate: a rejection needs a reason") {
  GateSpec spec = open_gate(persons(1));
  for (const char* reason : {"", "  \n"}) {
    CHECK(spec.as(person("dave")).ask(reject(reason)).brief() == "refused: unprocessable");
  }
}

TEST_CASE("gate: nobody decides who must not") {
  GateSpec spec = open_gate(persons(1));
  const auto refused = [&](const Principal& who) {
    const auto outcome = spec.as(who).ask(approve());
    CHECK(outcome.brief() == "refused: forbidden");
    CHECK(spec.as(who).ask(reject()).brief() == "refused: forbidden");
    return outcome.detail();
  };
  CHECK_THAT(refused(agent("goose")), contains("agents never decide"));
  CHECK_THAT(refused(Principal{}), contains("Only a person"));
  CHECK_THAT(refused(person("alice", Role::owner)), contains("alice requested this"));
  CHECK_THAT(refused(person("bob")), contains("bob reported"));
  CHECK_THAT(refused(person("vera", Role::viewer)), contains("tasks:approve"));
  CHECK_THAT(refused(person("zoe")), contains("Nobody named zoe"));
  // An agent that calls itself by a person's name is an agent still.
  Principal disguised = agent("carol");
  CHECK_THAT(refused(disguised), contains("agents never decide"));
}

TEST_CASE("gate: a decision comes over a channel that the policy takes") {
  GatePolicy policy = persons(1);
  policy.channels = {"web", "mcp"};
  GateSpec spec = open_gate(policy);
  const auto chat = spec.as(over("discord", person("carol"))).ask(approve());
  CHECK(chat.brief() == "refused: forbidden");
  CHECK_THAT(chat.detail(), contains("discord"));
  CHECK_THAT(chat.error->hint, contains("web, mcp"));
  CHECK(spec.as(over("discord", person("carol"))).ask(gate::Delegate{"dave", ""}).brief() ==
        "refused: forbidden");
  CHECK(spec.as(over("mcp", person("carol"))).ask(approve()).brief() ==
        "approval.voted approval.approved");
}

TEST_CASE("gate: the subject's digest is what was shown, or the vote says that none was named") {
  GateSpec spec = open_gate(persons(2));
  spec.as(person("carol")).when(approve(""));
  CHECK(spec.state().votes.at(0).digest == "digest-1");
  CHECK_FALSE(spec.state().votes.at(0).digest_given);
}

TEST_CASE("gate: a vote for what was shown before is refused with the difference") {
  GateSpec spec = open_gate(persons(2));
  spec.as(person("carol")).when(approve());
  spec.as(Principal{});
  CHECK(spec.when(gate::ChangeSubject{"digest-2", "config.runtime"}).brief() ==
        "approval.subject_changed");
  CHECK(spec.state().votes.empty());
  spec.when(gate::ChangeSubject{"digest-3", "evidence of testing"});
  spec.when(gate::ChangeSubject{"digest-4", "config.runtime"});

  const auto late = spec.as(person("dave")).ask(approve("digest-1"));
  REQUIRE(late.brief() == "refused: subject_changed");
  CHECK(late.error->data.at("shown") == "digest-1");
  CHECK(late.error->data.at("current") == "digest-4");
  CHECK(late.error->data.at("difference") == "config.runtime, evidence of testing");
  CHECK_THAT(late.detail(), contains("config.runtime, evidence of testing"));
  CHECK(spec.ask(approve("digest-3")).error->data.at("difference") == "config.runtime");

  const auto never = spec.ask(approve("digest-0"));
  REQUIRE(never.brief() == "refused: subject_changed");
  CHECK(never.error->data.count("difference") == 0);
  CHECK_THAT(never.detail(), contains("never stood"));

  // Carol's vote for the content before is void: it takes two again.
  CHECK(spec.when(approve("digest-4")).brief() == "approval.voted");
  CHECK(spec.as(person("carol")).when(approve("digest-4")).brief() ==
        "approval.voted approval.approved");
}

TEST_CASE("gate: who put other content there is a reporter of it from then on") {
  GatePolicy policy = persons(1);
  policy.exclude_reporter = Exclusion::always;
  GateSpec spec = open_gate(policy);
  spec.when(gate::ChangeSubject{"digest-2", "submission 2", "dave"});
  spec.when(gate::ChangeSubject{"digest-3", "submission 3", "dave"});
  spec.when(gate::ChangeSubject{"digest-4", "submission 4", "alice"});
  CHECK(spec.state().opened.reporters == std::vector<std::string>{"goose", "bob", "dave"});
  CHECK(spec.as(person("dave")).ask(approve("digest-4")).brief() == "refused: forbidden");
  CHECK(spec.as(person("erin")).ask(approve("digest-4")).brief() ==
        "approval.voted approval.approved");
}

TEST_CASE("gate: content that comes back is what was shown again") {
  GateSpec spec = open_gate(persons(1));
  spec.when(gate::ChangeSubject{"digest-2", "config.runtime"});
  spec.when(gate::ChangeSubject{"digest-1", "config.runtime"});
  CHECK(spec.as(person("dave")).ask(approve("digest-1")).brief() ==
        "approval.voted approval.approved");
  CHECK(gate::difference(spec.state(), "digest-2") == "config.runtime");
  CHECK(gate::difference(spec.state(), "digest-1") == "");
}

TEST_CASE("gate: a repeated decision on a closed gate must be the same decision") {
  GateSpec spec = open_gate(persons(1));
  spec.as(person("dave")).when(approve());
  CHECK(spec.ask(approve()).brief() == "nothing");
  CHECK(spec.ask(approve("")).brief() == "nothing");
  CHECK(spec.ask(approve("digest-0")).brief() == "refused: already_decided");
  CHECK(spec.ask(reject()).brief() == "refused: already_decided");
}

TEST_CASE("gate: an approval that was overtaken by a rejection is answered with what stands") {
  GateSpec spec = open_gate(persons(2));
  spec.as(person("carol")).when(approve());
  spec.as(person("dave")).when(reject());
  CHECK(spec.as(person("carol")).ask(approve()).brief() == "nothing");
  CHECK(spec.as(person("erin")).ask(approve()).brief() == "refused: already_decided");
}

TEST_CASE("gate: rescinding a vote takes its place away") {
  GateSpec spec = open_gate(persons(2));
  spec.as(person("carol")).when(approve());
  const auto outcome = spec.at(minute(3)).when(gate::Rescind{"Saw a failing case"});
  const auto& event = outcome.first<gate::Rescinded>();
  CHECK(event.person == "carol");
  CHECK(event.reason == "Saw a failing case");
  CHECK_FALSE(event.reopened);
  CHECK(outcome.announced().empty());
  CHECK(spec.state().votes.empty());
  CHECK(spec.as(person("dave")).when(approve()).brief() == "approval.voted");
  CHECK(spec.as(person("carol")).when(reject()).brief() == "approval.voted approval.rejected");
}

TEST_CASE("gate: the deciding vote can be taken back until its work has started") {
  GateSpec spec = open_gate(with_deadline(persons(2), DeadlineOutcome::escalate));
  spec.as(person("carol")).when(approve());
  spec.run_until(minute(50));
  CHECK(spec.state().deadline_warned);
  spec.as(person("dave")).when(approve());
  CHECK(spec.timers().empty());

  const auto others = spec.as(person("carol")).ask(gate::Rescind{});
  CHECK(others.brief() == "refused: conflict");
  CHECK_THAT(others.detail(), contains("by dave"));

  const auto outcome = spec.at(minute(55)).as(person("dave")).when(gate::Rescind{"Too early"});
  CHECK(outcome.first<gate::Rescinded>().reopened);
  CHECK(outcome.announced() == "approval.pending");
  CHECK(spec.state().status == gate::Status::pending);
  CHECK(spec.state().decided_by.empty());
  CHECK(spec.state().votes.size() == 1);
  // The clock begins anew: nothing is decided by it in the minute after.
  CHECK(spec.timers().at("deadline") == minute(115));
  CHECK(spec.timers().at("deadline_warning") == minute(100));
  CHECK(spec.when(approve()).brief() == "approval.voted approval.approved");
  CHECK(spec.when(gate::Consume{}).brief() == "approval.consumed");
  const auto consumed = spec.ask(gate::Rescind{});
  CHECK(consumed.brief() == "refused: conflict");
  CHECK_THAT(consumed.detail(), contains("has started"));
}

TEST_CASE("gate: what the clock approved is nobody's vote to take back") {
  GateSpec spec = open_gate(with_deadline(persons(2), DeadlineOutcome::approve));
  spec.as(person("carol")).when(approve());
  spec.run_until(minute(60));
  const auto outcome = spec.ask(gate::Rescind{});
  CHECK(outcome.brief() == "refused: conflict");
  CHECK_THAT(outcome.detail(), contains("by its deadline"));
}

TEST_CASE("gate: a delegate decides in the delegator's place, and both stand in the trail") {
  GatePolicy policy = persons(1);
  policy.rules = {ApproverRule{1, {}, {"security"}}};
  GateSpec spec = open_gate(policy);
  CHECK(spec.as(person("dave")).ask(approve()).brief() == "refused: forbidden");
  const auto outcome = spec.at(minute(1)).as(person("erin")).when(gate::Delegate{"dave", "Away"});
  const auto& event = outcome.first<gate::Delegated>();
  CHECK(event.from == "erin");
  CHECK(event.to == "dave");
  CHECK(event.reason == "Away");
  CHECK(spec.ask(gate::Delegate{"dave", "Away"}).brief() == "nothing");

  const auto vote = spec.as(person("dave")).when(approve());
  CHECK(vote.brief() == "approval.voted approval.approved");
  CHECK(vote.first<gate::Voted>().person == "dave");
  CHECK(vote.first<gate::Voted>().on_behalf_of == "erin");
  CHECK(vote.first<gate::Approved>().by == "dave");
}

TEST_CASE("gate: delegation lets nobody fill two places, nor one place be filled twice") {
  GateSpec spec = open_gate(persons(2));
  spec.as(person("carol")).when(gate::Delegate{"dave", ""});
  CHECK(spec.as(person("dave")).when(approve()).brief() == "approval.voted");
  CHECK(spec.when(approve()).brief() == "nothing");

  GateSpec place = open_gate(persons(2));
  place.as(person("carol")).when(gate::Delegate{"dave", ""});
  place.as(person("erin")).when(gate::Delegate{"dave", ""});
  place.people({person("alice"), person("carol"), person("dave"), person("erin")});
  CHECK(place.as(person("dave")).when(approve()).brief() == "approval.voted");
  CHECK(place.state().votes.at(0).on_behalf_of.empty());

  // Where the delegate signed for the delegator, the delegator's own vote adds nothing.
  GatePolicy policy = persons(1);
  policy.rules = {ApproverRule{2, {"admin", "owner"}, {}}};
  GateSpec twice = open_gate(policy);
  twice.people({person("alice", Role::owner), person("carol", Role::admin), person("dave"),
                person("frank", Role::admin)});
  twice.as(person("carol")).when(gate::Delegate{"dave", ""});
  CHECK(twice.as(person("dave")).when(approve()).first<gate::Voted>().on_behalf_of == "carol");
  CHECK(twice.as(person("carol")).when(approve()).brief() == "approval.voted");
  CHECK(twice.as(person("frank")).when(approve()).brief() == "approval.voted approval.approved");
}

TEST_CASE("gate: one delegates only what one has, to somebody who may act") {
  GateSpec spec = open_gate(persons(1));
  CHECK(spec.as(person("alice")).ask(gate::Delegate{"dave", ""}).brief() == "refused: forbidden");
  CHECK(spec.as(agent("goose")).ask(gate::Delegate{"dave", ""}).brief() == "refused: forbidden");
  spec.as(person("carol"));
  for (const char* to : {"carol", "zoe", "goose", "vera", "alice", "bob"}) {
    CAPTURE(to);
    const auto outcome = spec.ask(gate::Delegate{to, ""});
    REQUIRE(outcome.brief() == "refused: unprocessable");
    CHECK(outcome.error->fields.at(0).pointer == "/delegate_to");
  }
  // The latest delegation of a person is the one that holds.
  spec.when(gate::Delegate{"dave", ""});
  spec.when(gate::Delegate{"erin", ""});
  REQUIRE(spec.state().delegations.size() == 1);
  CHECK(spec.state().delegations.at(0).to == "erin");
}

TEST_CASE("gate: who has voted neither delegates nor is delegated to") {
  GateSpec spec = open_gate(persons(3));
  spec.as(person("carol")).when(approve());
  CHECK(spec.ask(gate::Delegate{"dave", ""}).brief() == "refused: conflict");
  CHECK(spec.as(person("dave")).ask(gate::Delegate{"carol", ""}).brief() == "refused: conflict");
}

TEST_CASE("gate: escalating calls somebody and widens nothing") {
  GateSpec spec = open_gate(persons(1));
  const auto outcome = spec.as(agent("goose")).when(gate::Escalate{"", "SLA breach in 2h"});
  CHECK(outcome.announced() == "approval.escalated");
  const auto& event = outcome.first<gate::Escalated>();
  CHECK(event.to.empty());
  CHECK(event.by == "goose");
  CHECK_FALSE(event.deadline_passed);
  CHECK(spec.ask(gate::Escalate{"", "SLA breach in 2h"}).brief() == "nothing");
  CHECK(spec.when(gate::Escalate{"carol", "SLA breach in 2h"}).brief() == "approval.escalated");
  for (const char* to : {"zoe", "goose", "vera", "alice"}) {
    CAPTURE(to);
    const auto refused = spec.ask(gate::Escalate{to, ""});
    REQUIRE(refused.brief() == "refused: unprocessable");
    CHECK(refused.error->fields.at(0).pointer == "/escalate_to");
  }
  CHECK(spec.as(person("alice")).ask(approve()).brief() == "refused: forbidden");
}

TEST_CASE("gate: a long story keeps its state small") {
  GateSpec spec = open_gate(persons(1));
  for (int i = 2; i < 200; ++i) {
    spec.when(gate::ChangeSubject{"digest-" + std::to_string(i), "config"});
    spec.as(person("carol")).when(gate::Escalate{"", std::to_string(i)});
  }
  CHECK(spec.state().versions.size() == 50);
  CHECK(spec.state().versions.back().digest == "digest-199");
  CHECK(spec.state().escalations.size() == 50);
  CHECK(spec.ask(approve("digest-1")).brief() == "refused: subject_changed");
}

}  // namespace
}  // namespace factory::test
