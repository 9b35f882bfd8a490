#include "identity/login_provider.hpp"
#include "identity/provider_call.hpp"

namespace factory::identity {
namespace {

using nlohmann::json;

/// OAuth 2.0 without OpenID Connect: whoever the access token opens the API as has logged in. The
/// token came over TLS from the provider itself, for a code that only our verifier redeems.
class GithubProvider final : public LoginProvider {
 public:
  GithubProvider(const ProviderConfig& config, HttpClient& client)
      : config_(config), client_(client) {}

  [[nodiscard]] const ProviderConfig& config() const override { return config_; }

  Result<std::string> authorize(const AuthorizeRequest& request) override {
    std::string scope;
    for (const std::string& word : config_.scopes) scope += (scope.empty() ? "" : " ") + word;
    return with_query(config_.authorize_url, {{"response_type", "code"},
                                              {"client_id", config_.client_id},
                                              {"redirect_uri", request.redirect_uri},
                                              {"scope", scope},
                                              {"state", request.state},
                                              {"code_challenge", request.challenge},
                                              {"code_challenge_method", "S256"}});
  }

  Result<ProvenUser> redeem(const Redemption& redemption) override;

 private:
  /// The address that is the user's first and has been verified; empty if there is none.
  Result<std::string> email(const std::string& token);
  Result<std::vector<std::string>> groups(const std::string& token);

  const ProviderConfig& config_;
  HttpClient& client_;
};

Result<ProvenUser> GithubProvider::redeem(const Redemption& redemption) {
  ProviderConfig as_form = config_;
  as_form.secret_in_body = true;  // GitHub takes no other way
  const Result<json> answer = redeem_code(client_, as_form, config_.token_url, redemption);
  if (!answer) return answer.error();
  const std::string token = text_of(*answer, "access_token");
  if (!is_bearer(token)) return not_believed(config_, "it came without an access token");
  const Result<json> user = get_json(client_, config_, config_.user_url, token);
  if (!user) return user.error();
  const auto id = user->is_object() ? user->find("id") : user->end();
  if (id == user->end() || !id->is_number_integer()) {
    return not_believed(config_, "the provider does not say who it is");
  }
  Result<std::string> address = email(token);
  if (!address) return address.error();
  Result<std::vector<std::string>> member_of = groups(token);
  if (!member_of) return member_of.error();
  Claims claims;
  claims.subject = std::to_string(id->get<std::int64_t>());
  claims.wanted_name = text_of(*user, config_.name_claim);
  claims.display_name = text_of(*user, "name");
  claims.verified_email = std::move(*address);
  claims.groups = std::move(*member_of);
  return admit(config_, claims);
}

Result<std::string> GithubProvider::email(const std::string& token) {
  const Result<json> list = get_json(client_, config_, config_.emails_url, token);
  if (!list) return list.error();
  if (!list->is_array()) return std::string();
  for (const json& entry : *list) {
    const bool first = entry.is_object() && entry.value("primary", json()) == json(true) &&
                       entry.value("verified", json()) == json(true);
    if (first) return text_of(entry, "email");
  }
  return std::string();
}

Result<std::vector<std::string>> GithubProvider::groups(const std::string& token) {
  std::vector<std::string> names;
  if (config_.groups_url.empty()) return names;
  const Result<json> list = get_json(client_, config_, config_.groups_url, token);
  if (!list) return list.error();
  if (!list->is_array()) return names;
  for (const json& entry : *list) {
    if (entry.is_string()) names.push_back(entry.get<std::string>());
    if (entry.is_object()) names.push_back(text_of(entry, "login"));
  }
  return names;
}

}  // namespace

std::unique_ptr<LoginProvider> make_github_provider(const ProviderConfig& config,
                                                    HttpClient& client) {
  return std::make_unique<GithubProvider>(config, client);
}

}  // namespace factory::identity
