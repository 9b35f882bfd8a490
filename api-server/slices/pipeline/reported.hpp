#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"
#include "slices/pipeline/events.hpp"
#include "slices/pipeline/test_report.hpp"
#include "storage/blobs.hpp"

/// From what a caller reports to evidence. Reports are parsed and stored here, on the caller's
/// thread, so that the writer never waits for either. Thread-safe.
namespace factory::pipeline {

struct ReportedTests {
  TestSummary summary;
  std::vector<std::string> notes;  ///< where the report contradicts itself
};

/// A JUnit report: parsed, then kept in the blob store under its digest. Errors as for
/// read_test_report.
Result<ReportedTests> read_junit(storage::Blobs& blobs, std::string_view xml, XmlEncoding encoding);

/// What schemas/defs/test_counts.json describes: counts, or a JUnit report in a string.
/// `invalid_request` with the field below `pointer` if it is neither or both.
Result<ReportedTests> read_tests(storage::Blobs& blobs, const nlohmann::json& tests,
                                 const std::string& pointer);

/// `tests`, `assets`, `deploy` and `notes` of the body of a report; what a test report says of
/// itself is added to the notes.
Result<Evidence> read_evidence(storage::Blobs& blobs, const nlohmann::json& body);

}  // namespace factory::pipeline
