// What has to be there before the examples of users, groups and sessions.
#include "tests/http/example_world.hpp"

namespace factory::test {
namespace {

using nlohmann::json;

constexpr const char* phrase = "correct horse battery staple";

/// What the example names there; empty if it names nothing.
std::string named(const json& example, const char* where, const char* name) {
  return example.value(where, json::object()).value(name, "");
}

}  // namespace

std::string ExampleWorld::user() {
  const std::string name = "person-" + std::to_string(++made_);
  must("owner", "POST", "/v1/users", {{"name", name}, {"role", "operator"}, {"password", phrase}});
  return name;
}

json ExampleWorld::signed_in(const std::string& name) {
  json tokens = must("nobody", "POST", "/v1/auth/login", {{"user", name}, {"password", phrase}});
  tokens_["visitor"] = tokens.at("access_token").get<std::string>();
  return tokens;
}

std::map<std::string, ExampleWorld::Setting> ExampleWorld::people_settings() {
  using Ids = StandIns;
  /// A user stands in for the one whom the path names.
  const Setting with_user{[](ExampleWorld& world, const json& example, Ids& ids) {
    ids[named(example, "path", "user_id")] = world.user();
  }};
  /// A group of which alice is a member stands in for the one that the path names.
  const Setting with_group{[](ExampleWorld& world, const json& example, Ids& ids) {
    const std::string name = "group-" + std::to_string(++world.made_);
    world.must("owner", "POST", "/v1/groups", {{"name", name}, {"members", {"alice"}}});
    ids[named(example, "path", "group_id")] = name;
  }};
  const Setting as_visitor{
      [](ExampleWorld& world, const json&, Ids&) { world.signed_in(world.user()); }, "visitor"};
  return {
      {"user.get", with_user},
      {"user.patch", with_user},
      {"user.disable", with_user},
      {"user.enable", with_user},
      {"user.set_password", with_user},
      {"delegation.create", with_user},
      {"delegation.list", with_user},
      {"delegation.end", {[](ExampleWorld& world, const json& example, Ids& ids) {
         const std::string name = world.user();
         const json made = world.must("owner", "POST", "/v1/users/" + name + "/delegations",
                                      {{"delegate", "bob"}, {"ends_at", "2027-01-07T00:00:00Z"}});
         ids[named(example, "path", "user_id")] = name;
         ids[named(example, "path", "delegation_id")] = made.at("id").get<std::string>();
       }}},
      {"group.get", with_group},
      {"group.add_member", with_group},
      {"group.remove_member", with_group},
      {"group.delete", with_group},
      {"auth.login",
       {[](ExampleWorld& world, const json&, Ids& ids) { ids["ada"] = world.user(); }, "nobody"}},
      {"auth.refresh",
       {[](ExampleWorld& world, const json& example, Ids& ids) {
          const json tokens = world.signed_in(world.user());
          if (example.at("status") != 200) return;
          ids[named(example, "body", "refresh_token")] =
              tokens.at("refresh_token").get<std::string>();
        },
        "nobody"}},
      {"auth.logout", as_visitor},
      {"auth.password", as_visitor},
      {"auth.end_session", {[](ExampleWorld& world, const json& example, Ids& ids) {
         ids[named(example, "path", "session_id")] =
             world.signed_in(world.user()).at("session_id").get<std::string>();
       }}},
  };
}

}  // namespace factory::test
