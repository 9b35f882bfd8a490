#include "common/json_writer.hpp"
#include "slices/webhook/webhook.hpp"

namespace factory::webhook {

View view(const std::string& id, const State& state) {
  const Registered& registered = state.registered;
  JsonWriter doc;
  doc.begin_object().put("id", id).put("status", name_of(state.status));
  doc.put("enabled", state.status == Status::enabled);
  doc.put("url", registered.url).put("events", registered.events);
  doc.put("description", registered.description);
  doc.put("created_by", registered.by).put("created_at", registered.at);
  if (state.rotated) {
    doc.put("rotated_by", state.rotated->by).put("rotated_at", state.rotated->at);
    doc.put("overlap_until", state.rotated->overlap_until);
  }
  if (state.disabled) {
    doc.put("disabled_cause", name_of(state.disabled->cause));
    doc.put_some("disabled_reason", state.disabled->reason);
    doc.put("disabled_by", state.disabled->by).put("disabled_at", state.disabled->at);
  }
  if (state.deleted) {
    doc.put("deleted_by", state.deleted->by).put("deleted_at", state.deleted->at);
  }
  return {std::string(name_of(state.status)), doc.end_object().take(), "", {}};
}

}  // namespace factory::webhook
