#include "slices/agent/leases.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/spec.hpp"

namespace factory::test {
namespace {

using agent::Leases;
using Sign = Leases::Sign;
using Status = agent::Status;

std::shared_ptr<const agent::State> state(Status status, Time online_since = story_start) {
  agent::State state;
  state.status = status;
  state.profile.lease_ttl_seconds = 60;
  if (state.online()) state.online_since = online_since;
  return std::make_shared<const agent::State>(state);
}

Time second(std::int64_t seconds) { return story_start + Millis{seconds * 1000}; }

}  // namespace

TEST_CASE("leases: heartbeats renew until one comes too late", "[agent]") {
  Leases leases;
  CHECK(leases.renew("agent_a", Status::active, story_start, "").sign == Sign::lapsed);
  leases.put("agent_a", state(Status::active), story_start);
  CHECK(leases.renew("agent_a", Status::active, second(59), R"({"n":1})").sign == Sign::renewed);
  CHECK(leases.renew("agent_a", Status::idle, second(100), "").sign == Sign::changed);
  CHECK(leases.look("agent_a", second(159)).online);
  CHECK(leases.look("agent_a", second(159)).metrics == R"({"n":1})");
  CHECK(leases.look("agent_a", second(159)).last_heartbeat == second(100));
  CHECK(leases.look("agent_a", second(159)).uptime_seconds == 159);
  CHECK_FALSE(leases.look("agent_a", second(160)).online);
  CHECK(leases.look("agent_a", second(160)).uptime_seconds == 0);
  CHECK(leases.renew("agent_a", Status::idle, second(160), "").sign == Sign::lapsed);
  CHECK(leases.touch("agent_a", second(160)).sign == Sign::lapsed);
  CHECK(leases.touch("agent_a", second(160)).lapsed == story_start);
}

TEST_CASE("leases: what the timer has seen run out takes no heartbeat any more", "[agent]") {
  Leases leases;
  leases.put("agent_a", state(Status::active), story_start);
  const agent::LeaseDue standing = leases.due("agent_a", second(59));
  CHECK(standing.until == second(60));
  const agent::LeaseDue out = leases.due("agent_a", second(60));
  CHECK_FALSE(out.until.has_value());
  CHECK(out.ran_out == second(60));
  // Not even with a clock that was set back.
  CHECK(leases.renew("agent_a", Status::active, second(30), "").sign == Sign::lapsed);
  leases.put("agent_a", state(Status::offline), second(61));
  leases.put("agent_a", state(Status::active, second(70)), second(70));
  CHECK(leases.renew("agent_a", Status::active, second(129), "").sign == Sign::renewed);
}

TEST_CASE("leases: after a start each lease counts from then, once", "[agent]") {
  Leases leases;
  leases.put("agent_a", state(Status::active), second(1000));
  CHECK(leases.due("agent_a", second(1059)).until == second(1060));
  // Another event of the same life is no sign of life for the lease.
  leases.put("agent_a", state(Status::active), second(1050));
  CHECK_FALSE(leases.due("agent_a", second(1060)).until.has_value());
  CHECK_FALSE(leases.due("agent_b", second(1060)).until.has_value());
}

}  // namespace factory::test
