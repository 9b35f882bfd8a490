#include "common/catalog.hpp"
#include "common/schema.hpp"
#include "tests/slices/report/support.hpp"
#include "tests/support/catch.hpp"

/// The document of a go-live report.
namespace factory::test {
namespace {

using nlohmann::json;

/// What the document breaks of its schema, as the engine completes it; empty if nothing.
std::string misfit(const ReportSpec& spec) {
  json doc = spec.view("report_1").doc;
  doc["version"] = spec.history().size();
  doc["updated_at"] = format_time(spec.state().updated_at);
  const auto wrong = validate(*Catalog::embedded()->definition("defs/report.json"), doc);
  return wrong.empty() ? "" : wrong.front().pointer + " " + wrong.front().detail;
}

TEST_CASE("report document: is as its schema says in every state") {
  ReportSpec busy = pending_report();
  busy.as(agent("goose")).when(report::ReportCheck{"license", report::CheckStatus::fail, "GPL"});
  busy.as(person("rita")).when(report::Exempt{"license", "Bought", minute(60)});
  busy.as(person("dana")).when(submission("text-2"));
  ReportSpec again = rejected_report();
  again.as(person("dana")).when(submission("text-2"));
  for (const ReportSpec& spec :
       {pending_report(), approved_report(), rejected_report(), busy, again}) {
    CAPTURE(spec.view().status);
    CHECK(misfit(spec) == "");
  }
}

TEST_CASE("report document: what is not known yet is null, and what was said is kept") {
  const json waiting = pending_report().view("report_1").doc;
  CHECK(waiting.at("reviewed_at") == nullptr);
  CHECK(waiting.at("reviewed_by") == nullptr);
  CHECK(waiting.at("review_notes") == nullptr);
  CHECK_FALSE(waiting.contains("decided_by"));
  CHECK(waiting.at("html_url") == "/api/v1/reports/report_1/html");

  const json approved = approved_report().view("report_1").doc;
  CHECK(approved.at("reviewed_at") == format_time(story_start));
  CHECK(approved.at("reviewed_by") == "platform@example.com");
  CHECK(approved.at("review_notes") == "Looks good!");
  CHECK(approved.at("decided_by") == "rita");
}

TEST_CASE("report document: is found by its status, the newest submission first") {
  ReportSpec spec = rejected_report();
  const auto tags = [](const Shown& view) {
    std::string all;
    for (const IndexEntry& entry : view.index) {
      all += entry.key + "=" + entry.value + "@" + std::to_string(entry.at) + " ";
    }
    return all;
  };
  const auto at = [](Time time) { return std::to_string(to_millis(time)); };
  CHECK(tags(spec.view()) ==
        "report=@" + at(story_start) + " report.status=rejected@" + at(story_start) + " ");
  spec.at(minute(5)).as(person("dana")).when(submission("text-2"));
  CHECK(tags(spec.view()) ==
        "report=@" + at(minute(5)) + " report.status=pending_review@" + at(minute(5)) + " ");
  CHECK_THAT(spec.view().text, contains("mail\nhttps://github.com/acme/mail"));
}

}  // namespace
}  // namespace factory::test
