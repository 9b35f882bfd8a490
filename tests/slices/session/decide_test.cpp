#include "slices/session/session.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/spec.hpp"

namespace factory::test {
namespace {

using SessionSpec = Spec<session::Definition>;
using session::Status;

constexpr std::int64_t week = 7 * 24 * 60;

session::Started wanted() {
  session::Started started;
  started.user = "ada";
  started.user_id = "user_1";
  started.how = "password";
  started.refresh_hash = "first";
  return started;
}

SessionSpec in(Status status) {
  SessionSpec spec({person("ada")});
  spec.as(person("ada"));
  if (status != Status::none) spec.when(session::Start{wanted()});
  if (status == Status::ended) spec.given(session::Ended{"ada", "logout", story_start});
  if (status == Status::expired) spec.given(session::Expired{story_start});
  if (status == Status::revoked) spec.given(session::ReuseDetected{0, "", story_start});
  return spec;
}

session::Refresh refresh(int generation, std::string hash, std::string next) {
  return {generation, std::move(hash), std::move(next), "192.0.2.1"};
}

}  // namespace

TEST_CASE("every command on a session answers for every state") {
  struct Row {
    session::Command command;
    std::string none, active, over;
  };
  const std::vector<Row> rows{
      {session::Start{wanted()}, "session.started", "refused: conflict", "refused: conflict"},
      {refresh(1, "first", "second"), "refused: unauthenticated", "session.refreshed",
       "refused: unauthenticated"},
      {session::End{"logout"}, "refused: not_found", "session.ended", "nothing"},
      {session::Expire{}, "nothing", "nothing", "nothing"}};
  for (const Row& row : rows) {
    INFO(row.command.index());
    CHECK(in(Status::none).ask(row.command).brief() == row.none);
    CHECK(in(Status::active).ask(row.command).brief() == row.active);
    for (const Status status : {Status::ended, Status::expired, Status::revoked}) {
      CHECK(in(status).ask(row.command).brief() == row.over);
    }
  }
}

TEST_CASE("a refresh token is good once, and a second use ends the session") {
  SessionSpec spec = in(Status::active);
  CHECK(spec.when(refresh(1, "first", "second")).brief() == "session.refreshed");
  CHECK(spec.when(refresh(2, "second", "third")).brief() == "session.refreshed");
  CHECK(spec.state().generation == 3);
  CHECK(spec.ask(refresh(3, "invented", "x")).brief() == "refused: unauthenticated");
  CHECK(spec.ask(refresh(4, "third", "x")).brief() == "refused: unauthenticated");
  CHECK(spec.ask(refresh(1, "first", "x")).brief() == "session.reuse_detected");
  const auto reuse = spec.when(refresh(2, "second", "x"));
  CHECK(reuse.first<session::ReuseDetected>().address == "192.0.2.1");
  CHECK(spec.state().status == Status::revoked);
  CHECK(spec.timers().empty());
  CHECK(spec.ask(refresh(3, "third", "x")).brief() == "refused: unauthenticated");
}

TEST_CASE("a session that is used goes on, and one that is not ends after seven days") {
  SessionSpec spec = in(Status::active);
  CHECK(spec.run_until(minute(week - 1)) == "");
  spec.when(refresh(1, "first", "second"));
  CHECK(spec.run_until(minute(2 * week - 2)) == "");
  CHECK(spec.run_until(minute(2 * week - 1)) == "session.expired");
  CHECK(spec.view().status == "expired");
  // Also before its timer has fired.
  SessionSpec late = in(Status::active);
  CHECK(late.at(minute(week)).ask(refresh(1, "first", "second")).brief() ==
        "refused: unauthenticated");
}

TEST_CASE("what is shown of a session holds no hash") {
  SessionSpec spec = in(Status::active);
  CHECK(spec.view().doc.dump().find("first") == std::string::npos);
  CHECK(spec.view().doc["user"] == "ada");
  spec.when(session::End{"logout"});
  CHECK(spec.view().doc["ended_by"] == "ada");
  CHECK(spec.view().doc["end_reason"] == "logout");
}

}  // namespace factory::test
