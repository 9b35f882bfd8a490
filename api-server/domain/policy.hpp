#pragma once

#include <array>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "domain/fields.hpp"

namespace factory {

enum class Priority { critical, high, medium, low };
template <>
struct EnumNames<Priority> {
  static constexpr std::array<std::string_view, 4> names{"critical", "high", "medium", "low"};
};

/// Whether somebody involved may decide: `when_possible` excludes them as long as the policy can
/// be met without them.
enum class Exclusion { always, when_possible, never };
template <>
struct EnumNames<Exclusion> {
  static constexpr std::array<std::string_view, 3> names{"always", "when_possible", "never"};
};

/// What happens when a gate's deadline passes without a decision.
enum class DeadlineOutcome { escalate, approve, reject, extend };
template <>
struct EnumNames<DeadlineOutcome> {
  static constexpr std::array<std::string_view, 4> names{"escalate", "approve", "reject", "extend"};
};

/// `count` distinct persons who hold one of the roles or belong to one of the groups. Both empty:
/// anybody who may decide.
struct ApproverRule {
  int count = 1;
  std::vector<std::string> roles;
  std::vector<std::string> groups;
  static constexpr auto fields() {
    return std::tuple{field("count", &ApproverRule::count), field("roles", &ApproverRule::roles),
                      field("groups", &ApproverRule::groups)};
  }
};

struct Deadline {
  int minutes = 0;       ///< after the gate opened; its clock stops while the pipeline is paused
  int warn_minutes = 0;  ///< before the deadline; 0: no warning
  DeadlineOutcome outcome = DeadlineOutcome::escalate;
  int extend_minutes = 0;  ///< for `extend`
  int max_extensions = 0;  ///< after these the gate escalates
  static constexpr auto fields() {
    return std::tuple{
        field("minutes", &Deadline::minutes), field("warn_minutes", &Deadline::warn_minutes),
        field("outcome", &Deadline::outcome), field("extend_minutes", &Deadline::extend_minutes),
        field("max_extensions", &Deadline::max_extensions)};
  }
};

/// Who must decide, as data. Each rule must be met; one person fills one place of one rule. One
/// rejection rejects.
struct GatePolicy {
  std::vector<ApproverRule> rules{ApproverRule{}};
  Exclusion exclude_requester = Exclusion::when_possible;
  Exclusion exclude_reporter = Exclusion::when_possible;
  std::vector<std::string> channels;  ///< over which a decision may come; empty: any
  std::optional<Deadline> deadline;
  bool decide_by_comment = true;  ///< whether a comment may carry the decision
  static constexpr auto fields() {
    return std::tuple{field("rules", &GatePolicy::rules),
                      field("exclude_requester", &GatePolicy::exclude_requester),
                      field("exclude_reporter", &GatePolicy::exclude_reporter),
                      field("channels", &GatePolicy::channels),
                      field("deadline", &GatePolicy::deadline),
                      field("decide_by_comment", &GatePolicy::decide_by_comment)};
  }
};

/// The clock of a task, per priority. Minutes after it opened (0: never).
struct Sla {
  int warn_minutes = 0;
  int breach_minutes = 0;
  int escalate_minutes = 0;
  static constexpr auto fields() {
    return std::tuple{field("warn_minutes", &Sla::warn_minutes),
                      field("breach_minutes", &Sla::breach_minutes),
                      field("escalate_minutes", &Sla::escalate_minutes)};
  }
};

/// One Sla a priority, in the order critical, high, medium, low.
using SlaTable = std::array<Sla, 4>;

}  // namespace factory
