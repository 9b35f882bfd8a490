#include "identity/routes.hpp"

#include <tuple>
#include <utility>

#include "common/log.hpp"
#include "http/auth.hpp"
#include "identity/identity.hpp"
#include "identity/sessions.hpp"
#include "identity/sign_in.hpp"
#include "slices/session/session.hpp"
#include "slices/user/user.hpp"

namespace factory::identity {
namespace {

using http::Answer;
using http::Request;
using nlohmann::json;

constexpr const char* kSession = "session";

Answer answer_json(const json& document) {
  Answer answer;
  answer.body = document.dump();
  return answer;
}

/// Not waited for: a wrong password must not take longer for a name that exists. What comes after
/// it is decided after it all the same.
void note_failure(const Services& services, const Request& request, const std::string& user_id) {
  std::ignore = services.runner.submit(
      http::call_of(request, {user_id, user::Command{user::NoteFailure{request.address}}}));
}

/// A name that nobody has, one without a password and a wrong password take the same time and are
/// answered alike; so is an account that is locked or disabled.
Result<Answer> login(const Services& services, const Request& request) {
  const auto name = request.body.at("user").get<std::string>();
  const auto password = request.body.at("password").get<std::string>();
  const std::string id = user::stream_of(name);
  const auto user = services.identity->registry.user(id);
  const std::string sealed = user ? user->sealed_hash : std::string();
  const Result<bool> right = services.identity->passwords.check(password, sealed);
  if (!right) return right.error();
  if (!*right) {
    if (!sealed.empty()) note_failure(services, request, id);
    return sign_in_refused(name, "wrong password");
  }
  const auto tokens = sign_in(services, user->name, request.body.value("channel", "rest"),
                              {"password", user->password_number}, request);
  if (!tokens) return tokens.error();
  return answer_with(*tokens, services.clock.now());
}

Result<Answer> refresh_tokens(const Services& services, const Request& request) {
  const auto tokens =
      refresh(services, request.body.at("refresh_token").get<std::string>(), request);
  if (!tokens) return tokens.error();
  return answer_with(*tokens, services.clock.now());
}

Result<Answer> logout(const Services& services, const Request& request) {
  const std::string& id = request.principal.session_id;
  if (id.empty()) {
    return Error{ErrorCode::conflict,
                 "A key has no session to end.",
                 "Revoke the key with DELETE /v1/keys/{key_id}.",
                 {},
                 {}};
  }
  return http::command(services, request, id, session::Command{session::End{"logout"}});
}

bool manages_users(const Services& services, const Request& request) {
  return http::may(services.catalog.roles(), request.principal, "users:manage");
}

Result<Answer> list_sessions(const Services& services, const Request& request) {
  const std::string user = request.query.value("user", request.principal.id);
  if (user != request.principal.id && user != "me" && !manages_users(services, request)) {
    return Error{ErrorCode::forbidden,
                 "The sessions of others take the scope users:manage.",
                 "Leave out `user` to see your own.",
                 {},
                 {{"required_scope", "users:manage"}}};
  }
  storage::ViewQuery query;
  const std::string& name = user == "me" ? request.principal.id : user;
  query.tag = storage::Tag{"session.user", user::stream_of(name), 0, 0};
  if (const auto status = request.query.find("status"); status != request.query.end()) {
    query.statuses.push_back(status->get<std::string>());
  }
  return http::page(services, request, std::move(query), "sessions", [&](json& session) {
    session["current"] = session.at("id") == request.principal.session_id;
  });
}

Result<Answer> end_session(const Services& services, const Request& request) {
  const std::string& id = request.path.at("session_id");
  const auto row = http::find_view(services, kSession, id);
  if (!row) return row.error();
  const bool own = json::parse(row->doc).at("user") == request.principal.id;
  if (!own && !manages_users(services, request)) {
    return Error{ErrorCode::not_found, "There is no session " + id + ".", {}, {}, {}};
  }
  return http::command(services, request, id, session::Command{session::End{"revoked"}});
}

/// The user who asks, if they have a password that may be tried now.
Result<std::shared_ptr<const user::State>> own_user(const Services& services,
                                                    const Request& request) {
  auto user = services.identity->registry.user(user::stream_of(request.principal.id));
  if (!user || user->name != request.principal.id || user->sealed_hash.empty()) {
    return Error{ErrorCode::unprocessable,
                 request.principal.id + " has no password.",
                 "Ask an admin to set one with POST /v1/users/{user_id}/password.",
                 {},
                 {}};
  }
  if (user->locked(services.clock.now())) {
    return Error{ErrorCode::forbidden, "Too many wrong passwords.", "Wait some minutes.", {}, {}};
  }
  return user;
}

Result<Answer> change_password(const Services& services, const Request& request) {
  const auto user = own_user(services, request);
  if (!user) return user.error();
  const Passwords& passwords = services.identity->passwords;
  const std::string id = user::stream_of((*user)->name);
  const auto right =
      passwords.check(request.body.at("old_password").get<std::string>(), (*user)->sealed_hash);
  if (!right) return right.error();
  if (!*right) {
    note_failure(services, request, id);
    return Error{ErrorCode::forbidden, "The old password is wrong.", "", {}, {}};
  }
  auto sealed = passwords.seal(request.body.at("new_password").get<std::string>());
  if (!sealed) {
    for (FieldError& field : sealed.error().fields) field.pointer = "/new_password";
    return std::move(sealed.error());
  }
  const std::string& kept = request.principal.session_id;
  Request once = request;
  once.idempotency_key.clear();  // nothing is remembered of what holds a password
  auto answer = http::command(
      services, once, id,
      user::Command{user::SetPassword{std::move(*sealed), kept, (*user)->password_number}});
  if (answer) end_sessions(services, request, id, kept, "the password was changed");
  return answer;
}

Result<Answer> rotate_signing(const Services& services, const Request& request) {
  const auto id = services.identity->keyring.rotate(services.clock.now());
  if (!id) return id.error();
  log(LogLevel::warning, "access tokens are signed with a new key",
      {{"key", *id}, {"by", request.principal.id}, {"request_id", request.request_id}});
  return answer_json({{"kid", *id}});
}

}  // namespace

void bind_routes(http::Handlers& handlers, const Services& services) {
  const auto bind = [&](const char* operation,
                        Result<Answer> (*handler)(const Services&, const Request&)) {
    handlers.bind(operation, [&services, handler](const Request& request) {
      return handler(services, request);
    });
  };
  bind("auth.login", login);
  bind("auth.refresh", refresh_tokens);
  bind("auth.logout", logout);
  bind("auth.sessions", list_sessions);
  bind("auth.end_session", end_session);
  bind("auth.password", change_password);
  bind("auth.rotate_signing", rotate_signing);
  handlers.bind("auth.jwks", [&services](const Request& /*request*/) -> Result<Answer> {
    return answer_json(services.identity->keyring.jwks(services.clock.now()));
  });
}

}  // namespace factory::identity
