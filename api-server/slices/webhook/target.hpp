#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/addresses.hpp"
#include "common/catalog.hpp"
#include "common/result.hpp"

/// Where webhooks may point and what they may ask for. Thread-safe, pure.
namespace factory::webhook {

/// Whether a connection to this address (4 or 16 bytes) may be made: it is public, or allowed.
bool may_connect(std::string_view address, const AddressRanges& allowed);

/// ok, or `invalid_request` or `unprocessable` that names the field /url: no http or https address,
/// credentials or a fragment in it, or a host that is known not to be allowed without looking it
/// up. Names are looked up when something is sent, and their addresses are checked then.
factory::Status check_url(const std::string& url, const AddressRanges& allowed);

/// ok, or `unprocessable` that names the item of /events and the nearest type: each must be a type
/// of schemas/events/, the beginning of some with ".*", or "*".
factory::Status check_events(const std::vector<std::string>& events,
                             const std::vector<EventType>& known);

}  // namespace factory::webhook
