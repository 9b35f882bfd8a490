#include "queries/effects.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace factory::queries {
namespace {

using http::Answer;
using http::Request;
using nlohmann::json;

constexpr int most_dead = 1000;

json document(const storage::EffectRow& effect) {
  json doc{{"id", effect.id},
           {"kind", effect.kind},
           {"status", effect.status},
           {"subject", json::parse(effect.payload).value("subject", "")},
           {"entity_id", effect.stream},
           {"attempts", effect.attempts},
           {"due", format_time(effect.due)}};
  if (!effect.error.empty()) doc["error"] = effect.error;
  return doc;
}

}  // namespace

Result<Answer> effects(const Services& services, const Request& request) {
  const auto status = request.query.value("status", std::string("dead"));
  json list = json::array();
  for (const storage::EffectRow& effect :
       services.store.list_effects(status, request.query.value("limit", 20))) {
    list.push_back(document(effect));
  }
  Answer answer;
  answer.body = json{{"effects", std::move(list)}, {"next_cursor", nullptr}}.dump();
  return answer;
}

Result<Answer> replay_effect(const Services& services, const Request& request) {
  const std::string& id = request.path.at("effect_id");
  std::vector<storage::EffectRow> dead = services.store.list_effects("dead", most_dead);
  const auto found =
      std::find_if(dead.begin(), dead.end(), [&](const auto& effect) { return effect.id == id; });
  if (found == dead.end()) {
    return Error{ErrorCode::not_found,
                 "There is no dead letter " + id + ".",
                 "GET /v1/effects lists them.",
                 {},
                 {}};
  }
  const storage::EffectOutcome again{id, "pending", services.clock.now(), found->error};
  services.runner.with_store([&](storage::Store& store) { store.settle_effects({&again, 1}); });
  found->status = again.status;
  found->due = again.due;
  Answer answer;
  answer.body = document(*found).dump();
  return answer;
}

}  // namespace factory::queries
