#include <algorithm>
#include <map>
#include <mutex>
#include <optional>

#include "common/web_key.hpp"
#include "identity/id_token.hpp"
#include "identity/login_provider.hpp"
#include "identity/provider_call.hpp"

namespace factory::identity {
namespace {

using nlohmann::json;

constexpr Millis kDescriptionAge{3'600'000};  ///< how long what a provider publishes is believed
constexpr Millis kBetweenKeys{10'000};        ///< an unknown key is not asked for more often
constexpr std::size_t kMostKeys = 64;

struct Description {
  std::string authorize_url, token_url, keys_url;
  std::string user_url;  ///< empty: there is none
  Time at{};
};

struct KeySet {
  std::map<std::string, WebKey> by_id;
  std::vector<WebKey> all;
  Time at{};
};

class OidcProvider final : public LoginProvider {
 public:
  OidcProvider(const ProviderConfig& config, HttpClient& client, const Clock& clock)
      : config_(config), client_(client), clock_(clock) {}

  [[nodiscard]] const ProviderConfig& config() const override { return config_; }
  Result<std::string> authorize(const AuthorizeRequest& request) override;
  Result<ProvenUser> redeem(const Redemption& redemption) override;

 private:
  /// What the provider says of itself, from the cache while it is fresh.
  Result<Description> description();
  Result<Description> read_description(const json& document) const;
  /// The key that a token names; asks the provider again once if it is a new one.
  Result<WebKey> key_for(const SignedToken& token, const Description& description);
  Result<std::shared_ptr<const KeySet>> fetch_keys(const Description& description);
  /// What the token says of the user, and the user endpoint if that says more.
  Result<json> all_claims(const json& said, const std::string& access_token,
                          const Description& description);
  [[nodiscard]] Result<ProvenUser> user_of(const json& said) const;

  const ProviderConfig& config_;
  HttpClient& client_;
  const Clock& clock_;
  std::mutex mutex_;  ///< never held while the provider is asked
  std::optional<Description> description_;
  std::shared_ptr<const KeySet> keys_;
};

/// nullopt if the set has no such key. A token without a name is for the only key that can be
/// meant.
std::optional<WebKey> find_key(const KeySet& keys, const SignedToken& token) {
  if (!token.key_id.empty()) {
    const auto found = keys.by_id.find(token.key_id);
    return found == keys.by_id.end() ? std::nullopt : std::optional(found->second);
  }
  std::optional<WebKey> only;
  for (const WebKey& key : keys.all) {
    if (key.algorithm() != token.algorithm) continue;
    if (only) return std::nullopt;
    only = key;
  }
  return only;
}

Result<Description> OidcProvider::description() {
  {
    const std::lock_guard lock(mutex_);
    if (description_ && clock_.now() - description_->at < kDescriptionAge) return *description_;
  }
  std::string base = config_.issuer;
  while (base.ends_with('/')) base.pop_back();
  const Result<json> document =
      get_json(client_, config_, base + "/.well-known/openid-configuration");
  if (!document) return document.error();
  Result<Description> read = read_description(*document);
  if (!read) return read;
  const std::lock_guard lock(mutex_);
  description_ = *read;
  return read;
}

Result<Description> OidcProvider::read_description(const json& document) const {
  if (!document.is_object() || text_of(document, "issuer") != config_.issuer) {
    return not_reached(config_, "it calls itself otherwise than it is configured here (issuer)");
  }
  Description made{text_of(document, "authorization_endpoint"), text_of(document, "token_endpoint"),
                   text_of(document, "jwks_uri"), text_of(document, "userinfo_endpoint"),
                   clock_.now()};
  for (const std::string& url : {made.authorize_url, made.token_url, made.keys_url}) {
    if (!is_safe_address(url)) return not_reached(config_, "it names an address without TLS");
  }
  if (!is_safe_address(made.user_url)) made.user_url.clear();
  return made;
}

Result<std::shared_ptr<const KeySet>> OidcProvider::fetch_keys(const Description& description) {
  const Result<json> document = get_json(client_, config_, description.keys_url);
  if (!document) return document.error();
  const auto list = document->find("keys");
  if (!document->is_object() || list == document->end() || !list->is_array() ||
      list->size() > kMostKeys) {
    return not_reached(config_, "its keys cannot be read");
  }
  auto keys = std::make_shared<KeySet>();
  keys->at = clock_.now();
  for (const json& jwk : *list) {
    const auto key = WebKey::read(jwk);
    if (!key) continue;  // of a kind that is not used here
    keys->all.push_back(*key);
    if (const std::string id = text_of(jwk, "kid"); !id.empty()) keys->by_id.emplace(id, *key);
  }
  const std::lock_guard lock(mutex_);
  keys_ = keys;
  return std::shared_ptr<const KeySet>(std::move(keys));
}

Result<WebKey> OidcProvider::key_for(const SignedToken& token, const Description& description) {
  std::shared_ptr<const KeySet> keys;
  {
    const std::lock_guard lock(mutex_);
    keys = keys_;
  }
  if (keys && clock_.now() - keys->at < kDescriptionAge) {
    if (const auto key = find_key(*keys, token)) return *key;
    if (clock_.now() - keys->at < kBetweenKeys) {
      return not_believed(config_, "its token names a key that the provider does not publish");
    }
  }
  const auto fresh = fetch_keys(description);
  if (!fresh) return fresh.error();
  if (const auto key = find_key(**fresh, token)) return *key;
  return not_believed(config_, "its token names a key that the provider does not publish");
}

Result<std::string> OidcProvider::authorize(const AuthorizeRequest& request) {
  const Result<Description> known = description();
  if (!known) return known.error();
  std::string scope;
  for (const std::string& word : config_.scopes) scope += (scope.empty() ? "" : " ") + word;
  return with_query(known->authorize_url, {{"response_type", "code"},
                                           {"client_id", config_.client_id},
                                           {"redirect_uri", request.redirect_uri},
                                           {"scope", scope},
                                           {"state", request.state},
                                           {"nonce", request.nonce},
                                           {"code_challenge", request.challenge},
                                           {"code_challenge_method", "S256"}});
}

Result<ProvenUser> OidcProvider::redeem(const Redemption& redemption) {
  const Result<Description> known = description();
  if (!known) return known.error();
  const Result<json> answer = redeem_code(client_, config_, known->token_url, redemption);
  if (!answer) return answer.error();
  const std::string text = text_of(*answer, "id_token");
  if (text.empty()) return not_believed(config_, "it came without an ID token");
  const Result<SignedToken> token = read_signed_token(text);
  if (!token) return token.error();
  const Result<WebKey> key = key_for(*token, *known);
  if (!key) return key.error();
  const TokenRules rules{config_.issuer, config_.client_id, redemption.nonce, clock_.now()};
  if (Status believed = check_id_token(*token, *key, rules); !believed) return believed.error();
  const Result<json> claims = all_claims(token->claims, text_of(*answer, "access_token"), *known);
  if (!claims) return claims.error();
  return user_of(*claims);
}

Result<json> OidcProvider::all_claims(const json& said, const std::string& access_token,
                                      const Description& description) {
  std::vector<std::string> wanted{config_.name_claim, "email"};
  if (!config_.roles.empty() || !config_.groups.empty()) wanted.push_back(config_.groups_claim);
  if (!config_.allowed_domains.empty()) wanted.emplace_back("email_verified");
  const bool enough = std::all_of(wanted.begin(), wanted.end(),
                                  [&](const std::string& name) { return said.contains(name); });
  if (enough || description.user_url.empty() || !is_bearer(access_token)) return said;
  Result<json> more = get_json(client_, config_, description.user_url, access_token);
  if (!more) return more;
  // Another user's document must never complete this one's (Core, section 5.3.2).
  if (!more->is_object() || text_of(*more, "sub") != text_of(said, "sub")) {
    return not_believed(config_, "its user endpoint speaks of somebody else");
  }
  more->update(said);  // what is signed wins
  return more;
}

Result<ProvenUser> OidcProvider::user_of(const json& said) const {
  Claims claims;
  claims.subject = text_of(said, "sub");
  claims.display_name = text_of(said, "name");
  const auto verified = said.find("email_verified");
  if (verified != said.end() && *verified == json(true)) {
    claims.verified_email = text_of(said, "email");
  }
  claims.wanted_name = text_of(said, config_.name_claim);
  if (claims.wanted_name.empty()) claims.wanted_name = claims.verified_email;
  if (const auto groups = said.find(config_.groups_claim); groups != said.end()) {
    claims.groups = texts_of(*groups);
  }
  return admit(config_, claims);
}

}  // namespace

std::unique_ptr<LoginProvider> make_oidc_provider(const ProviderConfig& config, HttpClient& client,
                                                  const Clock& clock) {
  return std::make_unique<OidcProvider>(config, client, clock);
}

}  // namespace factory::identity
