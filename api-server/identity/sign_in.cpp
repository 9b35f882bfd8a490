#include "identity/sign_in.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/log.hpp"
#include "common/text.hpp"
#include "domain/names.hpp"
#include "identity/identity.hpp"
#include "identity/refresh_token.hpp"
#include "slices/session/session.hpp"
#include "slices/user/user.hpp"

namespace factory::identity {
namespace {

using nlohmann::json;

constexpr std::size_t kLongestAgent = 200;

Error refresh_refused(const std::string& reason) {
  log(LogLevel::info, "a refresh token was refused", {{"reason", reason}});
  return {ErrorCode::unauthenticated,
          "The refresh token is unknown or no longer valid.",
          "Sign in again with POST /v1/auth/login.",
          {},
          {}};
}

Principal as_user(const user::State& user, const std::string& channel) {
  Principal actor;
  actor.type = user.kind == user::Kind::agent ? ActorType::agent : ActorType::person;
  actor.id = user.name;
  actor.channel = channel;
  actor.role = user.role;
  return actor;
}

/// Runs a command and gives the types of what happened.
Result<std::vector<std::string>> run(const Services& services, const http::Request& request,
                                     Principal actor, engine::Command command) {
  std::vector<std::string> happened;
  engine::Call call = http::call_of(request, std::move(command));
  call.actor = std::move(actor);
  call.reply = [&happened](const engine::Written& written) {
    happened = written.event_types;
    return engine::Reply{};
  };
  const auto reply = services.runner.run(std::move(call));
  if (!reply) return reply.error();
  return happened;
}

Tokens tokens_for(const Identity& identity, const std::string& user, const RefreshToken& refresh,
                  Time now) {
  Tokens tokens;
  const AccessTokens::Issued access = identity.tokens.issue(user, refresh.session);
  tokens.access_token = access.token;
  tokens.access_expires_at = access.expires_at;
  tokens.refresh_token = refresh.text;
  tokens.refresh_expires_at = now + session::refresh_lifetime;
  tokens.session_id = refresh.session;
  tokens.user = user;
  return tokens;
}

/// What is left of a wish when it is made into a name; "user" if that is nothing.
std::string name_like(const std::string& wish) {
  std::string name;
  for (const char c : wish) {
    if (is_name(std::string_view(&c, 1))) name.push_back(c);
    if (name.size() == longest_name - 9) break;
  }
  return name.empty() || is_reserved_name(normal_name(name)) ? "user" : name;
}

/// A name that nobody has or had: with it comes what is kept under names, rights among it, which
/// must not be had by choosing a name elsewhere.
std::string free_name(const Services& services, const ExternalUser& who) {
  const std::string wish = name_like(who.name);
  if (!services.identity->registry.is_known(wish)) return wish;
  return wish + "-" + to_hex(sha256(who.issuer + "\n", who.subject)).substr(0, 8);
}

}  // namespace

Error sign_in_refused(const std::string& user, const std::string& reason) {
  log(LogLevel::info, "a sign-in was refused", {{"user", excerpt(user, 64)}, {"reason", reason}});
  return {ErrorCode::unauthenticated,
          "The name or the password is wrong, or the account cannot be used now.",
          "Check both and try again; after several failures wait some minutes. An admin can set a "
          "new password.",
          {},
          {}};
}

Result<Tokens> sign_in(const Services& services, const std::string& user_name,
                       const std::string& channel, const Proof& proof,
                       const http::Request& request) {
  const Identity& identity = *services.identity;
  const std::string user_id = user::stream_of(user_name);
  const auto user = identity.registry.user(user_id);
  if (!user) return sign_in_refused(user_name, "unknown");
  const Time now = services.clock.now();
  const std::string id = services.ids.next(now).make(session::Definition::prefix);
  const RefreshToken refresh = make_refresh_token(id, 1, identity.pepper);
  session::Started started;
  started.user = user->name;
  started.user_id = user_id;
  started.channel = channel;
  started.how = proof.how;
  started.password_number = proof.password_number;
  started.refresh_hash = refresh.hash;
  started.address = request.address;
  started.user_agent = excerpt(request.user_agent, kLongestAgent);
  const auto done = run(services, request, as_user(*user, channel),
                        {id, session::Command{session::Start{std::move(started)}}, true});
  if (!done) {
    if (done.error().code != ErrorCode::unauthenticated) return done.error();
    return sign_in_refused(user_name, done.error().detail);
  }
  return tokens_for(identity, user->name, refresh, now);
}

Result<Tokens> refresh(const Services& services, const std::string& refresh_token,
                       const http::Request& request) {
  const Identity& identity = *services.identity;
  const auto sent = read_refresh_token(refresh_token, identity.pepper);
  if (!sent) return refresh_refused("not made here");
  const auto principal = identity.registry.session(sent->session);
  if (!principal) return refresh_refused("the session is over");
  const Time now = services.clock.now();
  const RefreshToken next =
      make_refresh_token(sent->session, sent->generation + 1, identity.pepper);
  const auto done =
      run(services, request, *principal,
          {sent->session, session::Command{session::Refresh{sent->generation, sent->hash, next.hash,
                                                            request.address}}});
  if (!done) {
    if (done.error().code != ErrorCode::unauthenticated) return done.error();
    return refresh_refused(done.error().detail);
  }
  const bool reused =
      std::find(done->begin(), done->end(), session::ReuseDetected::type) != done->end();
  if (reused) {
    log(LogLevel::warning, "a refresh token came twice: its session was ended",
        {{"session", sent->session}, {"user", principal->id}});
    return refresh_refused("used before");
  }
  return tokens_for(identity, principal->id, next, now);
}

http::Answer answer_with(const Tokens& tokens, Time now) {
  const auto left =
      std::chrono::duration_cast<std::chrono::seconds>(tokens.access_expires_at - now);
  http::Answer answer;
  answer.body = json{
      {"access_token", tokens.access_token},
      {"token_type", "Bearer"},
      {"expires_in", left.count()},
      {"expires_at", format_time(tokens.access_expires_at)},
      {"refresh_token", tokens.refresh_token},
      {"refresh_expires_at", format_time(tokens.refresh_expires_at)},
      {"session_id", tokens.session_id},
      {"user",
       tokens.user}}.dump();
  return answer;
}

Result<std::string> ensure_user(const Services& services, const ExternalUser& who,
                                const NewUsers& policy, const http::Request& request) {
  Identity& identity = *services.identity;
  const user::ExternalId external{who.issuer, who.subject};
  const std::lock_guard lock(identity.turn);
  if (const auto known = identity.registry.user_of(external)) {
    if (known->status == user::Status::active) return known->name;
    return Error{ErrorCode::forbidden, known->name + " is disabled.", "Ask an admin.", {}, {}};
  }
  if (!policy.allowed || policy.role == Role::owner || policy.role == Role::agent) {
    return Error{ErrorCode::forbidden,
                 "Nobody here is known as " + excerpt(who.subject, 80) + " of " +
                     excerpt(who.issuer, 100) + ".",
                 "Ask an admin to add this identity to your user.",
                 {},
                 {{"issuer", who.issuer}, {"subject", who.subject}}};
  }
  user::Created created;
  created.name = free_name(services, who);
  // What the provider says beside who it is keeps nobody out.
  if (!user::has_controls(who.display_name)) created.display_name = excerpt(who.display_name, 190);
  if (user::is_email(who.email)) created.email = who.email;
  created.role = policy.role;
  created.groups = policy.groups;
  if (created.groups.size() > user::most_groups) created.groups.resize(user::most_groups);
  created.identities = {external};
  const std::string name = created.name;
  const auto done = run(services, request, Principal{},
                        {user::stream_of(name), user::Command{user::Create{std::move(created)}}});
  if (!done) return done.error();
  return name;
}

}  // namespace factory::identity
