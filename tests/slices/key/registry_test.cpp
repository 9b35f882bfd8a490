#include "slices/key/registry.hpp"

#include "tests/support/catch.hpp"

namespace factory::test {
namespace {

key::State active(const std::string& name, Role role, std::vector<std::string> groups = {}) {
  key::State state;
  state.status = key::Status::active;
  state.created.name = name;
  state.created.role = role;
  state.created.groups = std::move(groups);
  state.created.channel = "mcp";
  state.created.secret_hash = to_hex(sha256(name));
  return state;
}

key::State revoked(key::State state) {
  state.status = key::Status::revoked;
  state.revoked = key::Revoked{};
  return state;
}

}  // namespace

TEST_CASE("the registry knows whose a key is") {
  key::Registry keys;
  CHECK(keys.find("key_1") == nullptr);
  keys.put("key_1", active("ann", Role::operator_, {"ops"}));
  const auto found = keys.find("key_1");
  REQUIRE(found);
  CHECK(found->hash == sha256("ann"));
  CHECK(found->principal.id == "ann");
  CHECK(found->principal.type == ActorType::person);
  CHECK(found->principal.role == Role::operator_);
  CHECK(found->principal.groups == std::vector<std::string>{"ops"});
  CHECK(found->principal.channel == "mcp");
  CHECK(found->principal.key_id == "key_1");
  keys.put("key_2", active("robot", Role::agent));
  CHECK(keys.find("key_2")->principal.type == ActorType::agent);
}

TEST_CASE("several keys of one name are one person") {
  key::Registry keys;
  keys.put("key_1", active("ann", Role::owner, {"ops"}));
  keys.put("key_2", active("ann", Role::owner, {"ops", "security"}));
  keys.put("key_3", active("bob", Role::viewer));
  keys.put("key_4", active("robot", Role::agent));
  const auto before = keys.people();
  REQUIRE(before->people.size() == 3);
  CHECK(before->find("ann")->roles == std::vector<Role>{Role::owner, Role::owner});
  CHECK(before->find("ann")->groups == std::vector<std::string>{"ops", "security"});
  CHECK(before->find("robot")->agent);
  CHECK(!before->find("bob")->agent);
  keys.put("key_2", revoked(active("ann", Role::owner, {"ops", "security"})));
  CHECK(keys.people()->find("ann")->roles == std::vector<Role>{Role::owner});
  CHECK(keys.people()->find("ann")->groups == std::vector<std::string>{"ops"});
  CHECK(before->find("ann")->roles.size() == 2);  // whoever had it keeps what they saw
}

TEST_CASE("a revoked key is known as such, and belongs to nobody") {
  key::Registry keys;
  keys.put("key_1", active("ann", Role::viewer));
  keys.put("key_1", revoked(active("ann", Role::viewer)));
  REQUIRE(keys.find("key_1"));
  CHECK(keys.find("key_1")->revoked);
  CHECK(keys.people()->people.empty());
  keys.put("key_2", revoked(active("old", Role::viewer)));
  CHECK(keys.find("key_2") == nullptr);
  keys.put("key_3", key::State{});
  CHECK(keys.find("key_3") == nullptr);
}

}  // namespace factory::test
