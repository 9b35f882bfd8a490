#pragma once

#include <vector>

#include "engine/runner.hpp"

namespace factory::flows {

/// What happens to tasks, gates, pipelines, comments and webhooks becomes a notification for each
/// person whom it concerns, at most task::most_recipients of one event.
void follow_notify(const engine::Happened& happened, std::vector<engine::Command>& out);

}  // namespace factory::flows
