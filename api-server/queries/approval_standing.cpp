#include "queries/approval_standing.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/json_members.hpp"
#include "common/text.hpp"
#include "domain/standing.hpp"
#include "engine/codec.hpp"
#include "queries/words.hpp"

namespace factory::queries {
namespace {

using nlohmann::json;
using Names = std::vector<std::string>;

/// What of the document the rules of domain/standing.hpp look at.
struct Read {
  GatePolicy policy;
  Involved involved;
  Names approvers;
  Names voters;
  std::vector<Delegation> delegations;
};

Read read(const json& gate) {
  Read result;
  engine::decode(gate.at("policy"), result.policy);
  result.involved = {gate.value("requester", ""), gate.value("reporters", Names{})};
  for (const json& vote : gate.at("votes")) {
    const auto person = vote.at("person").get<std::string>();
    result.voters.push_back(person);
    if (vote.at("decision") == "approved") {
      result.approvers.push_back(vote.value("on_behalf_of", person));
    }
  }
  for (const json& delegation : gate.at("delegations")) {
    result.delegations.push_back({delegation.at("from"), delegation.at("to")});
  }
  return result;
}

Names able(const Read& known, const Directory& people) {
  return deciders(known.policy, known.involved, known.delegations, known.approvers, known.voters,
                  people);
}

}  // namespace

std::vector<std::string> able(std::string_view gate, const Directory& people) {
  const json known = json::parse(
      pick_members(gate, {"status", "policy", "requester", "reporters", "votes", "delegations"}));
  return known.at("status") == "pending" ? able(read(known), people) : Names{};
}

void add_standing(json& gate, const Directory& people) {
  gate["missing"] = json::array();
  gate["eligible"] = json::array();
  if (gate.at("status") != "pending") return;
  const Read known = read(gate);
  const Standing now = standing(known.policy, known.involved, known.approvers, people);
  gate["current_approvers"] = now.filled;
  gate["missing"] = now.missing;
  gate["eligible"] = able(known, people);
  gate["satisfiable"] = now.satisfiable;
}

std::string next_step(const json& gate) {
  const auto status = gate.at("status").get<std::string>();
  if (status != "pending") {
    return gate.contains("subject") ? next_step_of_report(status) : next_step(status, nullptr);
  }
  const std::string missing = join(gate.at("missing").get<Names>(), " and ");
  if (!gate.value("satisfiable", true)) {
    return "Waits for " + missing +
           ", which the people who exist cannot give: create a key for another person with "
           "`factory-api key create`" +
           (gate.contains("subject") ? "." : ", or archive the pipeline.");
  }
  return "Waits for " + missing + ": " + either(gate.at("eligible").get<Names>()) +
         " can decide, with the digest of what was seen.";
}

std::string next_step_of_report(const std::string& status) {
  if (status == "approved") return "Approved: the report says so, and its submitter is told.";
  if (status == "rejected") return "Rejected: submit the reworked report anew.";
  return "Cancelled: nothing is to be decided here any more.";
}

std::string next_step(const std::string& status, const storage::ViewRow* pipeline) {
  std::string where;
  if (pipeline != nullptr) {
    const auto stage =
        std::find_if(pipeline->tags.begin(), pipeline->tags.end(),
                     [](const storage::Tag& tag) { return tag.key == "pipeline.stage"; });
    if (pipeline->status == "completed") {
      where = "the pipeline is completed";
    } else if (stage != pipeline->tags.end()) {
      where = "the pipeline is in stage " + stage->value + " now";
      if (pipeline->status != "active") where += ", " + pipeline->status;
    }
  }
  if (status == "approved") {
    return where.empty() ? "Approved: nothing is left to decide here." : "Approved: " + where + ".";
  }
  if (status == "rejected") {
    return where.empty() ? "Rejected: nothing is left to decide here; a task says what to mend."
                         : "Rejected: " + where + ", and a task says what to mend.";
  }
  return "Cancelled: nothing is to be decided here any more.";
}

}  // namespace factory::queries
