#pragma once

#include <string>

#include "common/clock.hpp"
#include "common/http_client.hpp"
#include "engine/outbox.hpp"
#include "storage/store.hpp"

namespace factory::effects {

/// Tells one URL what waits for people, is late or was decided, by a POST of
///   {"id","type":"task.sla_warning","at","data":<the document as it stands now>}
/// and, if what caused it was part of a trace, the header `traceparent` (W3C Trace Context).
/// `id` is the same in each repetition; any 2xx answer is delivery. What has been decided since
/// is not announced as waiting any more. References must outlive the handler.
engine::EffectHandler announce_to(const std::string& url, HttpClient& client, storage::Store& store,
                                  const Clock& clock);

}  // namespace factory::effects
