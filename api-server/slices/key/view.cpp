#include "common/json_writer.hpp"
#include "slices/key/key.hpp"

namespace factory::key {

View view(const std::string& id, const State& state) {
  const Created& created = state.created;
  JsonWriter doc;
  doc.begin_object().put("id", id).put("status", name_of(state.status));
  doc.put("name", created.name).put("role", name_of(created.role)).put("groups", created.groups);
  doc.put("channel", created.channel).put("hint", created.hint);
  if (!created.scopes.empty()) doc.put("scopes", created.scopes);
  doc.put_some("expires_at", created.expires_at);
  doc.put("created_by", created.by).put("created_at", created.at);
  if (state.rotated) {
    doc.put("rotated_by", state.rotated->by).put("rotated_at", state.rotated->at);
    doc.put("overlap_until", state.rotated->overlap_until);
  }
  if (state.revoked) {
    doc.put("revoked_by", state.revoked->by).put("revoked_at", state.revoked->at);
    doc.put_some("revoke_reason", state.revoked->reason);
  }
  return {std::string(name_of(state.status)), doc.end_object().take(), "", {}};
}

}  // namespace factory::key
