// A person who is away has somebody decide in their place, over the whole server.
#include <algorithm>

#include "tests/slices/pipeline/rest.hpp"
#include "tests/support/catch.hpp"

namespace factory::test {
namespace {

using nlohmann::json;

Asked of(const std::string& user, json body) {
  return {{{"user_id", user}}, json::object(), std::move(body), {}};
}

Asked gate(const std::string& id, json body = nullptr) {
  return {{{"approval_id", id}}, json::object(), std::move(body), {}};
}

/// A house with ann and bob, ann alone in the group that reviews; an approval that waits for her.
struct House {
  House() {
    rest.add("ann", "operator", {"reviewers"});
    rest.add("bob", "operator");
    rest.add("robot", "agent");
    rest.ok("user.create", with({{"name", "ann"}, {"role", "operator"}}));
    const std::string id = rest.pipeline({{"parameters", {{"review_groups", {"reviewers"}}}}});
    rest.report(id, "scaffolding");
    rest.report(id, "building", {{"assets", {{{"name", "README.md"}}}}});
    rest.report(id, "testing", {{"tests", {{"passed", 10}, {"failed", 0}, {"coverage", 90}}}});
    approval = rest.ok("pipeline.get", at(id))["waiting_for"]["approval_id"].get<std::string>();
  }
  Rest rest;
  std::string approval;
};

}  // namespace

TEST_CASE("a delegate decides at gates for a person who is away, and both show") {
  House house;
  Rest& rest = house.rest;
  CHECK(rest.ok("approval.get", gate(house.approval))["eligible"] == json{"ann"});
  CHECK(rest.ask("approval.approve", gate(house.approval, {{"notes", "ok"}}), "bob").status == 403);
  const json made =
      rest.ok("delegation.create",
              of("me", {{"delegate", "bob"}, {"ends_at", "2026-11-27T00:00:00Z"}}), "ann");
  CHECK(made["created_by"] == "ann");
  CHECK(rest.ok("approval.get", gate(house.approval))["eligible"] == json({"ann", "bob"}));
  const json decided =
      rest.ok("approval.approve", gate(house.approval, {{"notes", "for ann"}}), "bob");
  CHECK(decided["status"] == "approved");
  CHECK(decided["votes"][0]["person"] == "bob");
  CHECK(decided["votes"][0]["on_behalf_of"] == "ann");
}

TEST_CASE("a delegation counts neither before nor after its time, nor when it was ended") {
  House house;
  Rest& rest = house.rest;
  const auto bob_may = [&] {
    const std::vector<std::string> eligible =
        rest.ok("approval.get", gate(house.approval))["eligible"];
    return std::find(eligible.begin(), eligible.end(), "bob") != eligible.end();
  };
  rest.ok("delegation.create",
          of("ann", {{"delegate", "bob"},
                     {"starts_at", "2026-11-25T00:00:00Z"},
                     {"ends_at", "2026-11-27T00:00:00Z"}}),
          "ann");
  CHECK_FALSE(bob_may());
  const json now = rest.ok("delegation.create",
                           of("ann", {{"delegate", "bob"}, {"ends_at", "2026-11-22T00:00:00Z"}}));
  CHECK(bob_may());
  const json left = rest.ok(
      "delegation.end",
      {{{"user_id", "ann"}, {"delegation_id", now["id"]}}, json::object(), nullptr, {}}, "ann");
  CHECK(left["delegations"].size() == 1);
  CHECK_FALSE(bob_may());
}

TEST_CASE("nobody delegates for another, and nobody to an agent") {
  House house;
  Rest& rest = house.rest;
  const json body{{"delegate", "bob"}, {"ends_at", "2026-11-27T00:00:00Z"}};
  CHECK(rest.ask("delegation.create", of("ann", body), "bob").status == 403);
  CHECK(rest.ask("delegation.list", of("ann", nullptr), "bob").status == 403);
  CHECK(rest.ask("delegation.create", of("ann", body), "robot").status == 403);
  const json robot{{"delegate", "robot"}, {"ends_at", "2026-11-27T00:00:00Z"}};
  CHECK(rest.ask("delegation.create", of("ann", robot), "ann").status == 422);
  CHECK(rest.ask("delegation.create", of("bob", body), "bob").status == 404);  // no user
  // Nor does a key that decides nothing itself, be its owner who he may.
  rest.add_key("ann's build", {{"name", "ann"}, {"role", "operator"}, {"scopes", {"tasks:read"}}});
  const Answered refused = rest.ask("delegation.create", of("me", body), "ann's build");
  CHECK(refused.status == 403);
  CHECK(refused.body["required_scope"] == "tasks:approve");
  CHECK(rest.ask("delegation.list", of("me", nullptr), "ann's build").status == 200);
  // An agent decides nothing, whoever let it.
  CHECK(rest.ask("approval.approve", gate(house.approval, {{"notes", "ok"}}), "robot").status ==
        403);
}

}  // namespace factory::test
