#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.hpp"
#include "common/result.hpp"

/// Secrets and signatures of Standard Webhooks 1.0. Thread-safe, pure but for new_secret().
namespace factory::standard_webhooks {

/// "whsec_" and 32 bytes from the operating system's randomness in base64.
std::string new_secret();

/// The key in a secret "whsec_…" (base64, 24 to 64 bytes); nullopt if it is none.
std::optional<std::string> key_of(std::string_view secret);

/// "v1,<base64 of HMAC-SHA-256>" over "id.timestamp.body" for each key, with blanks between them.
/// `at` counts in whole seconds.
std::string signatures(const std::vector<std::string>& keys, std::string_view id, Time at,
                       std::string_view body);

/// `at` as webhook-timestamp says it: seconds since 1970.
std::string timestamp(Time at);

}  // namespace factory::standard_webhooks
