#include <utility>

#include "common/json_writer.hpp"
#include "slices/report/report.hpp"

namespace factory::report {
namespace {

void put_or_null(JsonWriter& doc, std::string_view name, const std::string& text) {
  doc.key(name);
  if (text.empty()) {
    doc.null();
  } else {
    doc.value(text);
  }
}

/// As the route's first description has them: there at any time, null until it is reviewed.
void put_outcome(JsonWriter& doc, const std::optional<Outcome>& outcome) {
  const Outcome none;
  const Outcome& shown = outcome ? *outcome : none;
  doc.key("reviewed_at").value(outcome ? std::optional(outcome->at) : std::nullopt);
  put_or_null(doc, "reviewed_by", shown.reviewed_by);
  put_or_null(doc, "review_notes", shown.notes);
  doc.put_some("decided_by", shown.by);
}

void put_checks(JsonWriter& doc, const State& state) {
  doc.key("checks").begin_array();
  for (const auto& [name, check] : state.checks) {
    doc.begin_object().put("name", name).put("status", name_of(check.status));
    doc.put_some("details", check.details).put("submission", check.submission);
    doc.put("exempted", state.exemptions.count(name) == 1);
    doc.put("reported_by", check.by).put("at", check.at).end_object();
  }
  doc.end_array();
  doc.put("failing_checks", state.failing());
  doc.key("exemptions").begin_array();
  for (const auto& [check, exemption] : state.exemptions) {
    doc.begin_object().put("check", check).put("reason", exemption.reason);
    doc.put("expires_at", exemption.expires_at).put("granted_by", exemption.by);
    doc.put("at", exemption.at).end_object();
  }
  doc.end_array();
}

std::string_view status_word(const Past& past) {
  return past.status == Status::pending_review ? "superseded" : name_of(past.status);
}

void put_history(JsonWriter& doc, const State& state) {
  doc.key("history").begin_array();
  for (const Past& past : state.history) {
    doc.begin_object().put("submission", past.submission).put("status", status_word(past));
    doc.put("server_name", past.server_name).put("submitted_at", past.at);
    doc.put("submitted_by", past.by).put("report_digest", past.report_digest);
    doc.put("approval_id", past.gate_id);
    put_outcome(doc, past.outcome);
    doc.end_object();
  }
  doc.end_array();
}

std::string document(const std::string& id, const State& state) {
  const Submitted& current = state.current;
  JsonWriter doc;
  doc.begin_object().put("id", id).put("server_name", current.server_name);
  doc.put("repository_url", current.repository_url);
  doc.put("developer_email", current.developer_email);
  doc.put("status", name_of(state.status)).put("submitted_at", current.at);
  put_outcome(doc, state.outcome);
  doc.put("submission", current.submission).put("submitted_by", current.by);
  doc.put("digest", state.digest).put("report_digest", current.report_digest);
  doc.put("report_size", current.report_size).put("excerpt", current.excerpt);
  doc.put("html_url", "/api/v1/reports/" + id + "/html");
  doc.put("approval_id", current.gate_id).put("task_id", current.task_id);
  put_checks(doc, state);
  put_history(doc, state);
  return doc.end_object().take();
}

}  // namespace

View view(const std::string& id, const State& state) {
  const Submitted& current = state.current;
  View view;
  view.status = name_of(state.status);
  view.doc = document(id, state);
  view.text = current.server_name + '\n' + current.repository_url + '\n' + current.developer_email +
              '\n' + current.excerpt;
  const std::int64_t at = to_millis(current.at);
  view.index = {{"report", "", 0, at}, {"report.status", view.status, 0, at}};
  return view;
}

}  // namespace factory::report
