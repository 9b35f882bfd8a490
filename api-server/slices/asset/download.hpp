#pragma once

#include <nlohmann/json_fwd.hpp>

#include "http/handlers.hpp"
#include "http/services.hpp"

namespace factory::asset {

/// The bytes of one version: the whole, or the single range that is asked for (RFC 9110 section
/// 14), or 304 if the client has them. The ETag is the digest, and strong. Always an attachment.
Result<http::Answer> download(const Services& services, const http::Request& request);

/// What changed between two versions of a text.
Result<http::Answer> diff(const Services& services, const http::Request& request);

}  // namespace factory::asset
