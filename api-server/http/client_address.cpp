#include "http/client_address.hpp"

#include "common/addresses.hpp"
#include "common/text.hpp"

namespace factory::http {
namespace {

constexpr std::size_t kNetwork = 8;  // bytes of an IPv6 address

}  // namespace

NetworkName network_of(std::string_view address) {
  NetworkName name{address_bytes(address), false};
  if (name.bytes.size() == 4) {
    name.loopback = name.bytes.front() == 127;
  } else if (name) {
    static const std::string self = std::string(15, '\0') + '\1';
    name.loopback = name.bytes == self;
    name.bytes.resize(kNetwork);
  }
  return name;
}

ClientAddress::ClientAddress(const std::vector<std::string>& proxies) {
  for (const std::string& proxy : proxies) proxies_.insert(address_bytes(proxy));
}

bool ClientAddress::trusts(std::string_view address) const {
  const std::string bytes = address_bytes(address);
  return !bytes.empty() && proxies_.count(bytes) > 0;
}

std::string_view ClientAddress::of(std::string_view peer, std::string_view forwarded_for) const {
  if (proxies_.empty() || !trusts(peer)) return peer;
  std::string_view nearest = peer;
  while (!forwarded_for.empty()) {
    const std::size_t comma = forwarded_for.rfind(',');
    const std::string_view last =
        trimmed(comma == std::string_view::npos ? forwarded_for : forwarded_for.substr(comma + 1));
    if (address_bytes(last).empty()) return nearest;  // not an address: nothing before it counts
    nearest = last;
    if (!trusts(last)) return nearest;
    forwarded_for = comma == std::string_view::npos ? "" : forwarded_for.substr(0, comma);
  }
  return nearest;
}

}  // namespace factory::http
