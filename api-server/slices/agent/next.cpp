#include "slices/agent/next.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "flows/hand_out.hpp"
#include "slices/agent/show.hpp"

namespace factory::agent {
namespace {

using http::Answer;
using http::Request;
using nlohmann::json;

constexpr int at_a_time = 100;
constexpr int most_looked_at = 5'000;

struct Filter {
  std::vector<std::string> capabilities;
  std::string stage;
  std::string pipeline_id;
};

std::string text(const json& body, const char* name) {
  const auto found = body.find(name);
  return found != body.end() && found->is_string() ? found->get<std::string>() : "";
}

/// A capability is the name of a stage or of a type of work; who names none takes all.
bool fits(const Filter& filter, const json& offer) {
  const std::string stage = text(offer, "stage");
  if (!filter.stage.empty() && filter.stage != stage) return false;
  if (!filter.pipeline_id.empty() && filter.pipeline_id != text(offer, "pipeline_id")) return false;
  const auto& known = filter.capabilities;
  return known.empty() || std::find(known.begin(), known.end(), stage) != known.end() ||
         std::find(known.begin(), known.end(), text(offer, "type")) != known.end();
}

/// The request as the agent itself would make it, also where somebody who manages it asks.
Request as_agent(const Request& request, const std::string& name) {
  Request own = request;
  own.if_match.reset();
  if (own.principal.id == name) return own;
  own.principal.type = ActorType::agent;
  own.principal.role = Role::agent;
  own.principal.id = name;
  own.principal.groups.clear();
  return own;
}

class Handout {
 public:
  Handout(const Services& services, HandingOut& handing, const Request& own, std::string agent_id)
      : services_(services), handing_(handing), own_(own), agent_id_(std::move(agent_id)) {}

  /// Goes through what waits for `whom`; an answer once something was taken.
  std::optional<Result<Answer>> from(const std::string& whom, const Filter& filter) {
    storage::ViewQuery query;
    query.tag = storage::Tag{"agent.work", whom, 0, 0};
    query.limit = at_a_time;
    for (int looked_at = 0; looked_at < most_looked_at; looked_at += at_a_time) {
      const storage::ViewPage page = services_.store.query_views(query);
      for (const storage::ViewRow& row : page.rows) {
        const json offer = flows::offer_of(json::parse(row.doc));
        if (!fits(filter, offer)) continue;
        if (auto taken = take(offer)) return taken;
      }
      if (page.next_cursor.empty()) return std::nullopt;
      query.cursor = page.next_cursor;
    }
    return std::nullopt;
  }

  [[nodiscard]] Answer empty() const { return with(json(nullptr)); }

 private:
  [[nodiscard]] Answer with(json task) const {
    Answer answer;
    answer.body = json{{"agent_id", agent_id_}, {"task", std::move(task)}}.dump();
    return answer;
  }

  /// nullopt: somebody else was faster.
  std::optional<Result<Answer>> take(const json& offer) {
    const std::string id = offer.at("id");
    const HandingOut::Turn turn(handing_, id);
    if (!turn.mine()) return std::nullopt;
    engine::Command command = flows::take_offer(offer);
    const auto told = [&](const engine::Written& written) {
      json taken = flows::offer_of(json::parse(written.view(id).doc));
      return json{{"agent_id", agent_id_}, {"task", std::move(taken)}}.dump();
    };
    auto answer = http::command(services_, own_, id, std::move(command.command), 200, told);
    if (!answer) {
      const ErrorCode code = answer.error().code;
      const bool lost = code == ErrorCode::conflict || code == ErrorCode::already_decided ||
                        code == ErrorCode::not_found;
      if (lost) return std::nullopt;
      return answer;
    }
    answer->etag.reset();  // it would be the version of the work, not of the agent
    return answer;
  }

  const Services& services_;
  HandingOut& handing_;
  const Request& own_;
  std::string agent_id_;
};

/// An agent whose lease ran out and whose timer has not fired yet would lose at once what it takes.
factory::Status bring_back(const Services& services, const Request& own, const std::string& id,
                           std::optional<Time> lapsed) {
  Request plain = own;
  plain.idempotency_key.clear();
  const auto back = http::command(services, plain, id, Command{Heartbeat{Status::active, lapsed}});
  if (!back) return back.error();
  return Done{};
}

}  // namespace

Result<Answer> next(const Services& services, Leases& leases, HandingOut& handing,
                    const Request& request) {
  const auto row = find(services, request);
  if (!row) return row.error();
  const json doc = json::parse(row->doc);
  const std::string name = doc.at("name");
  if (!speaks_for(request.principal, name)) return not_allowed(request.principal, name);
  if (row->status == name_of(Status::deregistered)) {
    return Error{ErrorCode::conflict,
                 "The agent " + name + " was deregistered.",
                 "Register it again.",
                 {},
                 {}};
  }
  const Request own = as_agent(request, name);
  if (!own.idempotency_key.empty()) {
    if (auto given = http::given_before(services.store, own)) return *std::move(given);
  }
  const Leases::Renewal renewal = leases.touch(row->id, services.clock.now());
  if (renewal.lapsed) {
    const auto back = bring_back(services, own, row->id, renewal.lapsed);
    if (!back) return back.error();
  }
  Filter filter{doc.at("capabilities").get<std::vector<std::string>>(), text(request.body, "stage"),
                text(request.body, "pipeline_id")};
  if (request.body.contains("capabilities")) {
    filter.capabilities = request.body["capabilities"].get<std::vector<std::string>>();
  }
  Handout handout(services, handing, own, row->id);
  for (const std::string& whom : {name, std::string()}) {
    if (auto taken = handout.from(whom, filter)) return *std::move(taken);
  }
  return handout.empty();
}

}  // namespace factory::agent
