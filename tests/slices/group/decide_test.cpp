#include "slices/group/group.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/spec.hpp"

namespace factory::test {
namespace {

using GroupSpec = Spec<group::Definition>;

group::Created wanted(std::vector<std::string> members = {}) {
  group::Created created;
  created.name = "reviewers";
  created.members = std::move(members);
  return created;
}

GroupSpec in(group::Status status) {
  GroupSpec spec({person("olga", Role::owner), person("ada"), person("bob"), agent("robot")});
  spec.as(person("olga", Role::owner));
  if (status != group::Status::none) spec.given(wanted({"ada"}));
  if (status == group::Status::deleted) spec.given(group::Deleted{"olga", story_start});
  return spec;
}

}  // namespace

TEST_CASE("every command on a group answers for every state") {
  struct Row {
    group::Command command;
    std::string none, active, deleted;
  };
  const std::vector<Row> rows{
      {group::Create{wanted()}, "group.created", "refused: conflict", "group.created"},
      {group::AddMember{"bob"}, "refused: not_found", "group.member_added", "refused: not_found"},
      {group::AddMember{"ada"}, "refused: not_found", "nothing", "refused: not_found"},
      {group::RemoveMember{"ada"}, "refused: not_found", "group.member_removed",
       "refused: not_found"},
      {group::RemoveMember{"bob"}, "refused: not_found", "nothing", "refused: not_found"},
      {group::Delete{}, "refused: not_found", "group.deleted", "nothing"}};
  for (const Row& row : rows) {
    INFO(row.command.index());
    CHECK(in(group::Status::none).ask(row.command).brief() == row.none);
    CHECK(in(group::Status::active).ask(row.command).brief() == row.active);
    CHECK(in(group::Status::deleted).ask(row.command).brief() == row.deleted);
  }
}

TEST_CASE("members are those who exist, each once and in order") {
  GroupSpec spec = in(group::Status::none);
  CHECK(spec.ask(group::Create{wanted({"ada", "nobody"})}).brief() == "refused: unprocessable");
  spec.when(group::Create{wanted({"bob", "ada", "bob"})});
  CHECK(spec.state().members == std::vector<std::string>{"ada", "bob"});
  spec.when(group::AddMember{"olga"});
  spec.when(group::AddMember{"robot"});
  spec.when(group::RemoveMember{"bob"});
  CHECK(spec.state().members == std::vector<std::string>{"ada", "olga", "robot"});
  CHECK(spec.ask(group::AddMember{"nobody"}).brief() == "refused: unprocessable");
  spec.when(group::Delete{});
  CHECK(spec.state().members.empty());
  spec.when(group::Create{wanted()});
  CHECK(spec.view().doc["members"].empty());
}

}  // namespace factory::test
