#include "identity/sign_in_proven.hpp"

#include <nlohmann/json.hpp>

#include "identity/sign_in.hpp"

namespace factory::identity {

Result<nlohmann::json> sign_in_proven(const Services& services, const ProvenUser& user,
                                      const ProviderConfig& provider,
                                      const http::Request& request) {
  const ExternalUser who{user.issuer, user.subject, user.name, user.display_name, user.email};
  const NewUsers policy{provider.sign_up, user.role, user.groups};
  const Result<std::string> name = ensure_user(services, who, policy, request);
  if (!name) return name.error();
  const Result<Tokens> tokens =
      sign_in(services, *name, "web", {"oidc:" + user.issuer, 0}, request);
  if (!tokens) return tokens.error();
  return nlohmann::json::parse(answer_with(*tokens, services.clock.now()).body);
}

}  // namespace factory::identity
