// JUnit XML of strangers: read without a crash, without undefined behaviour, and into a summary
// that keeps to its bounds.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "slices/pipeline/test_report.hpp"

namespace {

void hold(bool promise) {
  if (!promise) std::abort();
}

void read(std::string_view xml, factory::pipeline::XmlEncoding encoding) {
  const auto report = factory::pipeline::read_test_report(xml, encoding);
  if (!report) {
    hold(!report.error().detail.empty());
    return;
  }
  const auto& summary = report->summary;
  hold(summary.passed >= 0 && summary.failed >= 0 && summary.skipped >= 0);
  hold(summary.failures.size() <= 50 && report->notes.size() <= 5);
  hold(!summary.coverage || (*summary.coverage >= 0 && *summary.coverage <= 100));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view xml(reinterpret_cast<const char*>(data), size);
  read(xml, factory::pipeline::XmlEncoding::declared);
  read(xml, factory::pipeline::XmlEncoding::utf8);
  return 0;
}
