#include "common/trace.hpp"

#include "tests/support/catch.hpp"

using namespace factory;

namespace {

const std::string trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
const std::string span_id = "00f067aa0ba902b7";

}  // namespace

TEST_CASE("a traceparent is read and written as the standard has it") {
  const auto context = parse_traceparent("00-" + trace_id + "-" + span_id + "-01");
  REQUIRE(context);
  CHECK(context->trace_id == trace_id);
  CHECK(context->span_id == span_id);
  CHECK(context->sampled);
  CHECK(format_traceparent(*context) == "00-" + trace_id + "-" + span_id + "-01");
  const auto silent = parse_traceparent("00-" + trace_id + "-" + span_id + "-02");
  REQUIRE(silent);
  CHECK_FALSE(silent->sampled);
  CHECK(format_traceparent(*silent).ends_with("-00"));
  // A later version may say more behind what is known.
  CHECK(parse_traceparent("cc-" + trace_id + "-" + span_id + "-01-more"));
}

TEST_CASE("what is no traceparent is not taken for one") {
  const std::string zeros(32, '0');
  for (const std::string& text :
       {std::string(), std::string("00"), "00-" + trace_id + "-" + span_id,
        "00-" + trace_id + "-" + span_id + "-0", "00-" + trace_id + "-" + span_id + "-0g",
        "00-" + trace_id + "-" + span_id + "-01-more", "ff-" + trace_id + "-" + span_id + "-01",
        "cc-" + trace_id + "-" + span_id + "-01.more", "00-" + zeros + "-" + span_id + "-01",
        "00-" + trace_id + "-" + zeros.substr(16) + "-01", "00_" + trace_id + "-" + span_id + "-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-" + span_id + "-01"}) {
    INFO(text);
    CHECK_FALSE(parse_traceparent(text));
  }
}

TEST_CASE("a new span stays in its trace, and two are never the same") {
  const TraceContext parent{trace_id, span_id, false};
  const TraceContext below = new_span(parent);
  CHECK(below.trace_id == trace_id);
  CHECK(below.span_id != span_id);
  CHECK_FALSE(below.sampled);
  const TraceContext first = new_span(std::nullopt);
  const TraceContext second = new_span(std::nullopt);
  CHECK(first.sampled);
  CHECK(first.trace_id != second.trace_id);
  CHECK(parse_traceparent(format_traceparent(first)));
}
