#include "common/json_writer.hpp"
#include "slices/session/session.hpp"

namespace factory::session {

View view(const std::string& id, const State& state) {
  const Started& started = state.started;
  JsonWriter doc;
  doc.begin_object().put("id", id).put("status", name_of(state.status));
  doc.put("user", started.user).put("channel", started.channel).put("how", started.how);
  doc.put("address", started.address).put("user_agent", started.user_agent);
  doc.put("started_at", started.at).put("refreshed_at", state.refreshed_at);
  doc.put("expires_at", state.expires_at);
  if (state.status != Status::active && state.status != Status::none) {
    doc.put("ended_by", state.ended_by).put("ended_at", state.ended_at);
    doc.put_some("end_reason", state.end_reason);
  }
  View view{std::string(name_of(state.status)), doc.end_object().take(), "", {}};
  // Newest first: the list goes by rank.
  view.index.push_back({"session.user", started.user_id, 0, -to_millis(started.at)});
  return view;
}

}  // namespace factory::session
