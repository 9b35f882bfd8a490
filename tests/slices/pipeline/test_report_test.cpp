#include "slices/pipeline/test_report.hpp"

#include <random>

#include "tests/support/catch.hpp"

namespace factory::pipeline {
namespace {

using test::contains;

TestReport good(const std::string& xml) {
  auto report = read_test_report(xml, XmlEncoding::declared);
  if (!report) FAIL(report.error().detail);
  return *std::move(report);
}

struct Bad {
  const char* what;
  std::string xml;
  const char* line;
  const char* reason;
};

void check_refused(const Bad& bad) {
  INFO(bad.what);
  const auto report = read_test_report(bad.xml, XmlEncoding::declared);
  REQUIRE_FALSE(report.ok());
  INFO(report.error().detail);
  CHECK(report.error().code == ErrorCode::unprocessable);
  CHECK(report.error().data.at("line") == bad.line);
  CHECK_FALSE(report.error().data.at("column") == "0");
  CHECK_THAT(report.error().data.at("reason"), contains(bad.reason));
  CHECK_THAT(report.error().detail, contains(std::string("line ") + bad.line));
}

std::string in_suite(const std::string& content) {
  return "<testsuite name=\"s\">" + content + "</testsuite>";
}

std::string repeated(const std::string& text, std::size_t count) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}

std::string utf16(const std::string& ascii) {
  std::string wide = "\xff\xfe";
  for (const char c : ascii) (wide += c) += '\0';
  return wide;
}

}  // namespace

TEST_CASE("a report is counted from its cases", "[report]") {
  const TestReport report = good(R"(<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="all">
  <testsuite name="unit" tests="4" failures="1" errors="1">
    <properties><property name="coverage" value="83.5"/><property name="os" value="x"/></properties>
    <testcase classname="gate" name="opens" time="0.5"/>
    <testcase classname="gate" name="closes" time="0.25"><failure message="1 != 2">trace</failure></testcase>
    <testcase name="bare"><error type="x">
      segfault
    </error></testcase>
    <testcase classname="gate" name="later"><skipped/></testcase>
  </testsuite>
  <testsuite name="e2e"><testsuite name="inner"><testcase name="deep"/></testsuite></testsuite>
</testsuites>)");
  CHECK(report.summary.suite == "all");
  CHECK(report.summary.passed == 2);
  CHECK(report.summary.failed == 2);
  CHECK(report.summary.skipped == 1);
  CHECK(report.summary.coverage == 83.5);
  CHECK(report.summary.duration_seconds == 0.75);
  REQUIRE(report.summary.failures.size() == 2);
  CHECK(report.summary.failures[0].name == "gate.closes");
  CHECK(report.summary.failures[0].message == "1 != 2");
  CHECK(report.summary.failures[1].name == "bare");
  CHECK(report.summary.failures[1].message == "segfault");
  CHECK(report.notes.empty());
}

TEST_CASE("what runners write in their own ways", "[report]") {
  SECTION("a single suite, with text around and comments") {
    const auto report = good(
        "\xef\xbb\xbf<!-- hi --><testsuite name='one'>\n"
        "<testcase name='a'><system-out><![CDATA[</testsuite>]]></system-out>"
        "</testcase><system-err>x</system-err></testsuite>\n");
    CHECK(report.summary.passed == 1);
    CHECK(report.summary.suite == "one");
  }
  SECTION("GoogleTest's disabled tests are skipped") {
    const auto report = good(in_suite("<testcase name='a' status='notrun' result='suppressed'/>"));
    CHECK(report.summary.skipped == 1);
    CHECK(report.summary.passed == 0);
  }
  SECTION("a suite that broke is a failure") {
    const auto report = good(in_suite("<error message='no database'/><testcase name='a'/>"));
    CHECK(report.summary.failed == 1);
    CHECK(report.summary.passed == 1);
    CHECK(report.summary.failures.at(0).name == "s");
    CHECK(report.summary.failures.at(0).message == "no database");
  }
  SECTION("a case that failed and was skipped has failed, once") {
    const auto report =
        good(in_suite("<testcase name='a'><skipped/><failure/><failure/></testcase>"));
    CHECK(report.summary.failed == 1);
    CHECK(report.summary.skipped == 0);
  }
  SECTION("no case at all") {
    const auto report = good("<testsuites/>");
    CHECK(report.summary.passed + report.summary.failed + report.summary.skipped == 0);
  }
  SECTION("seconds with thousands, and nonsense") {
    const auto report =
        good(in_suite("<testcase name='a' time='1,000.5'/>"
                      "<testcase name='b' time='soon'/>"
                      "<testcase name='c' time='-5'/>"
                      "<testcase name='d' time='1e999'/>"));
    CHECK(report.summary.duration_seconds == 1000.5);
  }
}

TEST_CASE("attributes that contradict the cases are noted, not believed", "[report]") {
  const TestReport report =
      good("<testsuite name='s' tests='100' failures='3'><testcase name='a'/></testsuite>");
  CHECK(report.summary.passed == 1);
  CHECK(report.summary.failed == 0);
  REQUIRE(report.notes.size() == 2);
  CHECK_THAT(report.notes[0], contains("Suite s says 100 tests but holds 1"));
  CHECK_THAT(report.notes[1], contains("says 3 failures but holds 0"));
}

TEST_CASE("coverage comes from the property alone, and only if it is a percentage", "[report]") {
  struct Row {
    const char* value;
    std::optional<double> coverage;
    bool noted;
  };
  for (const Row& row : {Row{"80", 80, false}, Row{"99.9%", 99.9, false}, Row{"0", 0, false},
                         Row{"100", 100, false}, Row{"101", {}, true}, Row{"-1", {}, true},
                         Row{"high", {}, true}, Row{"nan", {}, true}, Row{"", {}, true}}) {
    INFO(row.value);
    const auto report = good(in_suite("<properties><property name='coverage' value='" +
                                      std::string(row.value) + "'/></properties>"));
    CHECK(report.summary.coverage == row.coverage);
    CHECK(report.notes.empty() == !row.noted);
  }
  CHECK_FALSE(good(in_suite("<testcase name='a' coverage='99'/>")).summary.coverage.has_value());
}

TEST_CASE("names and messages are cut at whole characters, failures at 50", "[report]") {
  const std::string wide = repeated("ü", 5000);
  std::string cases = "<testcase name='" + wide + "'><failure>" + wide + "</failure></testcase>";
  cases += "<testcase name='b'><failure>" + repeated(" ", 600) + wide + "</failure></testcase>";
  cases += repeated("<testcase name='x'><failure/></testcase>", 100);
  const TestReport report = good(in_suite(cases));
  CHECK(report.summary.failed == 102);
  REQUIRE(report.summary.failures.size() == 50);
  const FailedCase& first = report.summary.failures.front();
  CHECK(first.name == repeated("ü", 150) + "…");
  CHECK(first.message == repeated("ü", 250) + "…");
  CHECK(report.summary.failures[1].message == repeated("ü", 250) + "…");
}

TEST_CASE("a malformed report is refused with line and reason", "[report]") {
  const std::vector<Bad> table{
      {"nothing", "", "1", "no element found"},
      {"white space", "  \n ", "2", "no element found"},
      {"text", "all tests passed", "1", "no XML"},
      {"JSON", "{\"passed\": 3}", "1", "not well-formed"},
      {"an open tag", "<testsuite>\n<testcase name='a'>\n</testsuite>", "3", "mismatched tag"},
      {"a cut file", "<testsuite>\n<testcase name='a'/>\n", "3", "no element found"},
      {"half a tag", "<testsuite>\n<testca", "2", "unclosed token"},
      {"two roots", "<testsuite/>\n<testsuite/>", "2", "junk after document element"},
      {"an attribute twice", "<testsuite>\n\n<testcase name='a' name='b'/></testsuite>", "3",
       "duplicate attribute"},
      {"a bare ampersand", "<testsuite name='a & b'/>", "1", "not well-formed"},
      {"an unknown entity", "<testsuite>\n<testcase name='&nbsp;'/></testsuite>", "2",
       "undefined entity"},
      {"a control character", "<testsuite name='\x01'/>", "1", "not well-formed"},
      {"a NUL", std::string("<testsuite>\n\0</testsuite>", 25), "2", "not well-formed"},
  };
  for (const Bad& bad : table) check_refused(bad);
}

TEST_CASE("what is no JUnit report is refused", "[report]") {
  const std::vector<Bad> table{
      {"HTML", "<html>\n<body/></html>", "1", "the root element is <html>"},
      {"coverage XML", "<?xml version='1.0'?>\n<coverage line-rate='0.9'/>", "2", "<coverage>"},
      {"a case as root", "<testcase name='a'/>", "1", "<testsuites> or <testsuite>"},
      {"a case in a case", in_suite("\n<testcase name='a'><testcase name='b'/></testcase>"), "2",
       "a <testcase> cannot stand here"},
      {"a suite in a case", in_suite("<testcase name='a'>\n<testsuite/></testcase>"), "2",
       "a <testsuite> cannot stand here"},
      {"cases in something unknown", in_suite("<group>\n<testcase name='a'/></group>"), "2",
       "cannot stand here"},
  };
  for (const Bad& bad : table) check_refused(bad);
}

TEST_CASE("entities and document types are refused, however they come", "[report]") {
  const std::string laughs =
      "<?xml version=\"1.0\"?>\n<!DOCTYPE lolz [<!ENTITY a \"lol\"><!ENTITY b \"&a;&a;&a;&a;\">"
      "<!ENTITY c \"&b;&b;&b;&b;\">]>\n<testsuite name=\"&c;\"/>";
  const std::vector<Bad> table{
      {"billion laughs", laughs, "2", "DOCTYPE"},
      {"a file",
       "<!DOCTYPE x [<!ENTITY f SYSTEM \"file:///etc/passwd\">]><testsuite>&f;</testsuite>", "1",
       "DOCTYPE"},
      {"an external subset", "\n<!DOCTYPE testsuite SYSTEM \"http://127.0.0.1/x.dtd\"><testsuite/>",
       "2", "DOCTYPE"},
      {"a parameter entity",
       "<!DOCTYPE x [<!ENTITY % p SYSTEM \"http://127.0.0.1/\"> %p;]><testsuite/>", "1", "DOCTYPE"},
      {"an empty one", "<!DOCTYPE testsuite>\n<testsuite/>", "1", "DOCTYPE"},
      {"in UTF-16", utf16(laughs), "2", "DOCTYPE"},
  };
  for (const Bad& bad : table) check_refused(bad);
}

TEST_CASE("depth, attributes and size are bounded", "[report]") {
  const auto nested = [](std::size_t depth) {
    return repeated("<testsuite>", depth) + repeated("</testsuite>", depth);
  };
  CHECK(good(nested(32)).summary.passed == 0);
  const auto with = [](std::size_t count) {
    std::string attributes;
    for (std::size_t i = 0; i < count; ++i) attributes += " a" + std::to_string(i) + "='1'";
    return "<testsuite" + attributes + "/>";
  };
  CHECK(good(with(64)).summary.passed == 0);
  const std::string fits = "<testsuite name='" + std::string(256 * 1024, 'x') + "'/>";
  CHECK(good(fits).summary.suite.size() < 400);
  const std::vector<Bad> table{
      {"too deep", nested(33), "1", "deeper than 32"},
      {"very deep", nested(100'000), "1", "deeper than 32"},
      {"other elements, too", in_suite(repeated("<x>", 40) + repeated("</x>", 40)), "1", "deeper"},
      {"attributes", with(65), "1", "more than 64 attributes"},
      {"very many attributes", with(50'000), "1", "more than 64 attributes"},
      {"a long value", "<testsuite name='" + std::string(256 * 1024 + 1, 'x') + "'/>", "1",
       "longer than 256 KiB"},
      {"a long name", "<testsuite " + std::string(300 * 1024, 'x') + "='1'/>", "1",
       "longer than 256 KiB"},
  };
  for (const Bad& bad : table) check_refused(bad);
  const auto large = read_test_report(std::string(8 * 1024 * 1024 + 1, ' '), XmlEncoding::declared);
  REQUIRE_FALSE(large.ok());
  CHECK(large.error().code == ErrorCode::payload_too_large);
}

TEST_CASE("encodings are those that were declared, or UTF-8 where it is known", "[report]") {
  const auto message = [](const Result<TestReport>& report) {
    REQUIRE(report.ok());
    return report->summary.suite;
  };
  const std::string latin = "<?xml version='1.0' encoding='ISO-8859-1'?><testsuite name='f\xfcr'/>";
  CHECK(message(read_test_report(latin, XmlEncoding::declared)) == "für");
  CHECK_FALSE(read_test_report(latin, XmlEncoding::utf8).ok());
  const std::string said = "<?xml version='1.0' encoding='ISO-8859-1'?><testsuite name='für'/>";
  CHECK(message(read_test_report(said, XmlEncoding::utf8)) == "für");
  CHECK(message(read_test_report(utf16("<testsuite name='wide'/>"), XmlEncoding::declared)) ==
        "wide");
  const std::vector<Bad> table{
      {"an unknown encoding", "<?xml version='1.0' encoding='UTF-7'?><testsuite/>", "1",
       "unknown encoding"},
      {"bad UTF-8", "<testsuite>\n<testcase name='\xc3\x28'/></testsuite>", "2", "not well-formed"},
      {"an overlong form", "<testsuite name='\xc0\xaf'/>", "1", "not well-formed"},
      {"a lone surrogate", "<testsuite name='\xed\xa0\x80'/>", "1", "not well-formed"},
      {"UTF-16 in name only", "<?xml version='1.0' encoding='UTF-16'?><testsuite/>", "1",
       "encoding"},
  };
  for (const Bad& bad : table) check_refused(bad);
}

TEST_CASE("reports that were damaged at random never do more than be refused", "[report]") {
  const std::string sample =
      "<?xml version=\"1.0\"?><testsuites tests=\"3\"><testsuite name=\"a&amp;b\"><properties>"
      "<property name=\"coverage\" value=\"81\"/></properties><testcase name=\"x\" time=\"1\"/>"
      "<testcase name=\"y\"><failure message=\"no\"><![CDATA[t]]></failure></testcase>"
      "<testcase name=\"z\"><skipped/></testcase></testsuite></testsuites>";
  const std::vector<std::string> pieces{"<",           ">",          "</",   "/>",   "&",
                                        "'",           "\"",         "]]>",  "<!",   "<?",
                                        "<!DOCTYPE x", "<testcase>", "\xff", "&#0;", "</testsuite>",
                                        "<failure>",   "xmlns='x'"};
  const unsigned seed = 20260302;
  std::mt19937 random(seed);
  const auto pick = [&](std::size_t count) { return random() % count; };
  int accepted = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text = sample;
    for (std::size_t damage = 1 + pick(4); damage > 0; --damage) {
      const std::size_t at = pick(text.size());
      switch (pick(4)) {
        case 0: text[at] = static_cast<char>(random()); break;
        case 1: text.insert(at, pieces[pick(pieces.size())]); break;
        case 2: text.erase(at, 1 + pick(20)); break;
        default: text.insert(at, text.substr(pick(text.size()), pick(60)));
      }
      if (text.empty()) text = "<";
    }
    const auto report = read_test_report(text, XmlEncoding::declared);
    INFO("round " << round << " of seed " << seed << ": " << text);
    if (!report.ok()) {
      CHECK(report.error().code == ErrorCode::unprocessable);
      CHECK_FALSE(report.error().data.at("reason").empty());
      continue;
    }
    ++accepted;
    const TestSummary& summary = report->summary;
    CHECK((summary.passed >= 0 && summary.failed >= 0 && summary.skipped >= 0));
    CHECK(summary.failures.size() == static_cast<std::size_t>(summary.failed));
  }
  CHECK(accepted > 100);  // the damage leaves enough whole to reach the counting
}

}  // namespace factory::pipeline
