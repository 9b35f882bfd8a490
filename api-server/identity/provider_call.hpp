#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "common/http_client.hpp"
#include "common/result.hpp"
#include "identity/login_provider.hpp"

/// What the kinds of providers have in common.
namespace factory::identity {

using Params = std::vector<std::pair<std::string, std::string>>;

/// "a=1&b=%20", as forms and queries have it.
std::string encode_form(const Params& params);

/// The address with the parameters put behind those that it has.
std::string with_query(std::string url, const Params& params);

/// GET of a JSON document; with `token` as its bearer. `unavailable` unless it answers 200 with
/// JSON of at most 512 KiB within five seconds.
Result<nlohmann::json> get_json(HttpClient& client, const ProviderConfig& config,
                                const std::string& url, const std::string& token = {});

/// Redeems a code at the token endpoint (RFC 6749 section 4.1.3, RFC 7636 section 4.5).
/// `unauthenticated` if the provider refuses it.
Result<nlohmann::json> redeem_code(HttpClient& client, const ProviderConfig& config,
                                   const std::string& token_url, const Redemption& redemption);

/// What a provider says of somebody, before the configuration has been asked.
struct Claims {
  std::string subject;
  std::string wanted_name;
  std::string display_name;
  std::string verified_email;
  std::vector<std::string> groups;  ///< of theirs
};

/// Gives the role and the groups that the configuration maps theirs to. `forbidden` if the address
/// is of none of the domains that may come.
Result<ProvenUser> admit(const ProviderConfig& config, const Claims& claims);

/// The texts of a list, or of one text alone.
std::vector<std::string> texts_of(const nlohmann::json& value);
/// A member that is a text; else empty.
std::string text_of(const nlohmann::json& object, const std::string& name);

/// True for a text that can stand in a header as a bearer's token (RFC 6750 section 2.1).
bool is_bearer(std::string_view token);

/// The provider `title` could not be asked, and why.
Error not_reached(const ProviderConfig& config, const std::string& why);
/// What it answered is not believed, and why.
Error not_believed(const ProviderConfig& config, const std::string& why);

}  // namespace factory::identity
