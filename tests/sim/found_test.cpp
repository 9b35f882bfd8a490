#include "tests/slices/pipeline/support.hpp"
#include "tests/support/catch.hpp"

/// What the simulation found, as short stories.
namespace factory::test {
namespace {

TEST_CASE("an approval of an earlier visit opens no way past its gate", "[sim]") {
  PipelineSpec spec = in_stage("staging gate");
  const std::string gate = spec.state().gate->gate_id;
  spec.when(pipeline::GateRejected{gate, "alice", "too slow", {}, "major"});
  spec.when(pipeline::CompleteWork{"building", true, built()});
  REQUIRE(current_stage(spec) == "testing");
  const auto past = spec.when(pipeline::Advance{"staging", "", false});
  CHECK(past.brief() == "refused: conflict");
  CHECK_THAT(past.detail(), contains("review"));
}

}  // namespace
}  // namespace factory::test
