#include "slices/user/user.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/spec.hpp"

namespace factory::test {
namespace {

using UserSpec = Spec<user::Definition>;

user::Created wanted(std::string name, Role role = Role::operator_) {
  user::Created created;
  created.name = std::move(name);
  created.role = role;
  created.kind = role == Role::agent ? user::Kind::agent : user::Kind::person;
  return created;
}

Principal owner(std::string id = "olga") { return person(std::move(id), Role::owner); }
Principal admin(std::string id = "adam") { return person(std::move(id), Role::admin); }

UserSpec nobody_yet() { return UserSpec({owner(), admin(), person("carl"), agent("robot")}); }

/// ada, an operator, in this state; an owner acts.
UserSpec in(user::Status status) {
  UserSpec spec({owner(), admin(), person("ada"), person("bob"), person("vera", Role::viewer),
                 agent("robot")});
  spec.as(owner());
  if (status != user::Status::none) spec.given(wanted("ada"));
  if (status == user::Status::disabled) spec.given(user::Disabled{"olga", "left", story_start});
  return spec;
}

std::string create(Principal who, user::Created created) {
  return nobody_yet().as(std::move(who)).ask(user::Create{std::move(created)}).brief();
}

user::Change change_role(Role role) {
  user::Change change;
  change.changed.role = role;
  return change;
}

user::Delegate delegate(std::string to, Time from, Time until) {
  user::Delegate command;
  command.delegated.to = std::move(to);
  command.delegated.starts_at = from;
  command.delegated.ends_at = until;
  command.delegated.reason = "holidays";
  return command;
}

}  // namespace

TEST_CASE("every command on a user answers for every state") {
  struct Row {
    user::Command command;
    std::string none, active, disabled;
  };
  user::Change change;
  change.changed.email = "ada@a.example";
  const std::vector<Row> rows{
      {user::Create{wanted("ada")}, "user.created", "refused: conflict", "refused: conflict"},
      {change, "refused: not_found", "user.changed", "user.changed"},
      {user::Disable{"left"}, "refused: not_found", "user.disabled", "nothing"},
      {user::Enable{}, "refused: not_found", "nothing", "user.enabled"},
      {user::SetPassword{"sealed", ""}, "refused: not_found", "user.password_set",
       "user.password_set"},
      {user::NoteFailure{"a"}, "refused: not_found", "user.login_failed", "user.login_failed"},
      {user::SignIn{0, "", std::nullopt}, "refused: not_found", "nothing",
       "refused: unauthenticated"},
      {delegate("bob", minute(0), minute(60)), "refused: not_found", "user.delegated",
       "refused: conflict"},
      {user::EndDelegation{"del_1"}, "refused: not_found", "refused: not_found",
       "refused: not_found"}};
  for (const Row& row : rows) {
    INFO(row.command.index());
    CHECK(in(user::Status::none).ask(row.command).brief() == row.none);
    CHECK(in(user::Status::active).ask(row.command).brief() == row.active);
    CHECK(in(user::Status::disabled).ask(row.command).brief() == row.disabled);
  }
}

TEST_CASE("a name is given once, whatever its capitals") {
  CHECK(user::stream_of("Ada") == user::stream_of("aDA"));
  CHECK(user::stream_of("ada") != user::stream_of("adam"));
  CHECK(create(owner(), wanted("Carl")) == "refused: conflict");
  CHECK(create(owner(), wanted("carl")) == "user.created");  // who has keys of that name already
  for (const std::string bad : {"", "a b", "me", "system", "\xc3\xa4"}) {
    CHECK(create(owner(), wanted(bad)) == "refused: invalid_request");
  }
}

TEST_CASE("only an owner makes owners and admins of users, or touches theirs") {
  for (const Role role : {Role::owner, Role::admin}) {
    CHECK(create(owner(), wanted("dora", role)) == "user.created");
    CHECK(create(admin(), wanted("dora", role)) == "refused: forbidden");
    CHECK(in(user::Status::active).as(admin()).ask(change_role(role)).brief() ==
          "refused: forbidden");
  }
  CHECK(create(admin(), wanted("dora")) == "user.created");
  // With a user of that name and another role an owner's keys would be worth less.
  CHECK(create(admin(), wanted("olga", Role::viewer)) == "refused: forbidden");
  UserSpec boss({owner(), owner("otto"), admin()});
  boss.given(wanted("olga", Role::owner));
  for (const user::Command& command :
       {user::Command{user::Disable{}}, user::Command{user::SetPassword{"sealed", ""}},
        user::Command{change_role(Role::viewer)}}) {
    CHECK(boss.as(admin()).ask(command).brief() == "refused: forbidden");
    CHECK_FALSE(boss.as(owner("otto")).ask(command).error);
  }
}

TEST_CASE("an owner is always left among users and keys") {
  UserSpec last({owner(), owner(), admin()});  // two ways in, both of one name
  last.given(wanted("olga", Role::owner)).as(owner());
  CHECK(last.ask(user::Disable{}).brief() == "refused: conflict");
  CHECK(last.ask(change_role(Role::viewer)).brief() == "refused: conflict");
  last.people({owner(), owner("otto")});
  CHECK(last.ask(user::Disable{}).brief() == "user.disabled");
  // A user's role bounds the keys of that name: even this would lock everybody out.
  CHECK(create(owner(), wanted("olga", Role::viewer)) == "refused: conflict");
}

TEST_CASE("an agent is an agent in name, kind and role") {
  CHECK(create(owner(), wanted("builder", Role::agent)) == "user.created");
  CHECK(create(owner(), wanted("carl", Role::agent)) == "refused: conflict");
  CHECK(create(owner(), wanted("robot", Role::viewer)) == "refused: conflict");
  user::Created mixed = wanted("builder", Role::agent);
  mixed.kind = user::Kind::person;
  CHECK(create(owner(), mixed) == "refused: invalid_request");
  CHECK(in(user::Status::active).ask(change_role(Role::agent)).brief() ==
        "refused: invalid_request");
  UserSpec robot({owner(), agent("robot")});
  robot.given(wanted("robot", Role::agent)).as(owner());
  CHECK(robot.ask(user::SetPassword{"sealed", ""}).brief() == "refused: unprocessable");
}

TEST_CASE("who is limited to some scopes opens no way in for others, and agents have keys alone") {
  Principal limited = owner();
  limited.scopes = {"users:manage"};
  user::Created with_password = wanted("dora");
  with_password.sealed_hash = "sealed";
  user::Created with_identity = wanted("dora");
  with_identity.identities = {{"https://id.example", "4711"}};
  CHECK(create(limited, wanted("dora")) == "user.created");
  CHECK(create(limited, with_password) == "refused: forbidden");
  CHECK(create(limited, with_identity) == "refused: forbidden");
  CHECK(create(owner(), with_password) == "user.created");
  CHECK(in(user::Status::active).as(limited).ask(user::SetPassword{"sealed", ""}).brief() ==
        "refused: forbidden");
  user::Change link;
  link.changed.identities = with_identity.identities;
  CHECK(in(user::Status::active).as(limited).ask(link).brief() == "refused: forbidden");
  CHECK(in(user::Status::active).ask(link).brief() == "user.changed");
  user::Created robot = wanted("builder", Role::agent);
  robot.sealed_hash = "sealed";
  CHECK(create(owner(), robot) == "refused: unprocessable");
}

TEST_CASE("an account is locked for longer and longer, and only for a while") {
  UserSpec spec = in(user::Status::active);
  spec.when(user::SetPassword{"sealed", ""});
  const user::NoteFailure wrong{"192.0.2.1"};
  const user::SignIn right{1, "", std::nullopt};
  for (int i = 0; i < 4; ++i) CHECK(spec.when(wrong).brief() == "user.login_failed");
  CHECK_FALSE(spec.state().locked_until);
  CHECK(spec.when(wrong).first<user::LoginFailed>().locked_until == minute(1));
  CHECK(spec.when(wrong).brief() == "nothing");  // nobody fills the log by trying on
  CHECK(spec.ask(right).brief() == "refused: unauthenticated");
  std::int64_t now = 1;
  for (const std::int64_t lock : {2, 4, 8, 16, 32, 60, 60}) {
    spec.at(minute(now));
    CHECK(spec.ask(right).brief() == "user.login_cleared");
    spec.when(wrong);
    CHECK(spec.state().locked_until == minute(now + lock));
    CHECK(spec.at(minute(now + lock) - Millis{1}).ask(right).brief() == "refused: unauthenticated");
    now += lock;
  }
  CHECK(spec.ask(user::SignIn{0, "", std::nullopt}).brief() == "nothing");  // by a provider
  spec.at(minute(now)).when(right);
  CHECK(spec.state().failures == 0);
  CHECK(spec.ask(right).brief() == "nothing");
}

TEST_CASE("a new password and being disabled end what began before") {
  UserSpec spec = in(user::Status::active);
  const user::SignIn goes_on{0, "sess_a", minute(1)};
  CHECK(spec.at(minute(2)).ask(goes_on).brief() == "nothing");
  spec.at(minute(3)).when(user::SetPassword{"sealed", "sess_b"});
  CHECK(spec.ask(goes_on).brief() == "refused: unauthenticated");
  CHECK(spec.ask(user::SignIn{0, "sess_b", minute(1)}).brief() == "nothing");
  CHECK(spec.ask(user::SignIn{0, "sess_c", minute(3)}).brief() == "nothing");
  spec.at(minute(4)).when(user::Disable{});
  spec.at(minute(5)).when(user::Enable{});
  CHECK(spec.ask(user::SignIn{0, "sess_b", minute(1)}).brief() == "refused: unauthenticated");
  CHECK(spec.ask(user::SignIn{0, "sess_d", minute(5)}).brief() == "nothing");
}

TEST_CASE("a password that was checked counts only while it stands") {
  UserSpec spec = in(user::Status::active);
  spec.when(user::SetPassword{"first", ""});
  const int number = spec.state().password_number;
  CHECK(spec.ask(user::SignIn{number, "sess_a", std::nullopt}).brief() == "nothing");
  CHECK(spec.ask(user::SetPassword{"own", "", number}).brief() == "user.password_set");
  spec.when(user::SetPassword{"second", ""});  // an admin was faster
  CHECK(spec.ask(user::SignIn{number, "sess_a", std::nullopt}).brief() ==
        "refused: unauthenticated");
  CHECK(spec.ask(user::SetPassword{"own", "", number}).brief() == "refused: conflict");
}

TEST_CASE("what is limited to some scopes makes nobody mightier") {
  Principal limited = owner();
  limited.scopes = {"users:manage"};
  UserSpec spec = in(user::Status::active);
  CHECK(spec.as(limited).ask(change_role(Role::admin)).brief() == "refused: forbidden");
  CHECK(spec.as(owner()).ask(change_role(Role::admin)).brief() == "user.changed");
  CHECK(spec.as(limited).ask(change_role(Role::viewer)).brief() != "refused: forbidden");
  CHECK(in(user::Status::disabled).as(limited).ask(user::Enable{}).brief() == "refused: forbidden");
}

TEST_CASE("the last owner keeps the provider who lets him in") {
  user::Created created = wanted("olga", Role::owner);
  created.identities = {{"https://id.example", "4711"}};
  UserSpec spec({owner(), admin()});
  spec.given(created).as(owner());
  user::Change change;
  change.changed.identities = std::vector<user::ExternalId>{};
  CHECK(spec.ask(change).brief() == "refused: conflict");
  spec.people({owner(), owner("otto")});
  CHECK(spec.ask(change).brief() == "user.changed");
}

TEST_CASE("somebody else decides while a user is away") {
  UserSpec spec = in(user::Status::active);
  spec.as(person("ada"));
  const auto made = spec.when(delegate("bob", minute(10), minute(60)));
  const std::string id = made.first<user::Delegated>().id;
  CHECK(spec.view().doc["delegations"][0]["delegate"] == "bob");
  CHECK(spec.as(person("bob")).ask(user::EndDelegation{id}).brief() == "refused: forbidden");
  CHECK(spec.as(admin()).ask(user::EndDelegation{id}).brief() == "user.delegation_ended");
  CHECK(spec.as(person("ada")).when(user::EndDelegation{id}).brief() == "user.delegation_ended");
  CHECK(spec.state().delegations.empty());
  user::Delegate at_once = delegate("bob", Time{}, minute(60));
  CHECK(spec.at(minute(5)).when(at_once).first<user::Delegated>().starts_at == minute(5));
}

TEST_CASE("a delegation names a person who may decide, and a time that is to come") {
  const auto ask = [](Principal who, const user::Delegate& command) {
    return in(user::Status::active).as(std::move(who)).at(minute(5)).ask(command).brief();
  };
  const Principal ada = person("ada");
  CHECK(ask(ada, delegate("ada", minute(5), minute(60))) == "refused: unprocessable");
  CHECK(ask(ada, delegate("nobody", minute(5), minute(60))) == "refused: unprocessable");
  CHECK(ask(ada, delegate("robot", minute(5), minute(60))) == "refused: unprocessable");
  CHECK(ask(ada, delegate("vera", minute(5), minute(60))) == "refused: unprocessable");
  CHECK(ask(ada, delegate("bob", minute(60), minute(60))) == "refused: invalid_request");
  CHECK(ask(ada, delegate("bob", minute(1), minute(5))) == "refused: invalid_request");
  CHECK(ask(ada, delegate("bob", minute(5), minute(5 + 367 * 1440))) == "refused: invalid_request");
  CHECK(ask(person("bob"), delegate("bob", minute(5), minute(60))) == "refused: forbidden");
  CHECK(ask(agent("robot"), delegate("bob", minute(5), minute(60))) == "refused: forbidden");
  CHECK(ask(admin(), delegate("bob", minute(5), minute(60))) == "user.delegated");
  UserSpec many = in(user::Status::active);
  many.as(ada);
  for (int i = 0; i < 20; ++i) many.when(delegate("bob", minute(5), minute(60)));
  CHECK(many.ask(delegate("bob", minute(5), minute(60))).brief() == "refused: conflict");
  // Those that are over make room.
  CHECK(many.at(minute(61)).when(delegate("bob", minute(61), minute(99))).brief() ==
        "user.delegated");
  CHECK(many.state().delegations.size() == 1);
}

TEST_CASE("only what differs is changed") {
  UserSpec spec = in(user::Status::active);
  user::Change same = change_role(Role::operator_);
  same.changed.groups = std::vector<std::string>{};
  CHECK(spec.ask(same).brief() == "nothing");
  same.changed.groups = std::vector<std::string>{"ops"};
  const auto changed = spec.when(same).first<user::Changed>();
  CHECK_FALSE(changed.role);
  CHECK(spec.state().groups == std::vector<std::string>{"ops"});
  for (const std::string bad : {"a", "a@", "@a", "a@b@c", "a b@c"}) {
    user::Change email;
    email.changed.email = bad;
    CHECK(spec.ask(email).brief() == "refused: invalid_request");
  }
  user::Change twice;
  twice.changed.identities = std::vector<user::ExternalId>{{"i", "s"}, {"i", "s"}};
  CHECK(spec.ask(twice).brief() == "refused: invalid_request");
}

TEST_CASE("what is shown of a user holds no hash") {
  UserSpec spec = in(user::Status::active);
  spec.when(user::SetPassword{"the-sealed-hash", ""});
  const Shown shown = spec.view();
  CHECK(shown.doc["has_password"] == true);
  CHECK(shown.doc.dump().find("the-sealed-hash") == std::string::npos);
  CHECK(shown.text.empty());
}

}  // namespace factory::test
