#include "queries/task_timer.hpp"

#include <nlohmann/json.hpp>

#include "queries/approval_standing.hpp"

namespace factory::queries {

using nlohmann::json;

task::TimerFired task_timer(storage::Store& store, const Directory& people,
                            const storage::TimerRow& timer) {
  task::TimerFired fired{timer.name};
  if (timer.name != task::ladder_timer) return fired;
  const auto row = store.get_view(timer.stream);
  if (!row) return fired;
  const std::string gate_id = json::parse(row->doc).value("approval_id", "");
  if (gate_id.empty()) return fired;
  const auto gate = store.get_view(gate_id);
  if (gate) fired.able = able(gate->doc, people);
  return fired;
}

}  // namespace factory::queries
