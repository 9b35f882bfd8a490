#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "common/clock.hpp"
#include "domain/ladder.hpp"
#include "domain/policy.hpp"

/// What can happen to a go-live report.
namespace factory::report {

enum class Verdict { approved, rejected };
enum class CheckStatus { pass, fail, warn };

/// How go-live reports are reviewed, as schemas/review/golive.json declares it.
struct ReviewPlan {
  std::string title;  ///< of the gate; the server's name is put behind it
  Priority priority = Priority::medium;
  SlaTable sla{};
  GatePolicy policy;
  int longest_exemption_days = 90;
  std::shared_ptr<const Ladder> ladder = nullptr;  ///< null: the plain one of tasks
  static constexpr auto fields() {
    return std::tuple{field("title", &ReviewPlan::title),
                      field("priority", &ReviewPlan::priority),
                      field("sla", &ReviewPlan::sla),
                      field("policy", &ReviewPlan::policy),
                      field("longest_exemption_days", &ReviewPlan::longest_exemption_days),
                      field("ladder", &ReviewPlan::ladder)};
  }
};

/// A report came in: the first of its repository, or a newer one that takes the place of the one
/// before. The text itself is in the blob store.
struct Submitted {
  static constexpr std::string_view type = "report.submitted";
  int submission = 1;  ///< counted for the repository
  std::string server_name;
  std::string repository_url;  ///< as it was given
  std::string repository;      ///< what the URL comes to: host/path in lower case
  std::string developer_email;
  std::string report_digest;  ///< SHA-256 of the text
  std::int64_t report_size = 0;
  std::string excerpt;  ///< how the text begins
  std::string digest;   ///< of all that is decided on (State::digest)
  std::string gate_id;
  std::string task_id;
  /// Set: the gate opens with it, by this plan. Otherwise it waits already, for the submission
  /// before.
  std::optional<ReviewPlan> plan;
  std::string by;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("submission", &Submitted::submission),
                      field("server_name", &Submitted::server_name),
                      field("repository_url", &Submitted::repository_url),
                      field("repository", &Submitted::repository),
                      field("developer_email", &Submitted::developer_email),
                      field("report_digest", &Submitted::report_digest),
                      field("report_size", &Submitted::report_size),
                      field("excerpt", &Submitted::excerpt),
                      field("digest", &Submitted::digest),
                      field("gate_id", &Submitted::gate_id),
                      field("task_id", &Submitted::task_id),
                      field("plan", &Submitted::plan),
                      field("by", &Submitted::by),
                      field("at", &Submitted::at)};
  }
};

/// An automated check said something. It stands until the same check says something else, also
/// over later submissions.
struct CheckReported {
  static constexpr std::string_view type = "report.check_reported";
  std::string name;
  CheckStatus status = CheckStatus::pass;
  std::string details;
  int submission = 1;  ///< the one that was checked
  std::string digest;
  std::string by;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("name", &CheckReported::name),
                      field("status", &CheckReported::status),
                      field("details", &CheckReported::details),
                      field("submission", &CheckReported::submission),
                      field("digest", &CheckReported::digest),
                      field("by", &CheckReported::by),
                      field("at", &CheckReported::at)};
  }
};

/// Somebody who may decide lets a failing check pass until a moment.
struct Exempted {
  static constexpr std::string_view type = "report.exempted";
  std::string check;
  std::string reason;
  Time expires_at{};
  std::string digest;
  std::string by;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("check", &Exempted::check),
                      field("reason", &Exempted::reason),
                      field("expires_at", &Exempted::expires_at),
                      field("digest", &Exempted::digest),
                      field("by", &Exempted::by),
                      field("at", &Exempted::at)};
  }
};

struct ExemptionExpired {
  static constexpr std::string_view type = "report.exemption_expired";
  std::string check;
  std::string digest;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("check", &ExemptionExpired::check),
                      field("digest", &ExemptionExpired::digest),
                      field("at", &ExemptionExpired::at)};
  }
};

/// A person decided over the report's own route; the vote at the gate follows in the same commit.
struct ReviewGiven {
  static constexpr std::string_view type = "report.review_given";
  Verdict verdict = Verdict::approved;
  std::string reviewed_by;  ///< as it was given
  std::string notes;
  std::vector<std::string> requested_changes;
  std::string shown;  ///< the digest of what the person was shown; empty: what stood was taken
  std::string by;     ///< the principal
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("verdict", &ReviewGiven::verdict),
                      field("reviewed_by", &ReviewGiven::reviewed_by),
                      field("notes", &ReviewGiven::notes),
                      field("requested_changes", &ReviewGiven::requested_changes),
                      field("shown", &ReviewGiven::shown),
                      field("by", &ReviewGiven::by),
                      field("at", &ReviewGiven::at)};
  }
};

/// The gate closed, whichever way the decision came.
struct Approved {
  static constexpr std::string_view type = "report.approved";
  std::string by;           ///< the principal whose vote closed it; "system": the deadline
  std::string reviewed_by;  ///< as it was given; the principal's name where nothing was
  std::string notes;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("by", &Approved::by), field("reviewed_by", &Approved::reviewed_by),
                      field("notes", &Approved::notes), field("at", &Approved::at)};
  }
};
struct Rejected {
  static constexpr std::string_view type = "report.rejected";
  std::string by;
  std::string reviewed_by;
  std::string notes;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("by", &Rejected::by), field("reviewed_by", &Rejected::reviewed_by),
                      field("notes", &Rejected::notes), field("at", &Rejected::at)};
  }
};

/// A vote was taken back. `reopened`: it was the deciding one, the report waits again.
struct ReviewRescinded {
  static constexpr std::string_view type = "report.review_rescinded";
  std::string person;
  bool reopened = false;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("person", &ReviewRescinded::person),
                      field("reopened", &ReviewRescinded::reopened),
                      field("at", &ReviewRescinded::at)};
  }
};

using Event = std::variant<Submitted, CheckReported, Exempted, ExemptionExpired, ReviewGiven,
                           Approved, Rejected, ReviewRescinded>;

}  // namespace factory::report

namespace factory {
template <>
struct EnumNames<report::Verdict> {
  static constexpr std::array<std::string_view, 2> names{"approved", "rejected"};
};
template <>
struct EnumNames<report::CheckStatus> {
  static constexpr std::array<std::string_view, 3> names{"pass", "fail", "warn"};
};
}  // namespace factory
