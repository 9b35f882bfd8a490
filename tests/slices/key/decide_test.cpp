#include <array>

#include "common/digest.hpp"
#include "slices/key/key.hpp"
#include "slices/key/mint.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/spec.hpp"

namespace factory::test {
namespace {

using KeySpec = Spec<key::Definition>;

key::Created wanted(std::string name, Role role = Role::operator_) {
  key::Created created;
  created.name = std::move(name);
  created.role = role;
  created.secret_hash = std::string(64, 'a');
  created.hint = "af_0190";
  return created;
}

Principal owner(std::string id = "olga") { return person(std::move(id), Role::owner); }
Principal admin(std::string id = "adam") { return person(std::move(id), Role::admin); }

KeySpec nobody_yet() { return KeySpec({owner(), admin(), person("carl"), agent("robot")}); }

std::string pointer_of(const Outcome<key::Event>& outcome) {
  return outcome.error && !outcome.error->fields.empty() ? outcome.error->fields[0].pointer : "";
}

std::string create(Principal who, key::Created created) {
  return nobody_yet().as(std::move(who)).ask(key::Create{std::move(created)}).brief();
}

}  // namespace

TEST_CASE("every command on a key answers for every state") {
  const auto in = [](key::Status status) {
    KeySpec spec = nobody_yet();
    spec.as(owner());
    if (status != key::Status::none) spec.given(wanted("carl"));
    if (status == key::Status::revoked) spec.given(key::Revoked{"olga", "lost", story_start});
    return spec;
  };
  CHECK(in(key::Status::none).ask(key::Create{wanted("carl")}).brief() == "key.created");
  CHECK(in(key::Status::active).ask(key::Create{wanted("carl")}).brief() == "refused: conflict");
  CHECK(in(key::Status::revoked).ask(key::Create{wanted("carl")}).brief() == "refused: conflict");
  CHECK(in(key::Status::none).ask(key::Revoke{}).brief() == "refused: not_found");
  CHECK(in(key::Status::active).ask(key::Revoke{}).brief() == "key.revoked");
  CHECK(in(key::Status::revoked).ask(key::Revoke{}).brief() == "nothing");
}

TEST_CASE("a key says who made it and when") {
  KeySpec spec = nobody_yet();
  spec.as(owner()).at(minute(3)).when(key::Create{wanted("dora")});
  CHECK(spec.state().created.by == "olga");
  CHECK(spec.state().created.at == minute(3));
  spec.at(minute(4)).when(key::Revoke{"left"});
  CHECK(spec.state().revoked->by == "olga");
  CHECK(spec.state().revoked->reason == "left");
  CHECK(spec.state().revoked->at == minute(4));
}

TEST_CASE("only an owner makes owners and admins, or speaks for them") {
  for (const Role role : {Role::owner, Role::admin}) {
    CHECK(create(owner(), wanted("dora", role)) == "key.created");
    CHECK(create(admin(), wanted("dora", role)) == "refused: forbidden");
    CHECK(create(Principal{}, wanted("dora", role)) == "key.created");
  }
  CHECK(create(admin(), wanted("dora")) == "key.created");
  CHECK(create(admin(), wanted("carl")) == "key.created");
  CHECK(create(admin(), wanted("adam", Role::viewer)) == "key.created");
  // A lesser key of that name would still be that person at a gate.
  CHECK(create(admin(), wanted("olga", Role::viewer)) == "refused: forbidden");
  CHECK(create(owner(), wanted("adam", Role::viewer)) == "key.created");
}

TEST_CASE("a name is a person's or an agent's, never both") {
  CHECK(create(owner(), wanted("carl", Role::agent)) == "refused: conflict");
  CHECK(create(owner(), wanted("robot", Role::viewer)) == "refused: conflict");
  CHECK(create(owner(), wanted("robot", Role::agent)) == "key.created");
}

TEST_CASE("names, groups and channels have a form") {
  const auto pointer = [](const key::Created& created) {
    const auto outcome = nobody_yet().as(owner()).ask(key::Create{created});
    CHECK((outcome.brief() == "key.created" || outcome.brief() == "refused: invalid_request"));
    return pointer_of(outcome);
  };
  for (const std::string good : {"a", "Ann.Lee-2_x@example", "x"})
    CHECK(pointer(wanted(good)).empty());
  CHECK(pointer(wanted(std::string(64, 'a'))).empty());
  for (const std::string bad : {"", "a b", "a/b", "\xc3\xa4", "me", "system", "a\n"}) {
    INFO(bad);
    CHECK(pointer(wanted(bad)) == "/name");
  }
  CHECK(pointer(wanted(std::string(65, 'a'))) == "/name");
  key::Created grouped = wanted("dora");
  grouped.groups = {"security", "a b"};
  CHECK(pointer(grouped) == "/groups/1");
  grouped.groups = {"security", "security"};
  CHECK(pointer(grouped) == "/groups");
  grouped.groups = {"security", "ops"};
  CHECK(pointer(grouped).empty());
  key::Created elsewhere = wanted("dora");
  elsewhere.channel = "pigeon";
  CHECK(pointer(elsewhere) == "/channel");
}

TEST_CASE("the last key of an owner stays") {
  KeySpec last({owner(), admin()});
  last.given(wanted("olga", Role::owner));
  CHECK(last.as(owner()).ask(key::Revoke{}).brief() == "refused: conflict");
  CHECK(last.as(Principal{}).ask(key::Revoke{}).brief() == "refused: conflict");
  CHECK(last.people({owner(), owner()}).as(owner()).ask(key::Revoke{}).brief() == "key.revoked");
  CHECK(last.people({owner(), owner("otto")}).as(owner("otto")).ask(key::Revoke{}).brief() ==
        "key.revoked");
}

TEST_CASE("an owner's or admin's key is revoked by an owner or whose it is") {
  KeySpec spec({owner(), owner("otto"), admin(), admin("anna")});
  spec.given(wanted("adam", Role::admin));
  CHECK(spec.as(admin("anna")).ask(key::Revoke{}).brief() == "refused: forbidden");
  CHECK(spec.as(admin()).ask(key::Revoke{}).brief() == "key.revoked");
  CHECK(spec.as(owner()).ask(key::Revoke{}).brief() == "key.revoked");
}

TEST_CASE("what is shown of a key holds neither token nor hash") {
  const key::Minted minted = key::mint(wanted("dora"), IdSeed{story_start, 1, 2});
  CHECK(has_prefix(minted.id, "key"));
  CHECK(minted.token.starts_with("af_" + minted.id.substr(4) + "_"));
  CHECK(minted.token.size() == 3 + 36 + 1 + 43);
  const key::Created& created = minted.command.created;
  CHECK(created.secret_hash == to_hex(sha256(minted.token)));
  CHECK(minted.token.starts_with(created.hint));
  KeySpec spec = nobody_yet();
  spec.as(owner()).when(minted.command);
  const std::string shown = spec.view().doc.dump() + spec.view().text;
  CHECK(shown.find(created.secret_hash) == std::string::npos);
  CHECK(shown.find(minted.token.substr(40)) == std::string::npos);
  CHECK(spec.view().status == "active");
  CHECK(spec.view().doc["created_by"] == "olga");
  // The same seed gives the same id and never the same secret.
  CHECK(key::mint(wanted("dora"), IdSeed{story_start, 1, 2}).id == minted.id);
  CHECK(key::mint(wanted("dora"), IdSeed{story_start, 1, 2}).token != minted.token);
}

}  // namespace factory::test
