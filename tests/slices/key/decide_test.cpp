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
    if (status == key::Status::expired) spec.given(key::Expired{story_start});
    return spec;
  };
  const key::Rotate rotate{std::string(64, 'b'), 2, 5};
  CHECK(in(key::Status::expired).ask(key::Create{wanted("carl")}).brief() == "refused: conflict");
  CHECK(in(key::Status::expired).ask(key::Revoke{}).brief() == "nothing");
  CHECK(in(key::Status::none).ask(rotate).brief() == "refused: not_found");
  CHECK(in(key::Status::active).ask(rotate).brief() == "key.rotated");
  CHECK(in(key::Status::revoked).ask(rotate).brief() == "refused: conflict");
  CHECK(in(key::Status::expired).ask(rotate).brief() == "refused: conflict");
  for (const auto status :
       {key::Status::none, key::Status::active, key::Status::revoked, key::Status::expired}) {
    CHECK(in(status).ask(key::Expire{}).brief() == "nothing");  // it was to last for ever
  }
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
  // One that is limited, or of somebody who is no owner any more, lets no owner in.
  key::Created limited = wanted("olga", Role::owner);
  limited.scopes = {"pipelines:read"};
  KeySpec spare({owner(), admin()});
  spare.given(limited);
  CHECK(spare.as(owner()).ask(key::Revoke{}).brief() == "key.revoked");
  KeySpec former({owner(), person("ada")});
  former.given(wanted("ada", Role::owner));
  CHECK(former.as(owner()).ask(key::Revoke{}).brief() == "key.revoked");
}

TEST_CASE("an owner's or admin's key is revoked by an owner or whose it is") {
  KeySpec spec({owner(), owner("otto"), admin(), admin("anna")});
  spec.given(wanted("adam", Role::admin));
  CHECK(spec.as(admin("anna")).ask(key::Revoke{}).brief() == "refused: forbidden");
  CHECK(spec.as(admin()).ask(key::Revoke{}).brief() == "key.revoked");
  CHECK(spec.as(owner()).ask(key::Revoke{}).brief() == "key.revoked");
}

TEST_CASE("what is shown of a key holds neither token nor hash") {
  const auto pepper = identity::Pepper::generate();
  const key::Minted minted = key::mint(wanted("dora"), IdSeed{story_start, 1, 2}, pepper);
  CHECK(has_prefix(minted.id, "key"));
  CHECK(minted.token.starts_with("af_" + minted.id.substr(4) + "_"));
  CHECK(minted.token.size() == 3 + 36 + 1 + 43);
  const key::Created& created = minted.command.created;
  CHECK(created.hash_version == 2);
  CHECK(created.secret_hash == to_hex(pepper.key_hash(minted.token)));
  CHECK(created.secret_hash != to_hex(sha256(minted.token)));
  CHECK(created.secret_hash != to_hex(identity::Pepper::generate().key_hash(minted.token)));
  CHECK(minted.token.starts_with(created.hint));
  KeySpec spec = nobody_yet();
  spec.as(owner()).when(minted.command);
  const std::string shown = spec.view().doc.dump() + spec.view().text;
  CHECK(shown.find(created.secret_hash) == std::string::npos);
  CHECK(shown.find(minted.token.substr(40)) == std::string::npos);
  CHECK(spec.view().status == "active");
  CHECK(spec.view().doc["created_by"] == "olga");
  // The same seed gives the same id and never the same secret.
  CHECK(key::mint(wanted("dora"), IdSeed{story_start, 1, 2}, pepper).id == minted.id);
  CHECK(key::mint(wanted("dora"), IdSeed{story_start, 1, 2}, pepper).token != minted.token);
}

TEST_CASE("a key ends when it is to end, and not before") {
  key::Created created = wanted("dora");
  created.expires_at = minute(30);
  KeySpec spec = nobody_yet();
  spec.as(owner()).when(key::Create{created});
  CHECK(spec.run_until(minute(29)) == "");
  CHECK(spec.view().doc["expires_at"] == "2026-03-02T09:30:00.000Z");
  CHECK(spec.run_until(minute(30)) == "key.expired");
  CHECK(spec.view().status == "expired");
  CHECK(spec.timers().empty());
  created.expires_at = story_start;
  const auto late = nobody_yet().as(owner()).at(minute(1)).ask(key::Create{created});
  CHECK(late.brief() == "refused: invalid_request");
  CHECK(pointer_of(late) == "/expires_at");
}

TEST_CASE("a revoked key has no end to wait for") {
  key::Created created = wanted("dora");
  created.expires_at = minute(30);
  KeySpec spec = nobody_yet();
  spec.as(owner()).when(key::Create{created});
  CHECK(spec.timers().size() == 1);
  spec.when(key::Revoke{});
  CHECK(spec.timers().empty());
}

TEST_CASE("a rotated key has its new secret, and the one before for a while") {
  KeySpec spec = nobody_yet();
  spec.as(owner()).given(wanted("dora"));
  const auto rotate = [](char c, int minutes) {
    return key::Rotate{std::string(64, c), 2, minutes};
  };
  spec.at(minute(10)).when(rotate('b', 15));
  CHECK(spec.state().secret.hash == std::string(64, 'b'));
  CHECK(spec.state().secret.version == 2);
  REQUIRE(spec.state().earlier);
  CHECK(spec.state().earlier->hash == std::string(64, 'a'));
  CHECK(spec.state().earlier->version == 1);
  CHECK(spec.state().earlier->until == minute(25));
  CHECK(spec.view().doc["overlap_until"] == "2026-03-02T09:25:00.000Z");
  // Rotated again, the oldest one is gone whatever was left of its time.
  spec.at(minute(11)).when(rotate('c', 0));
  CHECK(spec.state().earlier->hash == std::string(64, 'b'));
  CHECK(spec.state().earlier->until == minute(11));
  CHECK(spec.ask(rotate('d', -1)).brief() == "refused: invalid_request");
  CHECK(spec.ask(rotate('d', 10081)).brief() == "refused: invalid_request");
  const std::string shown = spec.view().doc.dump();
  CHECK(shown.find(std::string(64, 'c')) == std::string::npos);
}

TEST_CASE("an owner's or admin's key is rotated by an owner or whose it is") {
  KeySpec spec({owner(), admin(), admin("anna")});
  spec.given(wanted("adam", Role::admin));
  const key::Rotate rotate{std::string(64, 'b'), 2, 5};
  CHECK(spec.as(admin("anna")).ask(rotate).brief() == "refused: forbidden");
  CHECK(spec.as(admin()).ask(rotate).brief() == "key.rotated");
  CHECK(spec.as(owner()).ask(rotate).brief() == "key.rotated");
  // A lesser key of an admin still speaks for that admin at a gate.
  KeySpec lesser({owner(), admin(), admin("anna")});
  lesser.given(wanted("adam", Role::viewer));
  CHECK(lesser.as(admin("anna")).ask(rotate).brief() == "refused: forbidden");
  CHECK(lesser.as(admin()).ask(rotate).brief() == "key.rotated");
}

TEST_CASE("what is limited makes nothing that is less so") {
  Principal limited = owner();
  limited.scopes = {"keys:manage", "pipelines:read"};
  const auto with = [](std::vector<std::string> scopes) {
    key::Created created = wanted("dora");
    created.scopes = std::move(scopes);
    return created;
  };
  CHECK(create(limited, with({})) == "refused: forbidden");
  CHECK(create(limited, with({"pipelines:write"})) == "refused: forbidden");
  CHECK(create(limited, with({"pipelines:read"})) == "key.created");
  CHECK(create(owner(), with({"pipelines:write"})) == "key.created");
  CHECK(create(owner(), with({"pipelines:write", "pipelines:write"})) ==
        "refused: invalid_request");
  KeySpec spec = nobody_yet();
  spec.given(with({}));
  CHECK(spec.as(limited).ask(key::Rotate{std::string(64, 'b'), 2, 5}).brief() ==
        "refused: forbidden");
}

TEST_CASE("two names that differ in capitals alone are not two people") {
  CHECK(create(owner(), wanted("Carl")) == "refused: conflict");
  CHECK(create(owner(), wanted("carl")) == "key.created");
}

}  // namespace factory::test
