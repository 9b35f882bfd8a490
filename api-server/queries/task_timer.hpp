#pragma once

#include "domain/principal.hpp"
#include "slices/task/task.hpp"
#include "storage/store.hpp"

namespace factory::queries {

/// The command for a timer of a task. That of its ladder says who can decide the task's gate now:
/// the task itself does not know how the gate stands. Throws StoreFailure. Any thread.
task::TimerFired task_timer(storage::Store& store, const Directory& people,
                            const storage::TimerRow& timer);

}  // namespace factory::queries
