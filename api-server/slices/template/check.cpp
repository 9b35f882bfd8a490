#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "common/schema.hpp"
#include "slices/template/definition.hpp"

namespace factory::pipeline_template {

namespace {

using nlohmann::json;

const std::vector<std::string> kDeciders{"owner", "admin", "operator"};
const std::vector<std::string> kChannels{"rest", "mcp", "web", "discord"};

std::string in_quotes(const std::string& text) { return "\"" + text + "\""; }

int number_at(const json& object, const char* name) { return object.value(name, 0); }

/// Walks over a definition whose shape fits and whose parameters are filled in.
class Check {
 public:
  explicit Check(const json& definition) : definition_(definition) {
    for (const json& stage : definition["stages"]) {
      names_.push_back(stage["name"].get<std::string>());
    }
  }

  std::vector<FieldError> run() {
    const json& stages = definition_["stages"];
    for (std::size_t i = 0; i < stages.size(); ++i) {
      check_stage(stages[i], i, "/stages/" + std::to_string(i));
    }
    if (definition_.contains("retry_policy")) {
      check_policy(definition_["retry_policy"], "/retry_policy");
    }
    const json priorities = definition_.value("priorities", json::object());
    for (const auto& [priority, sla] : priorities.items()) {
      check_sla(sla, "/priorities/" + priority);
    }
    const auto take = [this](const std::vector<FieldError>& errors) {
      errors_.insert(errors_.end(), errors.begin(), errors.end());
    };
    if (definition_.contains("ladder")) take(check_ladder(definition_["ladder"], "/ladder"));
    if (definition_.contains("calendar")) {
      take(check_calendar(definition_["calendar"], "/calendar"));
    }
    return std::move(errors_);
  }

 private:
  void check_stage(const json& stage, std::size_t index, const std::string& at) {
    for (std::size_t i = 0; i < index; ++i) {
      if (names_[i] != names_[index]) continue;
      add(at + "/name", "is the name of stage " + std::to_string(i) + ", too");
      break;
    }
    if (index + 1 == names_.size()) {
      for (const char* part : {"work", "gate"}) {
        if (!stage.contains(part)) continue;
        add(at + "/" + part,
            "the last stage is where a pipeline is completed; it has no " + std::string(part));
      }
    }
    check_checks(stage, at + "/checks");
    if (stage.contains("gate")) check_gate(stage, index, at + "/gate");
    if (stage.contains("retry_to")) check_way_back(stage["retry_to"], index, at + "/retry_to");
  }

  void check_checks(const json& stage, const std::string& at) {
    const json checks = stage.value("checks", json::array());
    if (!checks.empty() && !stage.contains("work")) {
      add(at, "a stage without work reports nothing that could be checked");
    }
    std::set<std::string> kinds;
    for (std::size_t i = 0; i < checks.size(); ++i) {
      const json& check = checks[i];
      const auto kind = check["kind"].get<std::string>();
      const std::string here = at + "/" + std::to_string(i);
      if (!kinds.insert(kind).second) add(here + "/kind", "stands twice in this stage");
      belongs(check, "percent", kind == "coverage_at_least", kind, here);
      belongs(check, "assets", kind == "assets_present", kind, here);
    }
  }

  /// A member that one kind of check needs and the others do not know.
  void belongs(const json& check, const char* member, bool wanted, const std::string& kind,
               const std::string& at) {
    if (wanted == check.contains(member)) return;
    add(at + "/" + member,
        wanted ? "is missing; " + kind + " needs it" : "is nothing that " + kind + " looks at");
  }

  void check_gate(const json& stage, std::size_t index, const std::string& at) {
    const json& gate = stage["gate"];
    if (gate.value("opens", "entry") == "work_reported" && !stage.contains("work")) {
      add(at + "/opens", "this stage has no work to report; the gate would never open");
    }
    if (gate.contains("reject_to")) check_way_back(gate["reject_to"], index, at + "/reject_to");
    if (gate.contains("policy")) check_policy(gate["policy"], at + "/policy");
  }

  void check_way_back(const json& target, std::size_t index, const std::string& at) {
    const auto name = target.get<std::string>();
    for (std::size_t i = 0; i <= index; ++i) {
      if (names_[i] == name) return;
    }
    for (std::size_t i = index + 1; i < names_.size(); ++i) {
      if (names_[i] == name) {
        return add(at, in_quotes(name) + " comes later; this leads back to " +
                           in_quotes(names_[index]) + " or an earlier stage");
      }
    }
    const std::string meant = nearest(name, names_);
    add(at, "there is no stage " + in_quotes(name) +
                (meant.empty() ? "" : "; did you mean " + in_quotes(meant) + "?"));
  }

  void check_policy(const json& policy, const std::string& at) {
    const json rules = policy.value("rules", json::array());
    for (std::size_t i = 0; i < rules.size(); ++i) {
      const std::string rule = at + "/rules/" + std::to_string(i);
      check_words(rules[i], "roles", kDeciders, rule);
    }
    check_words(policy, "channels", kChannels, at);
    if (policy.contains("deadline")) check_deadline(policy["deadline"], at + "/deadline");
  }

  void check_words(const json& holder, const char* member, const std::vector<std::string>& known,
                   const std::string& at) {
    const json words = holder.value(member, json::array());
    for (std::size_t i = 0; i < words.size(); ++i) {
      const auto word = words[i].get<std::string>();
      if (std::find(known.begin(), known.end(), word) != known.end()) continue;
      std::string choice;
      for (const std::string& one : known) choice += (choice.empty() ? "" : ", ") + in_quotes(one);
      add(at + "/" + member + "/" + std::to_string(i), "expected one of " + choice);
    }
  }

  void check_deadline(const json& deadline, const std::string& at) {
    const int minutes = number_at(deadline, "minutes");
    if (minutes == 0) return;
    if (number_at(deadline, "warn_minutes") >= minutes) {
      add(at + "/warn_minutes",
          "must be less than the deadline's " + std::to_string(minutes) + " minutes");
    }
    if (deadline.value("outcome", "escalate") != "extend") return;
    for (const char* member : {"extend_minutes", "max_extensions"}) {
      if (number_at(deadline, member) == 0) {
        add(at + "/" + member, "must be at least 1 for the outcome extend");
      }
    }
  }

  /// A step that is 0 is left out; the others come one after the other.
  void check_sla(const json& sla, const std::string& at) {
    const char* before = nullptr;
    for (const char* step : {"warn_minutes", "breach_minutes", "escalate_minutes"}) {
      if (number_at(sla, step) == 0) continue;
      if (before != nullptr && number_at(sla, before) > number_at(sla, step)) {
        add(at + "/" + step, "comes before " + std::string(before));
      }
      before = step;
    }
  }

  void add(std::string pointer, std::string detail) {
    errors_.push_back({std::move(pointer), std::move(detail)});
  }

  const json& definition_;
  std::vector<std::string> names_;
  std::vector<FieldError> errors_;
};

}  // namespace

std::vector<FieldError> check_filled(const json& filled) {
  std::vector<FieldError> errors = check_shape(filled);
  return errors.empty() ? Check(filled).run() : errors;
}

}  // namespace factory::pipeline_template
