#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"
#include "slices/pipeline/events.hpp"

namespace factory::pipeline {

/// What a JUnit report came to. Its bytes are the caller's to keep.
struct TestReport {
  TestSummary summary;             ///< without report_digest
  std::vector<std::string> notes;  ///< where the report contradicts itself; sentences, at most 5
};

enum class XmlEncoding {
  declared,  ///< what the document says: UTF-8, UTF-16, ISO-8859-1 or US-ASCII
  utf8,      ///< UTF-8 whatever it says: the text came out of a JSON string
};

/// Reads JUnit XML: a <testsuites> or <testsuite> with suites, nested ones too, and their cases.
/// The counts are those of the cases that are there; what the attributes say is only compared. A
/// <failure> or <error> of a suite counts as a failed case. Coverage is the <property> of that
/// name, in percent. At most 50 failing cases are kept, names and messages are cut.
///
/// The text may be hostile: DOCTYPE and entity declarations, more than 8 MiB, 32 levels, 64
/// attributes or 256 KiB in one of them are refused; time and memory are linear in the size.
/// Errors: `payload_too_large`, else `unprocessable` with `line`, `column` (from 1) and `reason` in
/// the data. Pure, thread-safe.
Result<TestReport> read_test_report(std::string_view xml, XmlEncoding encoding);

}  // namespace factory::pipeline
