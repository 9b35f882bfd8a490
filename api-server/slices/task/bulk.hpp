#pragma once

#include "http/services.hpp"

namespace factory::task {

/// POST /v1/tasks/bulk: the same for up to 100 tasks. Each is a command of its own with the
/// idempotency key `<key>#<index>`: one that is refused leaves the others alone, and a repetition
/// of the request finds each where it was left. Answers 200 with every item's own outcome.
Result<http::Answer> bulk(const Services& services, const http::Request& request);

}  // namespace factory::task
