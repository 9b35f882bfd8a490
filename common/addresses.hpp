#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace factory {

/// The bytes of "192.0.2.1" (4) or "2001:db8::1" (16), also in brackets; empty if the text is no
/// address. IPv4 that is written mapped into IPv6 comes out as IPv4. Thread-safe, pure.
std::string address_bytes(std::string_view text);

/// True for an address (4 or 16 bytes) that belongs to a host in the open internet. Everything else
/// is false: private, loopback, link-local, unique-local, shared (RFC 6598), multicast,
/// unspecified, documentation and benchmark ranges, and every form of IPv6 that carries an IPv4
/// address inside (mapped, NAT64, 6to4, Teredo), after the registries of RFC 6890. Pure.
bool is_public_address(std::string_view bytes);

/// Ranges of addresses, as "10.0.0.0/8", "fd00::/8", one address, or "all". Immutable, thread-safe.
class AddressRanges {
 public:
  AddressRanges() = default;
  /// nullopt if one of the texts is none of these.
  static std::optional<AddressRanges> read(const std::vector<std::string>& texts);
  /// Whether the address (4 or 16 bytes; mapped IPv4 counts as IPv4) lies in one of them.
  [[nodiscard]] bool contain(std::string_view bytes) const;
  [[nodiscard]] bool contain_all() const { return all_; }

 private:
  struct Range {
    std::string bytes;
    std::size_t bits = 0;
  };
  std::vector<Range> ranges_;
  bool all_ = false;
};

}  // namespace factory
