#pragma once

#include <memory>
#include <vector>

#include "engine/runner.hpp"
#include "slices/gate/gate.hpp"
#include "slices/task/task.hpp"

namespace factory::flows {

/// Who may decide the task of a gate that opens.
std::shared_ptr<const task::Deciders> deciders_of(const gate::Opened& opened);

/// A vote, a delegation or a new subject at a gate that still waits: its task learns who need not
/// be told any more, and who else may be. `happened` is of a gate.
void follow_votes(const engine::Happened& happened, std::vector<engine::Command>& out);

/// What happens to tasks, gates, pipelines, comments and webhooks becomes a notification for each person whom it
/// concerns, at most task::most_recipients of one event.
void follow_notify(const engine::Happened& happened, std::vector<engine::Command>& out);

}  // namespace factory::flows
