#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/admin.hpp"
#include "cli/remote.hpp"
#include "common/paths.hpp"
#include "core.hpp"
#include "identity/identity.hpp"
#include "slices/key/mint.hpp"
#include "slices/key/routes.hpp"
#include "slices/user/user.hpp"

namespace factory::cli {
namespace {

using nlohmann::json;

/// Runs a command by the system: whoever holds the folder holds everything in it.
Result<json> run_offline(Core& core, engine::Command command) {
  engine::Call call;
  call.command = std::move(command);
  const std::string id = call.command.stream;
  call.reply = [&id](const engine::Written& written) {
    return engine::Reply{200, written.view(id).doc, 0, false, {}};
  };
  const auto reply = core.runner().run(std::move(call));
  if (!reply) return reply.error();
  return json::parse(reply->body);
}

json list_offline(Core& core, const std::string& kind, const std::string& name) {
  storage::ViewQuery query;
  query.kind = kind;
  query.limit = 100;
  json all = json::array();
  do {
    const storage::ViewPage page = core.store().query_views(query);
    for (const storage::ViewRow& row : page.rows) all.push_back(json::parse(row.doc));
    query.cursor = page.next_cursor;
  } while (!query.cursor.empty());
  json document = json::object();
  document[name] = std::move(all);
  return document;
}

Result<json> with_token(Result<json> document, const std::string& token) {
  if (document) (*document)["token"] = token;
  return document;
}

// --- keys -------------------------------------------------------------------------------------

json key_body(const Options& options) {
  json body{{"name", options.name},
            {"role", options.role},
            {"groups", options.groups},
            {"channel", options.channel}};
  if (!options.scopes.empty()) body["scopes"] = options.scopes;
  if (!options.expires_at.empty()) body["expires_at"] = options.expires_at;
  return body;
}

Result<json> key_through(const Running& server, const Options& options) {
  const std::string one = "/v1/keys/" + options.key_id;
  switch (options.action) {
    case Action::key_create: return call_server(server, "POST", "/v1/keys", key_body(options));
    case Action::key_revoke: return call_server(server, "DELETE", one, nullptr);
    case Action::key_rotate:
      return call_server(server, "POST", one + "/rotate",
                         {{"overlap_minutes", options.overlap_minutes}});
    case Action::key_rotate_signing:
      return call_server(server, "POST", "/v1/auth/signing-keys/rotate", nullptr);
    default: return call_server(server, "GET", "/v1/keys?limit=100", nullptr);
  }
}

Result<json> create_key(Core& core, const Options& options) {
  key::Created wanted;
  wanted.name = options.name;
  wanted.role = enum_from<Role>(options.role).value_or(Role::viewer);
  wanted.groups = options.groups;
  wanted.channel = options.channel;
  wanted.scopes = options.scopes;
  if (!options.expires_at.empty()) {
    wanted.expires_at = parse_time(options.expires_at);
    if (!wanted.expires_at) {
      return Error{ErrorCode::invalid_request,
                   options.expires_at + " is no time.",
                   "Write it as 2027-01-15T00:00:00Z.",
                   {},
                   {}};
    }
  }
  if (Status known = key::check_scopes(core.catalog().roles(), wanted); !known) {
    return std::move(known.error());
  }
  key::Minted minted =
      key::mint(std::move(wanted), core.ids().next(core.clock().now()), core.identity().pepper);
  return with_token(run_offline(core, {minted.id, key::Command{std::move(minted.command)}}),
                    minted.token);
}

Result<json> key_offline(Core& core, const Options& options) {
  switch (options.action) {
    case Action::key_create: return create_key(core, options);
    case Action::key_revoke:
      return run_offline(core, {options.key_id, key::Command{key::Revoke{options.reason}}});
    case Action::key_rotate: {
      key::Reminted next =
          key::remint(options.key_id, options.overlap_minutes, core.identity().pepper);
      return with_token(run_offline(core, {options.key_id, key::Command{std::move(next.command)}}),
                        next.token);
    }
    case Action::key_rotate_signing: {
      const auto id = core.identity().keyring.rotate(core.clock().now());
      if (!id) return id.error();
      return json{{"kid", *id}};
    }
    default: return list_offline(core, "key", "keys");
  }
}

// --- users ------------------------------------------------------------------------------------

/// The first line of the file, which nobody else may read, or of the standard input.
Result<std::string> read_password(const std::string& file) {
  std::string text;
  if (file == "-") {
    std::getline(std::cin, text);
  } else {
    auto content = read_secret_file(file);
    if (!content) return std::move(content.error());
    text = content->substr(0, content->find('\n'));
  }
  if (!text.empty() && text.back() == '\r') text.pop_back();
  return text;
}

Result<json> user_through(const Running& server, const Options& options,
                          const std::string& password) {
  switch (options.action) {
    case Action::user_create: {
      json body{{"name", options.name}, {"role", options.role}, {"groups", options.groups}};
      if (!options.display_name.empty()) body["display_name"] = options.display_name;
      if (!options.email.empty()) body["email"] = options.email;
      if (!options.password_file.empty()) body["password"] = password;
      return call_server(server, "POST", "/v1/users", body);
    }
    case Action::user_set_password:
      return call_server(server, "POST", "/v1/users/" + options.name + "/password",
                         {{"password", password}});
    default: return call_server(server, "GET", "/v1/users?limit=100", nullptr);
  }
}

Result<json> user_offline(Core& core, const Options& options, const std::string& password) {
  if (options.action == Action::user_list) return list_offline(core, "user", "users");
  std::string sealed;
  if (!options.password_file.empty()) {
    auto text = core.identity().passwords.seal(password);
    if (!text) return std::move(text.error());
    sealed = std::move(*text);
  }
  const std::string id = user::stream_of(options.name);
  if (options.action == Action::user_set_password) {
    return run_offline(core, {id, user::Command{user::SetPassword{sealed, ""}}});
  }
  user::Created wanted;
  wanted.name = options.name;
  wanted.display_name = options.display_name;
  wanted.email = options.email;
  wanted.role = enum_from<Role>(options.role).value_or(Role::viewer);
  wanted.kind = wanted.role == Role::agent ? user::Kind::agent : user::Kind::person;
  wanted.groups = options.groups;
  wanted.sealed_hash = sealed;
  return run_offline(core, {id, user::Command{user::Create{std::move(wanted)}}});
}

}  // namespace

int run_key(const Options& options) {
  const std::string data = data_folder(options);
  if (const auto server = running_server(data)) return print_answer(key_through(*server, options));
  Core core(CoreOptions{data, {}, {}, {}, {}, {}});
  return print_answer(key_offline(core, options));
}

int run_user(const Options& options) {
  const std::string data = data_folder(options);
  std::string password;
  if (!options.password_file.empty()) {
    auto read = read_password(options.password_file);
    if (!read) return refuse(read.error());
    password = std::move(*read);
  }
  if (const auto server = running_server(data)) {
    return print_answer(user_through(*server, options, password));
  }
  Core core(CoreOptions{data, {}, {}, {}, {}, {}});
  return print_answer(user_offline(core, options, password));
}

}  // namespace factory::cli
