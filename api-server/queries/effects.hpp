#pragma once

#include "http/services.hpp"

namespace factory::queries {

/// GET /v1/effects: what is to be done outside the house, by status; the dead letters by default.
Result<http::Answer> effects(const Services& services, const http::Request& request);

/// POST /v1/effects/{effect_id}/replay: makes a dead letter due again at once. `not_found` if no
/// dead letter has this id.
Result<http::Answer> replay_effect(const Services& services, const http::Request& request);

}  // namespace factory::queries
