#include "slices/pipeline/test_report.hpp"

#include <expat.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>

#include "common/text.hpp"

namespace factory::pipeline {

namespace {

constexpr std::size_t kMaxBytes = 8 * 1024 * 1024;
constexpr std::size_t kMaxDepth = 32;
constexpr int kMaxAttributes = 64;
constexpr std::size_t kMaxAttribute = 256 * 1024;  ///< bytes
constexpr int kMaxCases = 10'000'000;
constexpr std::size_t kMaxFailures = 50;
constexpr std::size_t kMaxName = 300;                   ///< bytes
constexpr std::size_t kMaxMessage = 500;                ///< bytes
constexpr std::size_t kMaxCollected = kMaxMessage + 4;  ///< enough for excerpt() to see a cut
constexpr std::string_view kBlank = " \t\r\n";
constexpr std::size_t kMaxNotes = 5;
constexpr double kMaxSeconds = 1e9;

/// What an element is where it stands. `other` holds nothing that counts.
enum class Kind { suites, suite, test_case, verdict, properties, other };

/// The attributes of a start tag as the parser hands them over.
class Attributes {
 public:
  explicit Attributes(const XML_Char** pairs) : pairs_(pairs) {}

  /// Empty if it is not there.
  [[nodiscard]] std::string_view get(std::string_view name) const {
    for (const XML_Char** at = pairs_; *at != nullptr; at += 2) {
      if (name == at[0]) return at[1];
    }
    return {};
  }

  /// Why they are too much; empty if they are not.
  [[nodiscard]] std::string excess() const {
    int count = 0;
    for (const XML_Char** at = pairs_; *at != nullptr; at += 2) {
      if (++count > kMaxAttributes) return "an element has more than 64 attributes";
      for (int i = 0; i < 2; ++i) {
        if (std::string_view(at[i]).size() > kMaxAttribute) {
          return "an attribute is longer than 256 KiB";
        }
      }
    }
    return {};
  }

 private:
  const XML_Char** pairs_;
};

/// A number as reports write it ("1,234.5" too); nullopt if it is none or negative.
std::optional<double> read_number(std::string_view text) {
  std::string digits(text.substr(0, 40));
  std::erase(digits, ',');
  double value = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, failure] = std::from_chars(digits.data(), end, value);
  if (failure != std::errc{} || stop != end || !std::isfinite(value) || value < 0) {
    return std::nullopt;
  }
  return value;
}

struct Counts {
  int cases = 0;
  int failed = 0;
};

struct Open {
  Kind kind = Kind::other;
  std::string name;                       ///< of a suite
  std::optional<double> tests, failures;  ///< as a suite's attributes say
  Counts before;                          ///< what was counted when it began
};

struct Case {
  std::string name;
  std::string message;  ///< of the first failure
  bool failed = false;
  bool skipped = false;
};

/// Builds the summary from the elements as they come.
class Builder {
 public:
  /// Why the document is refused here; empty to go on.
  std::string start(std::string_view name, const Attributes& attributes) {
    if (open_.size() >= kMaxDepth) return "elements are nested deeper than 32 levels";
    if (std::string excess = attributes.excess(); !excess.empty()) return excess;
    if (open_.empty()) return start_root(name, attributes);
    const Kind parent = open_.back().kind;
    const bool holds_cases = parent == Kind::suites || parent == Kind::suite;
    if (name == "testsuite" || name == "testcase") {
      if (!holds_cases) return "a <" + std::string(name) + "> cannot stand here";
      return name == "testsuite" ? start_suite(Kind::suite, attributes) : start_case(attributes);
    }
    const bool verdict = name == "failure" || name == "error";
    if (verdict && (holds_cases || parent == Kind::test_case)) return start_verdict(attributes);
    if (name == "skipped" && parent == Kind::test_case) case_.skipped = true;
    if (name == "property" && parent == Kind::properties) read_property(attributes);
    const bool properties = name == "properties" && holds_cases;
    open_.push_back({properties ? Kind::properties : Kind::other, {}, {}, {}, {}});
    return {};
  }

  void end() {
    const Open closed = std::move(open_.back());
    open_.pop_back();
    switch (closed.kind) {
      case Kind::suites:
      case Kind::suite: return compare(closed);
      case Kind::test_case: return finish_case();
      case Kind::verdict: return finish_verdict();
      case Kind::properties:
      case Kind::other: return;
    }
  }

  void text(std::string_view piece) {
    if (open_.empty() || open_.back().kind != Kind::verdict || has_message_) return;
    if (text_.empty()) piece.remove_prefix(std::min(piece.find_first_not_of(kBlank), piece.size()));
    std::size_t room = kMaxCollected - std::min(kMaxCollected, text_.size());
    if (room >= piece.size()) {
      text_.append(piece);
      return;
    }
    while (room > 0 && (static_cast<unsigned char>(piece[room]) & 0xc0U) == 0x80U) --room;
    text_.append(piece.substr(0, room));
  }

  TestReport take() {
    report_.summary.failed = counts_.failed;
    report_.summary.passed = counts_.cases - counts_.failed - report_.summary.skipped;
    report_.summary.duration_seconds = std::min(report_.summary.duration_seconds, kMaxSeconds);
    return std::move(report_);
  }

 private:
  std::string start_root(std::string_view name, const Attributes& attributes) {
    if (name == "testsuites") return start_suite(Kind::suites, attributes);
    if (name == "testsuite") return start_suite(Kind::suite, attributes);
    return "the root element is <" + excerpt(name, 64) +
           ">; a JUnit report has <testsuites> or <testsuite>";
  }

  std::string start_suite(Kind kind, const Attributes& attributes) {
    Open suite{kind, excerpt(attributes.get("name"), kMaxName), {}, {}, counts_};
    suite.tests = read_number(attributes.get("tests"));
    const auto failures = read_number(attributes.get("failures"));
    const auto errors = read_number(attributes.get("errors"));
    if (failures || errors) suite.failures = failures.value_or(0) + errors.value_or(0);
    if (report_.summary.suite.empty()) report_.summary.suite = suite.name;
    open_.push_back(std::move(suite));
    return {};
  }

  std::string start_case(const Attributes& attributes) {
    if (counts_.cases >= kMaxCases) return "there are more than 10,000,000 cases";
    const std::string_view of = attributes.get("classname");
    const std::string_view name = attributes.get("name");
    case_ = Case{};
    case_.name =
        excerpt(of, kMaxName) + (of.empty() || name.empty() ? "" : ".") + excerpt(name, kMaxName);
    // GoogleTest has no <skipped> for a disabled test, only these.
    const std::string_view status = attributes.get("status");
    const std::string_view result = attributes.get("result");
    case_.skipped = status == "notrun" || status == "disabled" || status == "skipped" ||
                    result == "suppressed" || result == "skipped";
    report_.summary.duration_seconds += read_number(attributes.get("time")).value_or(0);
    open_.push_back({Kind::test_case, {}, {}, {}, {}});
    return {};
  }

  std::string start_verdict(const Attributes& attributes) {
    message_ = trimmed(attributes.get("message"), kBlank);
    has_message_ = !message_.empty();
    text_.clear();
    open_.push_back({Kind::verdict, {}, {}, {}, {}});
    return {};
  }

  void finish_verdict() {
    std::string message = has_message_ ? std::move(message_) : std::string(trimmed(text_, kBlank));
    const Open& holder = open_.back();
    if (holder.kind == Kind::test_case) {
      if (!case_.failed) case_.message = excerpt(message, kMaxMessage);
      case_.failed = true;
      return;
    }
    // The suite itself broke (a fixture, a file that did not load): not one to be passed over.
    ++counts_.cases;
    add_failure(holder.name.empty() ? "(the suite)" : holder.name, excerpt(message, kMaxMessage));
  }

  void finish_case() {
    ++counts_.cases;
    if (case_.failed) {
      add_failure(case_.name.empty() ? "(no name)" : case_.name, std::move(case_.message));
    } else if (case_.skipped) {
      ++report_.summary.skipped;
    }
  }

  void add_failure(std::string name, std::string message) {
    ++counts_.failed;
    auto& failures = report_.summary.failures;
    if (failures.size() < kMaxFailures) failures.push_back({std::move(name), std::move(message)});
  }

  void read_property(const Attributes& attributes) {
    if (attributes.get("name") != "coverage" || report_.summary.coverage) return;
    std::string_view value = attributes.get("value");
    if (value.ends_with('%')) value.remove_suffix(1);
    const auto percent = read_number(value);
    if (percent && *percent <= 100) {
      report_.summary.coverage = *percent;
    } else {
      note("The property coverage is no number from 0 to 100 and was passed over.");
    }
  }

  void compare(const Open& suite) {
    const std::string name = suite.name.empty() ? "The report" : "Suite " + suite.name;
    const auto differs = [&](const char* what, const std::optional<double>& said, int counted) {
      if (!said || *said == counted) return;
      note(name + " says " + std::to_string(static_cast<std::int64_t>(std::min(*said, 1e12))) +
           " " + what + " but holds " + std::to_string(counted) + ".");
    };
    differs("tests", suite.tests, counts_.cases - suite.before.cases);
    differs("failures", suite.failures, counts_.failed - suite.before.failed);
  }

  void note(std::string sentence) {
    if (report_.notes.size() < kMaxNotes) report_.notes.push_back(std::move(sentence));
  }

  std::vector<Open> open_;
  Case case_;
  std::string message_, text_;
  bool has_message_ = false;
  Counts counts_;
  TestReport report_;
};

struct FreeParser {
  void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
};
using Parser = std::unique_ptr<std::remove_pointer_t<XML_Parser>, FreeParser>;

/// Stands between the C library and the builder: stops the parser with a reason and a place, and
/// carries exceptions past its frames.
class Reading {
 public:
  explicit Reading(XmlEncoding encoding)
      : parser_(XML_ParserCreate(encoding == XmlEncoding::utf8 ? "UTF-8" : nullptr)) {
    if (!parser_) throw std::bad_alloc();
    XML_SetUserData(parser_.get(), this);
    XML_SetElementHandler(parser_.get(), on_start, on_end);
    XML_SetCharacterDataHandler(parser_.get(), on_text);
    XML_SetStartDoctypeDeclHandler(parser_.get(), on_doctype);
    XML_SetEntityDeclHandler(parser_.get(), on_entity);
  }

  Result<TestReport> run(std::string_view xml) {
    // In one piece: fed bit by bit, a long token would be looked at again and again.
    const auto status =
        XML_Parse(parser_.get(), xml.data(), static_cast<int>(xml.size()), XML_TRUE);
    if (thrown_) std::rethrow_exception(thrown_);
    if (status == XML_STATUS_OK && reason_.empty()) return builder_.take();
    if (reason_.empty()) {
      const XML_Error code = XML_GetErrorCode(parser_.get());
      reason_ = code == XML_ERROR_SYNTAX ? "this is no XML" : XML_ErrorString(code);
      mark_place();
    }
    return refusal();
  }

 private:
  template <class Action>
  static void guarded(void* self, const Action& action) {
    auto& reading = *static_cast<Reading*>(self);
    if (!reading.reason_.empty() || reading.thrown_) return;  // a stopped parser may still call
    try {
      std::string reason = action(reading.builder_);
      if (reason.empty()) return;
      reading.reason_ = std::move(reason);
      reading.mark_place();
    } catch (...) {
      reading.thrown_ = std::current_exception();
    }
    XML_StopParser(reading.parser_.get(), XML_FALSE);
  }

  static void XMLCALL on_start(void* self, const XML_Char* name, const XML_Char** attributes) {
    guarded(self, [&](Builder& builder) { return builder.start(name, Attributes(attributes)); });
  }
  static void XMLCALL on_end(void* self, const XML_Char* /*name*/) {
    guarded(self, [](Builder& builder) {
      builder.end();
      return std::string();
    });
  }
  static void XMLCALL on_text(void* self, const XML_Char* text, int size) {
    guarded(self, [&](Builder& builder) {
      builder.text({text, static_cast<std::size_t>(size)});
      return std::string();
    });
  }
  static void XMLCALL on_doctype(void* self, const XML_Char*, const XML_Char*, const XML_Char*,
                                 int) {
    guarded(self, [](Builder&) { return std::string("a DOCTYPE is not taken in a report"); });
  }
  static void XMLCALL on_entity(void* self, const XML_Char*, int, const XML_Char*, int,
                                const XML_Char*, const XML_Char*, const XML_Char*,
                                const XML_Char*) {
    guarded(self, [](Builder&) { return std::string("entities cannot be declared in a report"); });
  }

  void mark_place() {
    line_ = XML_GetCurrentLineNumber(parser_.get());
    column_ = XML_GetCurrentColumnNumber(parser_.get()) + 1;
  }

  [[nodiscard]] Error refusal() const {
    const std::string line = std::to_string(line_);
    const std::string column = std::to_string(column_);
    return {ErrorCode::unprocessable,
            "The test report cannot be read at line " + line + ", column " + column + ": " +
                reason_ + ".",
            "Send the JUnit XML as the test runner wrote it, or the counts as JSON.",
            {},
            {{"line", line}, {"column", column}, {"reason", reason_}}};
  }

  Parser parser_;
  Builder builder_;
  std::string reason_;
  std::uint64_t line_ = 0;
  std::uint64_t column_ = 0;
  std::exception_ptr thrown_;
};

}  // namespace

Result<TestReport> read_test_report(std::string_view xml, XmlEncoding encoding) {
  if (xml.size() > kMaxBytes) {
    return Error{ErrorCode::payload_too_large,
                 "The test report is larger than 8 MiB.",
                 "Send the counts as JSON, or leave the output of the tests out.",
                 {},
                 {}};
  }
  return Reading(encoding).run(xml);
}

}  // namespace factory::pipeline
