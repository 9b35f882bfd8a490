#include <algorithm>

#include "slices/report/repository.hpp"
#include "tests/slices/pipeline/rest.hpp"
#include "tests/support/catch.hpp"

/// Go-live reports over HTTP, with their gates and tasks.
namespace factory::test {
namespace {

using nlohmann::json;
using Words = std::vector<std::string>;

json report_of(const std::string& name, const std::string& text = "# Report\n\nAll is well.") {
  return {{"server_name", name},
          {"repository_url", "https://github.com/acme/" + name},
          {"developer_email", "dana@example.com"},
          {"report_data", text}};
}

Asked at_report(const std::string& id, json body = nullptr) {
  return {{{"report_id", id}}, json::object(), std::move(body), {}};
}

Asked at_approval(const std::string& id, json body = nullptr) {
  return {{{"approval_id", id}}, json::object(), std::move(body), {}};
}

json decision(const std::string& status, const std::string& notes = "Looks good!") {
  return {{"status", status}, {"reviewed_by", "platform@example.com"}, {"review_notes", notes}};
}

/// goose (an agent) and dana submit; rita and the owner review.
struct GoLive {
  GoLive() {
    rest.add("rita", "operator");
    rest.add("dana", "operator");
    rest.add("vera", "viewer");
    rest.add("goose", "agent");
  }
  json submit(const std::string& name, const std::string& who = "goose") {
    return rest.ok("report.submit", with(report_of(name)), who);
  }
  json read(const std::string& id) { return rest.ok("report.get", at_report(id), "vera"); }
  Rest rest;
};

TEST_CASE("a submitted report waits at a gate and in the queue") {
  GoLive world;
  const json report = world.submit("mail");
  CHECK(report.at("id") == report::report_of("github.com/acme/mail"));
  CHECK(report.at("status") == "pending_review");
  CHECK(report.at("report_data") == "# Report\n\nAll is well.");
  CHECK(report.at("reviewed_at").is_null());
  CHECK(report.at("reviewed_by").is_null());
  CHECK(report.at("review_notes").is_null());
  CHECK(report.at("submitted_by") == "goose");
  CHECK(world.read(report.at("id")) == report);

  const json gate = world.rest.ok("approval.get", at_approval(report.at("approval_id")));
  CHECK(gate.at("type") == "go_live");
  CHECK(gate.at("subject").at("id") == report.at("id"));
  CHECK(gate.at("digest") == report.at("digest"));
  CHECK(gate.at("requester") == "goose");
  CHECK(gate.at("eligible") == Words{"dana", "owner", "rita"});
  CHECK_FALSE(gate.contains("pipeline_id"));
  const json tasks = world.rest.ok("task.list").at("tasks");
  REQUIRE(tasks.size() == 1);
  CHECK(tasks[0].at("id") == report.at("task_id"));
  CHECK(tasks[0].at("title") == "Go-live: mail");
  CHECK(tasks[0].at("context").at("report_id") == report.at("id"));
  CHECK(tasks[0].contains("sla_deadline"));
  CHECK(world.rest.ok("blocker.list").at("blockers").empty());
}

TEST_CASE("a review over the report's own route decides the gate and closes the task") {
  GoLive world;
  const std::string id = world.submit("mail").at("id");
  const json done = world.rest.ok("report.review", at_report(id, decision("approved")), "rita");
  CHECK(done.at("status") == "approved");
  CHECK(done.at("reviewed_by") == "platform@example.com");
  CHECK(done.at("review_notes") == "Looks good!");
  CHECK(done.at("decided_by") == "rita");
  CHECK(done.at("reviewed_at").is_string());
  const json gate = world.rest.ok("approval.get", at_approval(done.at("approval_id")));
  CHECK(gate.at("status") == "approved");
  CHECK(gate.at("votes").at(0).at("notes") == "Looks good!");
  CHECK_THAT(gate.at("next").get<std::string>(), contains("submitter is told"));
  CHECK(world.rest.ok("task.list").at("tasks").empty());

  // Again, and too late.
  CHECK(world.rest.ok("report.review", at_report(id, decision("approved")), "rita") == done);
  const Answered late = world.rest.ask("report.review", at_report(id, decision("rejected")));
  CHECK(late.status == 409);
  CHECK(late.body.at("code") == "already_decided");
  CHECK(late.body.at("decided_by") == "rita");
}

TEST_CASE("a submission that is repeated with its key is answered as the first time") {
  GoLive world;
  Asked asked = with(report_of("mail"));
  asked.headers = {{"Idempotency-Key", "once"}};
  const json first = world.rest.ok("report.submit", asked, "goose");
  const Answered again = world.rest.ask("report.submit", asked, "goose");
  CHECK(again.header("idempotency-replayed") == "true");
  CHECK(again.body == first);
}

TEST_CASE("a review that is taken back waits for what stands by then") {
  GoLive world;
  const json report = world.submit("mail");
  const std::string id = report.at("id");
  world.rest.ok("report.review", at_report(id, decision("approved")), "rita");
  const json check{{"name", "license"}, {"status", "warn"}, {"details", "Ask legal"}};
  world.rest.ok("report.check", at_report(id, check), "goose");
  world.rest.ok("approval.rescind", at_approval(report.at("approval_id"), {{"reason", "wait"}}),
                "rita");
  const json now = world.read(id);
  CHECK(now.at("status") == "pending_review");
  CHECK(now.at("digest") != report.at("digest"));
  const json gate = world.rest.ok("approval.get", at_approval(report.at("approval_id")));
  CHECK(gate.at("digest") == now.at("digest"));
  json review = decision("approved");
  review["digest"] = now.at("digest");
  CHECK(world.rest.ok("report.review", at_report(id, review), "rita").at("status") == "approved");
}

TEST_CASE("all who submitted a report are told what became of it") {
  GoLive world;
  const json report = world.submit("mail", "dana");
  world.rest.ok("report.submit", with(report_of("mail", "# Reworked")));
  world.rest.ok("report.review", at_report(report.at("id"), decision("approved")), "rita");
  for (const char* who : {"dana", "owner"}) {
    CAPTURE(who);
    const json told = world.rest.ok("notification.list", {}, who).at("notifications");
    const bool known = std::any_of(told.begin(), told.end(), [](const json& each) {
      return each.at("type") == "approval_approved";
    });
    CHECK(known);
  }
}

TEST_CASE("a gate or task that is decided elsewhere is the report's decision") {
  GoLive world;
  const json mail = world.submit("mail");
  const json approved = world.rest.ok(
      "approval.approve",
      at_approval(mail.at("approval_id"), {{"notes", "Fine"}, {"digest", mail.at("digest")}}),
      "rita");
  CHECK(approved.at("status") == "approved");
  CHECK_THAT(approved.at("next").get<std::string>(), contains("the report says so"));
  CHECK(world.read(mail.at("id")).at("status") == "approved");
  CHECK(world.read(mail.at("id")).at("reviewed_by") == "rita");
  CHECK(world.read(mail.at("id")).at("review_notes") == "Fine");

  const json chat = world.submit("chat");
  const json done = world.rest.ok("task.complete",
                                  {{{"task_id", chat.at("task_id")}},
                                   json::object(),
                                   {{"decision", "rejected"}, {"reason", "No tests"}},
                                   {}},
                                  "rita");
  CHECK(done.at("status") == "completed");
  CHECK(world.read(chat.at("id")).at("status") == "rejected");
  CHECK(world.read(chat.at("id")).at("review_notes") == "No tests");

  // The deciding vote can be taken back, and the report waits again.
  world.rest.ok("approval.rescind", at_approval(mail.at("approval_id"), {{"reason", "Wrong one"}}),
                "rita");
  CHECK(world.read(mail.at("id")).at("status") == "pending_review");
  CHECK(world.rest.ok("task.list").at("tasks").size() == 1);
}

TEST_CASE("who submitted decides only where nobody else can") {
  GoLive world;
  const std::string id = world.submit("mail", "dana").at("id");
  CHECK(world.rest.ask("report.review", at_report(id, decision("approved")), "dana").status == 403);
  CHECK(world.rest.ask("report.review", at_report(id, decision("approved")), "goose").status ==
        403);
  CHECK(world.read(id).at("status") == "pending_review");
  // Whoever puts another text into a review that waits is no reviewer of it either.
  json changed = report_of("mail", "# Another");
  world.rest.ok("report.submit", with(changed), "rita");
  CHECK(world.rest.ask("report.review", at_report(id, decision("approved")), "rita").status == 403);
  CHECK(world.rest.ok("report.review", at_report(id, decision("approved"))).at("status") ==
        "approved");

  Rest alone;
  const std::string own = alone.ok("report.submit", with(report_of("mail"))).at("id");
  CHECK(alone.ok("report.review", at_report(own, decision("approved"))).at("status") == "approved");
}

TEST_CASE("a submission of the same repository is the next one of the same report") {
  GoLive world;
  const json first = world.submit("mail");
  json again = report_of("mail", "# Second");
  again["repository_url"] = "git@github.com:Acme/mail.git";
  const json second = world.rest.ok("report.submit", with(again), "goose");
  CHECK(second.at("id") == first.at("id"));
  CHECK(second.at("submission") == 2);
  CHECK(second.at("approval_id") == first.at("approval_id"));
  CHECK(second.at("history").at(0).at("status") == "superseded");
  // What was shown before is not what stands.
  json stale = decision("approved");
  stale["digest"] = first.at("digest");
  const Answered refused =
      world.rest.ask("report.review", at_report(first.at("id"), stale), "rita");
  CHECK(refused.status == 409);
  CHECK(refused.body.at("code") == "subject_changed");
  CHECK_THAT(refused.body.at("detail").get<std::string>(), contains("submission 2"));

  // Rejected without notes, submitted again: a gate of its own.
  json bare{{"status", "rejected"}, {"reviewed_by", "platform@example.com"}};
  const json rejected = world.rest.ok("report.review", at_report(first.at("id"), bare), "rita");
  CHECK(rejected.at("status") == "rejected");
  CHECK(rejected.at("review_notes").is_null());
  const json third = world.submit("mail");
  CHECK(third.at("status") == "pending_review");
  CHECK(third.at("submission") == 3);
  CHECK(third.at("approval_id") != first.at("approval_id"));
  CHECK(third.at("history").size() == 2);
  CHECK(third.at("history").at(1).at("status") == "rejected");
  CHECK(world.rest.ok("report.list").size() == 1);
}

TEST_CASE("reports are a bare array, the newest first, in pages") {
  GoLive world;
  CHECK(world.rest.ok("report.list") == json::array());
  for (const char* const name : {"mail", "chat", "files"}) world.submit(name);
  world.rest.ok("report.review",
                at_report(report::report_of("github.com/acme/chat"), decision("approved")), "rita");
  const auto names = [&](json query) {
    Words all;
    for (const json& report : world.rest.ok("report.list", where(std::move(query)), "vera")) {
      all.push_back(report.at("server_name"));
    }
    return all;
  };
  CHECK(names(json::object()) == Words{"files", "chat", "mail"});
  CHECK(names({{"status", "pending_review"}}) == Words{"files", "mail"});
  CHECK(names({{"status", "approved"}}) == Words{"chat"});
  CHECK(names({{"status", "rejected"}}).empty());
  const Answered page = world.rest.ask("report.list", where({{"limit", 2}, {"full", false}}));
  CHECK(page.body.size() == 2);
  CHECK_FALSE(page.body.at(0).contains("report_data"));
  const std::string link = page.header("link");
  CHECK_THAT(link, contains("rel=\"next\""));
  const std::size_t from = link.find("cursor=") + 7;
  const std::string cursor = link.substr(from, link.find('>') - from);
  CHECK(names({{"limit", 2}, {"cursor", cursor}}) == Words{"mail"});
  CHECK(world.rest.ask("report.list", where({{"cursor", "nonsense"}})).status == 400);
  CHECK(world.rest.ask("report.list", where({{"status", "open"}})).status == 400);
}

TEST_CASE("checks of a report stand in the way of every decision until they are exempted") {
  GoLive world;
  const json report = world.submit("mail");
  const std::string id = report.at("id");
  const json checked = world.rest.ok(
      "report.check", at_report(id, {{"name", "license"}, {"status", "fail"}, {"details", "GPL"}}),
      "goose");
  CHECK(checked.at("failing_checks") == Words{"license"});
  CHECK(checked.at("digest") != report.at("digest"));
  const Answered refused =
      world.rest.ask("report.review", at_report(id, decision("approved")), "rita");
  CHECK(refused.status == 422);
  CHECK(refused.body.at("code") == "checks_failed");
  CHECK(refused.names("/checks/license", "GPL"));
  const Answered at_gate = world.rest.ask(
      "approval.approve", at_approval(report.at("approval_id"), json::object()), "rita");
  CHECK(at_gate.status == 422);
  CHECK(at_gate.names("/checks/license", "GPL"));

  const json exemption{
      {"check", "license"}, {"reason", "Bought"}, {"expires_at", "2026-12-01T00:00:00Z"}};
  CHECK(world.rest.ask("report.exempt", at_report(id, exemption), "vera").status == 403);
  const Answered exempted = world.rest.ask("report.exempt", at_report(id, exemption), "rita");
  INFO(exempted.body.dump());
  REQUIRE(exempted.status == 200);
  CHECK(exempted.body.at("failing_checks").empty());
  CHECK(exempted.body.at("checks").at(0).at("exempted") == true);
  CHECK(world.rest.ok("report.review", at_report(id, decision("approved")), "rita").at("status") ==
        "approved");
}

TEST_CASE("the text of a report as a page, for which nothing runs") {
  GoLive world;
  json body = report_of("mail", "# Mail\n\n<script>alert(1)</script> **safe**");
  const std::string id = world.rest.ok("report.submit", with(body), "goose").at("id");
  const Answered page = world.rest.ask("report.html", at_report(id), "vera");
  CHECK(page.status == 200);
  CHECK(page.header("content-type") == "text/html; charset=utf-8");
  CHECK_THAT(page.header("content-security-policy"), contains("default-src 'none'; style-src"));
  CHECK(page.headers.count("content-security-policy") == 1);
  CHECK_THAT(page.body.get<std::string>(), contains("<title>Go-live: mail</title>"));
  CHECK_THAT(page.body.get<std::string>(), contains("<h1>Mail</h1>"));
  CHECK(page.body.get<std::string>().find("<script") == std::string::npos);
  CHECK(world.rest.ask("report.html", at_report("report_x"), "vera").status == 404);
}

TEST_CASE("the body of a report is JSON whatever its header says") {
  GoLive world;
  // A string goes out as XML.
  const json submitted =
      world.rest.ok("report.submit", with(json(report_of("mail").dump())), "goose");
  CHECK(submitted.at("server_name") == "mail");
  CHECK(world.rest.ask("report.submit", with(json("<report/>")), "goose").status == 400);
}

TEST_CASE("what a report must hold is said field by field, and secrets are not repeated") {
  GoLive world;
  const auto refused = [&](const char* name, json value) {
    json body = report_of("mail");
    body[name] = std::move(value);
    return world.rest.ask("report.submit", with(body), "goose");
  };
  CHECK(refused("server_name", "").names("/server_name", ""));
  CHECK(refused("developer_email", "nobody").names("/developer_email", "e-mail"));
  const Answered secret = refused("repository_url", "https://me:hunter2@github.com/acme/mail");
  CHECK(secret.names("/repository_url", "password"));
  CHECK(secret.body.dump().find("hunter2") == std::string::npos);
  CHECK(refused("report_data", std::string(262'145, 'x')).status == 400);
  std::string wide;
  for (int i = 0; i < 100'000; ++i) wide += "\xE2\x82\xAC";
  CHECK(refused("report_data", wide).names("/report_data", "262144 bytes"));
  CHECK(world.rest.ask("report.submit", with(report_of("mail")), "vera").status == 403);
  CHECK(world.rest.ask("report.get", at_report("report_x")).status == 404);
  CHECK(world.rest.ask("report.review", at_report("report_x", decision("approved"))).status == 404);
  CHECK(world.rest.ask("report.review", at_report("task_x", decision("approved"))).status == 404);
}

}  // namespace
}  // namespace factory::test
