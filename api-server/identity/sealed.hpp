#pragma once

#include <string>

#include "common/digest.hpp"

namespace factory::identity {

/// `text` sealed with XSalsa20-Poly1305 under a key of the server's and a nonce of its own, in
/// base64url: whoever has only the store learns nothing but its length. Thread-safe.
std::string seal_text(const std::string& text, const Hash& key);

/// What seal_text() got; empty if it was not sealed with this key. Thread-safe.
std::string open_text(const std::string& sealed, const Hash& key);

}  // namespace factory::identity
