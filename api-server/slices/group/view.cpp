#include "common/digest.hpp"
#include "common/json_writer.hpp"
#include "domain/names.hpp"
#include "slices/group/group.hpp"

namespace factory::group {

std::string stream_of(std::string_view name) {
  const std::string hex = to_hex(sha256("group:", normal_name(name)));
  return std::string(Definition::prefix) + "_" + hex.substr(0, 32);
}

View view(const std::string& id, const State& state) {
  JsonWriter doc;
  doc.begin_object().put("id", id).put("status", name_of(state.status));
  doc.put("name", state.created.name).put("description", state.created.description);
  doc.put("members", state.members);
  doc.put("created_by", state.created.by).put("created_at", state.created.at);
  if (state.status == Status::deleted) {
    doc.put("deleted_by", state.deleted_by).put("deleted_at", state.deleted_at);
  }
  return {std::string(name_of(state.status)), doc.end_object().take(), "", {}};
}

}  // namespace factory::group
