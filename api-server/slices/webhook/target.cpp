#include "slices/webhook/target.hpp"

#include <algorithm>

#include "common/http_client.hpp"
#include "common/schema.hpp"
#include "common/text.hpp"
#include "slices/webhook/webhook.hpp"

namespace factory::webhook {
namespace {

Error wrong_url(ErrorCode code, const std::string& what, std::string hint = {}) {
  return {code, "The webhook's url " + what + ".", std::move(hint), {{"/url", what}}, {}};
}

bool is_local_name(std::string_view host) {
  return host == "localhost" || host.ends_with(".localhost");
}

bool is_known(const std::string& wanted, const std::vector<EventType>& known) {
  if (wanted == "*") return true;
  const bool family = wanted.ends_with(".*");
  const std::string_view start(wanted.data(), wanted.size() - (family ? 1 : 0));
  return std::any_of(known.begin(), known.end(), [&](const EventType& event) {
    return family ? event.type.starts_with(start) : event.type == wanted;
  });
}

}  // namespace

bool may_connect(std::string_view address, const AddressRanges& allowed) {
  return is_public_address(address) || allowed.contain(address);
}

factory::Status check_url(const std::string& url, const AddressRanges& allowed) {
  const auto parts = read_web_address(url);
  if (!parts || url.size() > longest_url) {
    return wrong_url(ErrorCode::invalid_request, "must be an http or https address");
  }
  if (parts->has_credentials) {
    return wrong_url(ErrorCode::invalid_request, "must not hold a user or a password",
                     "Deliveries are signed: the receiver checks the signature instead.");
  }
  if (parts->has_fragment) {
    return wrong_url(ErrorCode::invalid_request, "must not have a part behind #");
  }
  const std::string address =
      is_local_name(parts->host) ? address_bytes("127.0.0.1") : address_bytes(parts->host);
  if (address.empty() || may_connect(address, allowed)) return Done{};
  return wrong_url(ErrorCode::unprocessable, "names an address that is not public",
                   "Use a public address, or start the server with --webhook-allow-private and "
                   "the range of addresses that may be called.");
}

factory::Status check_events(const std::vector<std::string>& events,
                             const std::vector<EventType>& known) {
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (is_known(events[i], known)) continue;
    std::vector<std::string> types;
    types.reserve(known.size());
    for (const EventType& event : known) types.push_back(event.type);
    const std::string near = nearest(events[i], types);
    return Error{
        ErrorCode::unprocessable,
        "There is no event type " + excerpt(events[i], 80) + ".",
        near.empty() ? "GET /v1/webhooks/events lists them." : "Did you mean " + near + "?",
        {{"/events/" + std::to_string(i), "is no type of event"}},
        {}};
  }
  return Done{};
}

}  // namespace factory::webhook
