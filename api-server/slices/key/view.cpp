#include <nlohmann/json.hpp>

#include "slices/key/key.hpp"

namespace factory::key {

View view(const std::string& id, const State& state) {
  const Created& created = state.created;
  View view;
  view.status = name_of(state.status);
  view.doc = {{"id", id},
              {"status", view.status},
              {"name", created.name},
              {"role", name_of(created.role)},
              {"groups", created.groups},
              {"channel", created.channel},
              {"hint", created.hint},
              {"created_by", created.by},
              {"created_at", format_time(created.at)}};
  if (state.revoked) {
    view.doc["revoked_by"] = state.revoked->by;
    view.doc["revoked_at"] = format_time(state.revoked->at);
    if (!state.revoked->reason.empty()) view.doc["revoke_reason"] = state.revoked->reason;
  }
  return view;
}

}  // namespace factory::key
