#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace factory::http {

/// An IP address in one form: IPv4 as four bytes, also if it came mapped into IPv6, and IPv6 as
/// the eight bytes of its network (/64), which is what one customer of a provider has to himself.
struct NetworkName {
  std::string bytes;      ///< 4 or 8; empty: the text is no address
  bool loopback = false;  ///< this machine itself

  [[nodiscard]] explicit operator bool() const { return !bytes.empty(); }
};

/// Reads "192.0.2.1" or "2001:db8::1", also in brackets. Fits into the string's own memory.
NetworkName network_of(std::string_view address);

/// Tells whom a request comes from, if it passed through proxies that are trusted to say so.
/// Immutable, thread-safe.
class ClientAddress {
 public:
  /// `proxies`: addresses as text.
  explicit ClientAddress(const std::vector<std::string>& proxies);

  /// The peer, or, if that is a trusted proxy, the last address in X-Forwarded-For that is not one.
  /// What stands before it may have been made up by the client. The view points into one of the
  /// arguments.
  [[nodiscard]] std::string_view of(std::string_view peer, std::string_view forwarded_for) const;

 private:
  [[nodiscard]] bool trusts(std::string_view address) const;
  std::set<std::string> proxies_;  ///< whole addresses, 4 or 16 bytes
};

}  // namespace factory::http
