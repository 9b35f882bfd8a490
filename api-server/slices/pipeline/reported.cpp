#include "slices/pipeline/reported.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/text.hpp"

namespace factory::pipeline {

namespace {

using nlohmann::json;

constexpr std::size_t kMaxFailures = 50;
constexpr std::size_t kMaxName = 300;     ///< bytes
constexpr std::size_t kMaxMessage = 500;  ///< bytes

Error bad_field(std::string pointer, std::string detail) {
  return {ErrorCode::invalid_request,
          pointer + " " + detail + ".",
          "Send either junit_xml, or passed and failed.",
          {{pointer, std::move(detail)}},
          {}};
}

/// Counts say nothing that the report does not know better.
Status check_alone(const json& tests, const std::string& pointer) {
  for (const char* name : {"passed", "failed", "skipped", "failures", "duration_seconds"}) {
    if (tests.contains(name))
      return bad_field(pointer + "/" + name, "cannot stand beside junit_xml");
  }
  return Done{};
}

Status check_counts(const json& tests, const std::string& pointer) {
  for (const char* name : {"passed", "failed"}) {
    if (!tests.contains(name)) return bad_field(pointer + "/" + name, "is missing");
  }
  if (tests.contains("failures") && tests["failures"].size() > tests["failed"].get<std::size_t>()) {
    return bad_field(pointer + "/failures", "names more tests than failed");
  }
  return Done{};
}

TestSummary counted(const json& tests) {
  TestSummary summary;
  summary.passed = tests["passed"].get<int>();
  summary.failed = tests["failed"].get<int>();
  summary.skipped = tests.value("skipped", 0);
  summary.duration_seconds = tests.value("duration_seconds", 0.0);
  for (const json& failure : tests.value("failures", json::array())) {
    if (summary.failures.size() == kMaxFailures) break;
    summary.failures.push_back({excerpt(failure["name"].get<std::string>(), kMaxName),
                                excerpt(failure.value("message", ""), kMaxMessage)});
  }
  return summary;
}

/// The error of a report that came inside JSON says where in the body it stood.
Error inside(Error error, const std::string& pointer) {
  std::string detail = "is no JUnit report that can be read";
  if (error.data.contains("line")) {
    detail += ": line " + error.data["line"] + ", column " + error.data["column"] + ": " +
              error.data["reason"];
  }
  error.fields.push_back({pointer, std::move(detail)});
  return error;
}

}  // namespace

Result<ReportedTests> read_junit(storage::Blobs& blobs, std::string_view xml,
                                 XmlEncoding encoding) {
  Result<TestReport> report = read_test_report(xml, encoding);
  if (!report) return std::move(report.error());
  ReportedTests tests{std::move(report->summary), std::move(report->notes)};
  tests.summary.report_digest = blobs.put(xml);
  return tests;
}

Result<ReportedTests> read_tests(storage::Blobs& blobs, const json& tests,
                                 const std::string& pointer) {
  ReportedTests reported;
  if (tests.contains("junit_xml")) {
    if (Status alone = check_alone(tests, pointer); !alone) return std::move(alone.error());
    auto read =
        read_junit(blobs, tests["junit_xml"].get_ref<const std::string&>(), XmlEncoding::utf8);
    if (!read) return inside(std::move(read.error()), pointer + "/junit_xml");
    reported = std::move(*read);
  } else {
    if (Status counts = check_counts(tests, pointer); !counts) return std::move(counts.error());
    reported.summary = counted(tests);
  }
  if (tests.contains("suite")) reported.summary.suite = tests["suite"].get<std::string>();
  if (tests.contains("coverage")) reported.summary.coverage = tests["coverage"].get<double>();
  return reported;
}

Result<Evidence> read_evidence(storage::Blobs& blobs, const json& body) {
  Evidence evidence;
  evidence.notes = body.value("notes", "");
  if (body.contains("tests")) {
    auto tests = read_tests(blobs, body["tests"], "/tests");
    if (!tests) return std::move(tests.error());
    evidence.tests = std::move(tests->summary);
    for (const std::string& note : tests->notes) {
      evidence.notes += (evidence.notes.empty() ? "" : "\n") + note;
    }
  }
  for (const json& asset : body.value("assets", json::array())) {
    evidence.assets.push_back({asset["name"].get<std::string>(), asset.value("digest", "")});
  }
  if (body.contains("deploy")) {
    const json& deploy = body["deploy"];
    evidence.deploy = Deploy{deploy["target"].get<std::string>(), deploy.value("version", ""),
                             deploy.value("url", ""), deploy["succeeded"].get<bool>()};
  }
  return evidence;
}

}  // namespace factory::pipeline
