#pragma once

#include <string>
#include <vector>

#include "common/result.hpp"
#include "domain/principal.hpp"
#include "http/handlers.hpp"
#include "http/services.hpp"

namespace factory::identity {

/// What somebody gets who has signed in. Both tokens are shown once and stored nowhere.
struct Tokens {
  std::string access_token;
  Time access_expires_at{};
  std::string refresh_token;
  Time refresh_expires_at{};
  std::string session_id;
  std::string user;
};

/// The one answer to every sign-in that fails; the log has the name and the reason.
Error sign_in_refused(const std::string& user, const std::string& reason);

/// How somebody has proven who they are.
struct Proof {
  std::string how;          ///< "password", or "oidc:<issuer>"
  int password_number = 0;  ///< of the user's passwords; 0: it was none
};

/// Starts a session of the user of this name. `channel` is where the session is used from: rest,
/// mcp, web, discord. `unauthenticated` in words that say nothing if there is no such user, or one
/// who may not sign in now, or whose password is another one by now; the log has the reason. Waits
/// for the commit.
Result<Tokens> sign_in(const Services& services, const std::string& user_name,
                       const std::string& channel, const Proof& proof,
                       const http::Request& request);

/// The next tokens for a refresh token, which is worth nothing from then on. `unauthenticated` if
/// it is not the newest one of an open session; one that was used before ends its session.
Result<Tokens> refresh(const Services& services, const std::string& refresh_token,
                       const http::Request& request);

/// The answer that holds them, as schemas/defs/tokens.json says.
http::Answer answer_with(const Tokens& tokens, Time now);

/// Who somebody is elsewhere, as the provider has proven.
struct ExternalUser {
  std::string issuer;
  std::string subject;
  std::string name;  ///< as the user would like to be called; made into a name that is free
  std::string display_name;
  std::string email;
};

/// What becomes of somebody who signs in for the first time.
struct NewUsers {
  bool allowed = false;
  Role role = Role::viewer;  ///< never owner
  std::vector<std::string> groups;
};

/// The name of the user who is this one elsewhere; made at the first time if that is allowed, under
/// a name that nobody has or had. `forbidden` if there is none and none may be made, or
/// the user is disabled.
Result<std::string> ensure_user(const Services& services, const ExternalUser& who,
                                const NewUsers& policy, const http::Request& request);

}  // namespace factory::identity
