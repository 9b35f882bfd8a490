#pragma once

#include <nlohmann/json_fwd.hpp>

#include "http/handlers.hpp"
#include "http/services.hpp"
#include "identity/login_provider.hpp"

namespace factory::identity {

/// Starts a session of the user whom a provider has proven, in the channel web; makes the user at
/// the first login if the provider's configuration allows that. What schemas/defs/tokens.json
/// says; `forbidden` as ensure_user gives it.
Result<nlohmann::json> sign_in_proven(const Services& services, const ProvenUser& user,
                                      const ProviderConfig& provider, const http::Request& request);

}  // namespace factory::identity
