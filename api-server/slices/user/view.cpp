#include "common/digest.hpp"
#include "common/json_writer.hpp"
#include "domain/names.hpp"
#include "slices/user/user.hpp"

namespace factory::user {

std::string stream_of(std::string_view name) {
  const std::string hex = to_hex(sha256("user:", normal_name(name)));
  return std::string(Definition::prefix) + "_" + hex.substr(0, 32);
}

View view(const std::string& id, const State& state) {
  JsonWriter doc;
  doc.begin_object().put("id", id).put("status", name_of(state.status)).put("name", state.name);
  doc.put("display_name", state.display_name).put("email", state.email);
  doc.put("kind", name_of(state.kind)).put("role", name_of(state.role));
  doc.put("groups", state.groups).put("has_password", !state.sealed_hash.empty());
  doc.key("identities").begin_array();
  for (const ExternalId& one : state.identities) {
    doc.begin_object().put("issuer", one.issuer).put("subject", one.subject).end_object();
  }
  doc.end_array();
  doc.put_some("locked_until", state.locked_until);
  doc.key("delegations").begin_array();
  for (const Delegated& one : state.delegations) {
    doc.begin_object().put("id", one.id).put("delegate", one.to);
    doc.put("starts_at", one.starts_at).put("ends_at", one.ends_at);
    doc.put("reason", one.reason).put("created_by", one.by).put("created_at", one.at).end_object();
  }
  doc.end_array();
  doc.put("created_by", state.created_by).put("created_at", state.created_at);
  if (state.disabled_at) {
    doc.put("disabled_by", state.disabled_by).put("disabled_at", *state.disabled_at);
    doc.put_some("disabled_reason", state.disabled_reason);
  }
  // No text: whoever may search need not see who there is.
  return {std::string(name_of(state.status)), doc.end_object().take(), "", {}};
}

}  // namespace factory::user
