#include "common/json_writer.hpp"
#include "slices/agent/agent.hpp"

namespace factory::agent {
namespace {

void put_items(JsonWriter& doc, const char* name, const std::vector<Item>& items) {
  doc.key(name).begin_array();
  for (const Item& item : items) {
    doc.begin_object().put("id", item.id).put("type", item.kind).put("title", item.title);
    doc.put_some("pipeline_id", item.pipeline_id).put_some("pipeline_name", item.pipeline_name);
    doc.put_some("stage", item.stage).put("since", item.since).end_object();
  }
  doc.end_array();
}

/// The task that it works on, and the pipeline, by its name, that this is for: what it took last.
void put_current(JsonWriter& doc, const State& state) {
  const Item* last = state.holding.empty() ? nullptr : &state.holding.back();
  doc.key("current_task");
  last == nullptr ? doc.null() : doc.value(last->id);
  doc.key("pipeline");
  last == nullptr || last->pipeline_name.empty() ? doc.null() : doc.value(last->pipeline_name);
}

}  // namespace

View view(const std::string& id, const State& state) {
  const Registered& profile = state.profile;
  JsonWriter doc;
  doc.begin_object().put("id", id).put("name", profile.name).put("type", profile.kind);
  doc.put("status", name_of(state.status)).put("status_since", state.since);
  doc.put("capabilities", profile.capabilities).put("owner", profile.owner);
  doc.put("lease_ttl_seconds", profile.lease_ttl_seconds);
  put_current(doc, state);
  put_items(doc, "holding", state.holding);
  if (!state.lost.empty()) put_items(doc, "released", state.lost);
  doc.put("registered_by", profile.by).put("registered_at", profile.at);
  doc.put_some("reason", state.reason);

  View view;
  view.status = name_of(state.status);
  view.doc = doc.end_object().take();
  view.text = profile.name + "\n" + profile.kind;
  for (const std::string& capability : profile.capabilities) view.text += "\n" + capability;
  if (state.status != Status::none && state.status != Status::deregistered) {
    view.index.push_back({"agent.status", view.status, 0, to_millis(profile.at)});
  }
  if (!state.lost.empty()) {
    view.index.push_back({"agent.lost_work", "", 0, to_millis(state.since)});
  }
  return view;
}

}  // namespace factory::agent
