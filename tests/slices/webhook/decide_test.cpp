#include "slices/webhook/webhook.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/spec.hpp"

namespace factory::test {
namespace {

using namespace factory::webhook;
using HookSpec = Spec<webhook::Definition>;
using webhook::Status;

Registered wanted(bool enabled = true) {
  Registered registered;
  registered.url = "https://example.com/hook";
  registered.events = {"task.*", "pipeline.paused"};
  registered.sealed_secret = "sealed-1";
  registered.enabled = enabled;
  return registered;
}

HookSpec in(Status status) {
  HookSpec spec({person("olga", Role::owner)});
  spec.as(person("olga", Role::owner));
  if (status == Status::none) return spec;
  spec.given(wanted());
  if (status == Status::disabled) spec.given(Disabled{Cause::failing, "Late", "system", minute(1)});
  if (status == Status::deleted) spec.given(Deleted{"olga", minute(2)});
  return spec;
}

Update to_url(const std::string& url) {
  Update update;
  update.url = url;
  return update;
}

Update to_enabled(bool enabled) {
  Update update;
  update.enabled = enabled;
  return update;
}

}  // namespace

TEST_CASE("every command on a webhook answers for every state", "[webhook]") {
  struct Row {
    Command command;
    std::string none, enabled, disabled, deleted;
  };
  const std::string gone = "refused: not_found";
  const std::string taken = "refused: conflict";
  const std::vector<Row> rows{
      {Register{wanted()}, "webhook.registered", taken, taken, taken},
      {to_url("https://example.com/other"), gone, "webhook.updated", "webhook.updated", gone},
      {to_url("https://example.com/hook"), gone, "nothing", "nothing", gone},
      {to_enabled(true), gone, "nothing", "webhook.enabled", gone},
      {to_enabled(false), gone, "webhook.disabled", "nothing", gone},
      {RotateSecret{"sealed-2", 1}, gone, "webhook.secret_rotated", "webhook.secret_rotated", gone},
      {Enable{}, gone, "nothing", "webhook.enabled", gone},
      {Disable{Cause::gone, "410"}, gone, "webhook.disabled", "nothing", gone},
      {Delete{}, gone, "webhook.deleted", "webhook.deleted", "nothing"}};
  for (const Row& row : rows) {
    INFO(row.command.index());
    CHECK(in(Status::none).ask(row.command).brief() == row.none);
    CHECK(in(Status::enabled).ask(row.command).brief() == row.enabled);
    CHECK(in(Status::disabled).ask(row.command).brief() == row.disabled);
    CHECK(in(Status::deleted).ask(row.command).brief() == row.deleted);
  }
}

TEST_CASE("a webhook is told of the types that it names, while it is enabled", "[webhook]") {
  HookSpec spec = in(Status::enabled);
  CHECK(wants(spec.state(), "task.created"));
  CHECK(wants(spec.state(), "pipeline.paused"));
  CHECK_FALSE(wants(spec.state(), "pipeline.created"));
  CHECK_FALSE(wants(spec.state(), "tasks.created"));
  Update everything;
  everything.events = std::vector<std::string>{"*"};
  spec.when(everything);
  CHECK(wants(spec.state(), "pipeline.created"));
  spec.when(Disable{});
  CHECK_FALSE(wants(spec.state(), "pipeline.created"));
}

TEST_CASE("after a rotation both secrets sign until the overlap ends, and never a third",
          "[webhook]") {
  using Texts = std::vector<std::string>;
  HookSpec spec = in(Status::enabled);
  spec.at(minute(0)).when(RotateSecret{"sealed-2", 1});
  CHECK(secrets_at(spec.state(), minute(59)) == Texts{"sealed-2", "sealed-1"});
  CHECK(secrets_at(spec.state(), minute(60)) == Texts{"sealed-2"});
  spec.at(minute(30)).when(RotateSecret{"sealed-3", 1});
  CHECK(secrets_at(spec.state(), minute(31)) == Texts{"sealed-3", "sealed-2"});
  spec.when(RotateSecret{"sealed-4", 0});
  CHECK(secrets_at(spec.state(), minute(31)) == Texts{"sealed-4"});
}

TEST_CASE("the document says why a webhook is disabled and holds no secret", "[webhook]") {
  HookSpec spec = in(Status::enabled);
  spec.as(Principal{}).when(Disable{Cause::failing, "Nothing has come through."});
  const nlohmann::json doc = spec.view().doc;
  CHECK(doc.at("status") == "disabled");
  CHECK(doc.at("enabled") == false);
  CHECK(doc.at("disabled_cause") == "failing");
  CHECK(doc.at("disabled_reason") == "Nothing has come through.");
  CHECK(doc.at("disabled_by") == "system");
  CHECK(doc.dump().find("sealed") == std::string::npos);
  spec.when(Enable{});
  CHECK_FALSE(spec.view().doc.contains("disabled_cause"));
}

TEST_CASE("only what the server does of itself is announced", "[webhook]") {
  CHECK(in(Status::enabled).ask(Disable{Cause::gone, "410"}).announced() == "webhook.disabled");
  CHECK(in(Status::enabled).ask(Disable{}).announced().empty());
}

}  // namespace factory::test
