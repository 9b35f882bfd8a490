#include "tests/slices/gate/support.hpp"
#include "tests/support/catch.hpp"

/// Votes that a comment carries.
namespace factory::test {
namespace {

gate::Vote by_comment(gate::Vote vote) {
  vote.comment_id = "cmt_1";
  return vote;
}

TEST_CASE("gate: a comment carries a vote where the policy lets it") {
  GateSpec spec = open_gate(persons(2));
  const auto outcome = spec.as(person("dave")).when(by_comment(approve()));
  REQUIRE(outcome.brief() == "approval.voted");
  CHECK(outcome.first<gate::Voted>().comment_id == "cmt_1");
  CHECK(spec.view().doc.at("votes").at(0).at("comment_id") == "cmt_1");

  GatePolicy policy = persons(1);
  policy.decide_by_comment = false;
  GateSpec strict = open_gate(policy);
  const auto refused = strict.as(person("dave")).when(by_comment(approve()));
  CHECK(refused.brief() == "refused: forbidden");
  CHECK_THAT(refused.detail(), contains("no decision by a comment"));
  CHECK(strict.when(approve()).brief() == "approval.voted approval.approved");
}

TEST_CASE("gate: a vote by comment counts or is refused, it never repeats one") {
  GateSpec spec = open_gate(persons(2));
  spec.as(person("dave")).when(approve());
  CHECK(spec.when(approve()).brief() == "nothing");
  CHECK(spec.when(by_comment(approve())).brief() == "refused: conflict");
  CHECK(spec.when(by_comment(reject())).brief() == "refused: conflict");
  spec.as(person("carol")).when(approve());
  CHECK(spec.when(approve()).brief() == "nothing");
  CHECK(spec.when(by_comment(approve())).brief() == "refused: already_decided");
}

TEST_CASE("gate: what was said with a decision can be searched for") {
  GateSpec spec = open_gate(persons(2));
  CHECK(spec.view().text.empty());
  spec.as(person("dave")).when(approve());
  CHECK(spec.view().text.empty());
  gate::Vote vote = approve();
  vote.notes = "Mind the quota";
  vote.conditions = {"Watch the error rate"};
  spec.as(person("carol")).when(vote);
  CHECK(spec.view().text == "Review\nmail-server review\nMind the quota\nWatch the error rate");
}

}  // namespace
}  // namespace factory::test
