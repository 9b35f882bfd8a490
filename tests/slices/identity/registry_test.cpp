#include "identity/registry.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/spec.hpp"

namespace factory::test {
namespace {

using identity::Registry;

std::shared_ptr<const key::State> key_of(const std::string& name, Role role,
                                         std::vector<std::string> groups = {}) {
  key::State state;
  state.status = key::Status::active;
  state.created.name = name;
  state.created.role = role;
  state.created.groups = std::move(groups);
  state.created.channel = "mcp";
  state.secret = {to_hex(sha256(name)), 1, std::nullopt};
  return std::make_shared<const key::State>(state);
}

std::shared_ptr<const key::State> revoked(key::State state) {
  state.status = key::Status::revoked;
  state.revoked = key::Revoked{};
  return std::make_shared<const key::State>(state);
}

user::State user_named(const std::string& name, Role role, std::vector<std::string> groups = {}) {
  user::State state;
  state.status = user::Status::active;
  state.name = name;
  state.role = role;
  state.groups = std::move(groups);
  return state;
}

void put(Registry& registry, const user::State& state) {
  registry.put(user::stream_of(state.name), std::make_shared<const user::State>(state));
}

/// Everybody at the moment when stories begin.
struct Known {
  FakeClock clock{format_time(story_start)};
  Registry registry{clock};
};

}  // namespace

TEST_CASE("the registry knows whose a key is") {
  Known known;
  Registry& keys = known.registry;
  CHECK(keys.key("key_1") == nullptr);
  keys.put("key_1", key_of("ann", Role::operator_, {"ops"}));
  const auto found = keys.key("key_1");
  REQUIRE(found);
  REQUIRE(found->secrets.size() == 1);
  CHECK(found->secrets[0].hash == sha256("ann"));
  CHECK_FALSE(found->secrets[0].keyed);
  CHECK(found->principal.id == "ann");
  CHECK(found->principal.type == ActorType::person);
  CHECK(found->principal.role == Role::operator_);
  CHECK(found->principal.groups == std::vector<std::string>{"ops"});
  CHECK(found->principal.channel == "mcp");
  CHECK(found->principal.key_id == "key_1");
  keys.put("key_2", key_of("robot", Role::agent));
  CHECK(keys.key("key_2")->principal.type == ActorType::agent);
}

TEST_CASE("several keys of one name are one person") {
  Known known;
  Registry& keys = known.registry;
  keys.put("key_1", key_of("ann", Role::owner, {"ops"}));
  keys.put("key_2", key_of("ann", Role::owner, {"ops", "security"}));
  keys.put("key_3", key_of("bob", Role::viewer));
  keys.put("key_4", key_of("robot", Role::agent));
  const auto before = keys.people();
  REQUIRE(before->people.size() == 3);
  CHECK(before->find("ann")->roles == std::vector<Role>{Role::owner, Role::owner});
  CHECK(before->find("ann")->groups == std::vector<std::string>{"ops", "security"});
  CHECK(before->find("robot")->agent);
  CHECK(!before->find("bob")->agent);
  keys.put("key_2", revoked(*key_of("ann", Role::owner, {"ops", "security"})));
  CHECK(keys.people()->find("ann")->roles == std::vector<Role>{Role::owner});
  CHECK(keys.people()->find("ann")->groups == std::vector<std::string>{"ops"});
  CHECK(before->find("ann")->roles.size() == 2);  // whoever had it keeps what they saw
}

TEST_CASE("a revoked key is known as such, and belongs to nobody") {
  Known known;
  Registry& keys = known.registry;
  keys.put("key_1", key_of("ann", Role::viewer));
  keys.put("key_1", revoked(*key_of("ann", Role::viewer)));
  REQUIRE(keys.key("key_1"));
  CHECK(keys.key("key_1")->revoked);
  CHECK(keys.people()->people.empty());
  keys.put("key_2", revoked(*key_of("old", Role::viewer)));
  CHECK(keys.key("key_2") == nullptr);
  keys.put("key_3", std::make_shared<const key::State>());
  CHECK(keys.key("key_3") == nullptr);
}

TEST_CASE("an expired key belongs to nobody from its moment on") {
  Known known;
  key::State ending = *key_of("ann", Role::owner);
  ending.created.expires_at = minute(10);
  known.registry.put("key_1", std::make_shared<const key::State>(ending));
  CHECK(known.registry.people()->find("ann") != nullptr);
  known.clock.advance(Millis{10 * 60'000 - 1});
  CHECK(known.registry.people()->find("ann") != nullptr);
  known.clock.advance(Millis{1});
  CHECK(known.registry.people()->find("ann") == nullptr);
}

TEST_CASE("a user and the keys of that name are one person, who may do what both allow") {
  Known known;
  known.registry.put("key_1", key_of("ann", Role::admin, {"ops"}));
  user::State ann = user_named("ann", Role::operator_, {"security"});
  put(known.registry, ann);
  const auto key = known.registry.key("key_1");
  CHECK(key->principal.role == Role::operator_);
  CHECK(key->principal.groups == std::vector<std::string>{"ops", "security"});
  const auto people = known.registry.people();
  REQUIRE(people->people.size() == 1);
  CHECK(people->people[0].roles == std::vector<Role>{Role::operator_, Role::operator_});
  ann.role = Role::owner;
  put(known.registry, ann);
  CHECK(known.registry.key("key_1")->principal.role == Role::admin);
  ann.status = user::Status::disabled;
  put(known.registry, ann);
  CHECK(known.registry.key("key_1")->revoked);
  CHECK(known.registry.people()->people.empty());
  ann.status = user::Status::active;
  put(known.registry, ann);
  CHECK_FALSE(known.registry.key("key_1")->revoked);
}

TEST_CASE("members of a group belong to it, by key and by user") {
  Known known;
  known.registry.put("key_1", key_of("ann", Role::operator_));
  put(known.registry, user_named("bob", Role::operator_, {"ops"}));
  group::State group;
  group.status = group::Status::active;
  group.created.name = "security";
  group.members = {"ann", "bob"};
  known.registry.put("group_1", std::make_shared<const group::State>(group));
  CHECK(known.registry.key("key_1")->principal.groups == std::vector<std::string>{"security"});
  CHECK(known.registry.people()->find("bob")->groups ==
        std::vector<std::string>{"ops", "security"});
  group.status = group::Status::deleted;
  known.registry.put("group_1", std::make_shared<const group::State>(group));
  CHECK(known.registry.key("key_1")->principal.groups.empty());
  CHECK(known.registry.people()->find("ann")->groups.empty());
}

TEST_CASE("a delegation counts within its window and while its user is active") {
  Known known;
  user::State ann = user_named("ann", Role::operator_);
  ann.delegations.push_back({"del_1", "bob", minute(10), minute(20), "", "ann", minute(0)});
  put(known.registry, ann);
  const auto count = [&] { return known.registry.people()->delegations.size(); };
  CHECK(count() == 0);
  known.clock.advance(Millis{10 * 60'000});
  REQUIRE(count() == 1);
  CHECK(known.registry.people()->delegations[0].from == "ann");
  CHECK(known.registry.people()->delegations[0].to == "bob");
  known.clock.advance(Millis{10 * 60'000 - 1});
  CHECK(count() == 1);
  known.clock.advance(Millis{1});
  CHECK(count() == 0);
  ann.delegations[0].ends_at = minute(60);
  put(known.registry, ann);
  CHECK(count() == 1);
  ann.status = user::Status::disabled;
  put(known.registry, ann);
  CHECK(count() == 0);
}

TEST_CASE("who was let in has to stand still when it counts") {
  Known known;
  Registry& registry = known.registry;
  key::State state = *key_of("ann", Role::operator_);
  const auto put_key = [&] { registry.put("key_1", std::make_shared<const key::State>(state)); };
  put_key();
  const Principal first = registry.key("key_1")->principal;
  const auto code = [&](const Principal& who) {
    const Status stands = registry.stands(who);
    return stands ? "" : std::string(to_string(stands.error().code));
  };
  CHECK(code(first).empty());
  CHECK(code(Principal{}).empty());

  // A new secret: the one before opens for a while.
  state.earlier = key::Secret{state.secret.hash, 1, minute(5)};
  state.secret.hash = to_hex(sha256("next"));
  state.rotations = 1;
  put_key();
  Principal second = first;
  second.key_secret = 1;
  CHECK(code(first).empty());
  CHECK(code(second).empty());
  known.clock.advance(Millis{5 * 60'000});
  CHECK(code(first) == "unauthenticated");
  CHECK(code(second).empty());

  state.created.role = Role::viewer;
  put_key();
  CHECK(code(second) == "forbidden");
  second.role = Role::viewer;
  CHECK(code(second).empty());
  second.role = Role::agent;  // as which somebody asks who manages agents
  CHECK(code(second).empty());
  put(registry, [] {
    user::State ann = user_named("ann", Role::viewer);
    ann.status = user::Status::disabled;
    return ann;
  }());
  CHECK(code(second) == "unauthenticated");
  put(registry, user_named("ann", Role::viewer));
  registry.put("key_1", revoked(state));
  CHECK(code(second) == "unauthenticated");
  Principal gone;
  gone.session_id = "sess_gone";
  CHECK(code(gone) == "unauthenticated");
}

TEST_CASE("a name that was anybody's is known, in whatever capitals") {
  Known known;
  CHECK_FALSE(known.registry.is_known("bob"));
  known.registry.put("key_1", revoked(*key_of("Bob", Role::operator_)));  // before the start
  CHECK(known.registry.is_known("bob"));
  CHECK_FALSE(known.registry.key("key_1"));
  put(known.registry, user_named("ann", Role::viewer));
  CHECK(known.registry.is_known("ANN"));
  group::State group;
  group.status = group::Status::active;
  group.created.name = "security";
  group.members = {"Carl"};
  known.registry.put("group_1", std::make_shared<const group::State>(group));
  CHECK(known.registry.is_known("carl"));
  CHECK_FALSE(known.registry.is_known("security"));
}

TEST_CASE("only what lets an owner in for good counts as an owner's way in") {
  Known known;
  const auto ways = [&] { return known.registry.people()->ways_as_owner(); };
  known.registry.put("key_1", key_of("ann", Role::owner));
  CHECK(ways() == 1);
  key::State limited = *key_of("ann", Role::owner);
  limited.created.scopes = {"pipelines:read"};
  known.registry.put("key_2", std::make_shared<const key::State>(limited));
  key::State ending = *key_of("ann", Role::owner);
  ending.created.expires_at = minute(60);
  known.registry.put("key_3", std::make_shared<const key::State>(ending));
  user::State ann = user_named("ann", Role::owner);
  put(known.registry, ann);
  CHECK(ways() == 1);
  ann.sealed_hash = "sealed";
  put(known.registry, ann);
  CHECK(ways() == 2);
  ann.role = Role::admin;  // bounds the keys, too
  put(known.registry, ann);
  CHECK(ways() == 0);
}

TEST_CASE("a session is its user as they stand now") {
  Known known;
  user::State ann = user_named("ann", Role::admin);
  put(known.registry, ann);
  session::State open;
  open.status = session::Status::active;
  open.started.user = "ann";
  open.started.user_id = user::stream_of("ann");
  open.started.channel = "web";
  open.started.at = minute(0);
  open.expires_at = minute(60);
  known.registry.put("sess_1", std::make_shared<const session::State>(open));
  const auto who = known.registry.session("sess_1");
  REQUIRE(who);
  CHECK(who->id == "ann");
  CHECK(who->role == Role::admin);
  CHECK(who->channel == "web");
  CHECK(who->session_id == "sess_1");
  CHECK(who->key_id.empty());
  CHECK(known.registry.stands(*who));
  ann.role = Role::viewer;
  put(known.registry, ann);
  CHECK_FALSE(known.registry.stands(*who));
  CHECK(known.registry.session("sess_1")->role == Role::viewer);
  CHECK(known.registry.sessions_of(user::stream_of("ann")) == std::vector<std::string>{"sess_1"});
  ann.sessions_since = minute(1);
  put(known.registry, ann);
  CHECK_FALSE(known.registry.session("sess_1"));
  ann.kept_session = "sess_1";
  put(known.registry, ann);
  CHECK(known.registry.session("sess_1"));
  known.clock.advance(Millis{60 * 60'000});
  CHECK_FALSE(known.registry.session("sess_1"));
  open.expires_at = minute(120);
  open.status = session::Status::ended;
  known.registry.put("sess_1", std::make_shared<const session::State>(open));
  CHECK_FALSE(known.registry.session("sess_1"));
}

}  // namespace factory::test
