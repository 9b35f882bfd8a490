#include <future>

#include "domain/names.hpp"
#include "engine/rebuild.hpp"
#include "flows/slices.hpp"
#include "tests/slices/pipeline/rest.hpp"
#include "tests/slices/pipeline/support.hpp"
#include "tests/support/catch.hpp"

namespace factory::test {
namespace {

using nlohmann::json;

Asked named(const std::string& name, const std::string& slug) {
  return with({{"name", name}, {"slug", slug}});
}

}  // namespace

TEST_CASE("what a slug looks like", "[pipeline]") {
  for (const char* good : {"a", "7", "mail", "mail-server-2", "1-2-3"}) {
    INFO(good);
    CHECK(is_slug(good));
  }
  CHECK(is_slug(std::string(100, 'a')));
  CHECK_FALSE(is_slug(std::string(101, 'a')));
  for (const char* bad :
       {"", "-", "-a", "a-", "a--b", "A", "a b", "a_b", "a.b", "\xc3\xa4", "a\n"}) {
    INFO(bad);
    CHECK_FALSE(is_slug(bad));
  }
}

TEST_CASE("a slug that is made of name and id is one", "[pipeline]") {
  const std::string id = "pipe_01993e5a-7c00-7000-8000-0000ab12cd34";
  const auto made = [&](const std::string& name) { return make_slug(name, id); };
  CHECK(made("GHL MCP Server") == "ghl-mcp-server-ab12cd34");
  CHECK(made("  (Mail)  server!! ") == "mail-server-ab12cd34");
  CHECK(made("Gr\xc3\xbc\xc3\x9f"
             "e") == "gr-e-ab12cd34");
  CHECK(made("\xe5\xa4\xa9\xe6\xb0\x97") == "ab12cd34");
  CHECK(made(std::string(200, 'x')) == std::string(80, 'x') + "-ab12cd34");
  CHECK(made(std::string(79, 'x') + " y") == std::string(79, 'x') + "-ab12cd34");
  for (const char* name : {"a", "-", "A  B", "\xe5\xa4\xa9"}) CHECK(is_slug(made(name)));
}

TEST_CASE("a pipeline from before there were slugs shows the one that is made of it",
          "[pipeline]") {
  const std::string id = "pipe_01993e5a-7c00-7000-8000-0000ab12cd34";
  PipelineSpec spec({person("olga", Role::owner), person("bob")});
  json old = data_of(pipeline::Event{pipeline_created()});
  old.erase("slug");
  spec.given(engine::decode_event<pipeline::Event>("pipeline.created", old));
  CHECK(spec.view(id).doc.at("slug") == "ghl-mcp-server-ab12cd34");
  CHECK_THAT(spec.view(id).text, contains("ghl-mcp-server-ab12cd34"));
}

TEST_CASE("a pipeline keeps the slug that it was given, and is found by it", "[pipeline][rest]") {
  Rest rest;
  const json made = rest.ok("pipeline.create", named("Mail", "mail-server"));
  CHECK(made["slug"] == "mail-server");
  const json other = rest.ok("pipeline.create", with({{"name", "Mail"}}));
  const std::string id = other["id"];
  CHECK(other["slug"] == "mail-" + id.substr(id.size() - 8));
  const json found = rest.ok("pipeline.list", where({{"slug", "mail-server"}}));
  REQUIRE(found["pipelines"].size() == 1);
  CHECK(found["pipelines"][0]["id"] == made["id"]);
  CHECK(found["pipelines"][0]["slug"] == "mail-server");
  CHECK(rest.ok("pipeline.list", where({{"slug", other["slug"]}}))["pipelines"].size() == 1);
  CHECK(rest.ok("pipeline.list", where({{"slug", "nobody"}}))["pipelines"].empty());
  const json both = where({{"slug", "mail-server"}, {"stage", "testing"}}).query;
  CHECK(rest.ok("pipeline.list", where(both))["pipelines"].empty());
}

TEST_CASE("a slug that is taken is refused with who has it, also by an archived one",
          "[pipeline][rest]") {
  Rest rest;
  const std::string id = rest.ok("pipeline.create", named("Mail", "mail"))["id"];
  const auto taken = [&] {
    const Answered refused = rest.ask("pipeline.create", named("Another", "mail"));
    CHECK(refused.status == 409);
    CHECK(refused.body["code"] == "conflict");
    CHECK(refused.body["taken_by"] == id);
    CHECK(refused.names("/slug", id));
    CHECK_THAT(refused.body["detail"].get<std::string>(), contains("The slug mail is taken"));
  };
  taken();
  rest.ok("pipeline.archive", {{{"pipeline_id", id}}, {{"archive", true}}, nullptr, {}});
  taken();
  CHECK(rest.ok("pipeline.list", where({{"status", "all"}}))["pipelines"].size() == 1);
  CHECK(rest.ok("pipeline.create", named("Another", "mail-2"))["slug"] == "mail-2");
}

TEST_CASE("a refused slug leaves the Idempotency-Key free, a repeated request gets its pipeline",
          "[pipeline][rest]") {
  Rest rest;
  rest.ok("pipeline.create", named("Mail", "mail"));
  Asked asked = named("Another", "mail");
  asked.headers = {{"Idempotency-Key", "k-1"}};
  CHECK(rest.ask("pipeline.create", asked).status == 409);
  asked.body["slug"] = "post";
  const Answered made = rest.ask("pipeline.create", asked);
  REQUIRE(made.status == 201);
  CHECK(rest.ask("pipeline.create", asked).body["id"] == made.body["id"]);
}

TEST_CASE("of many that want one slug at once one gets it", "[pipeline]") {
  Rest rest;
  constexpr int many = 40;
  std::vector<std::future<Result<engine::Reply>>> answers;
  for (int i = 0; i < many; ++i) {
    pipeline::Created created = pipeline_created();
    created.slug = i % 2 == 0 ? "mail" : "post-" + std::to_string(i);
    engine::Call call;
    call.command = {rest.core().ids().next(rest.core().clock().now()).make("pipe"),
                    pipeline::Command{pipeline::Create{std::move(created)}}, true};
    call.actor = person("owner", Role::owner);
    answers.push_back(rest.core().runner().submit(std::move(call)));
  }
  int made = 0;
  for (auto& answer : answers) {
    const auto reply = answer.get();
    made += reply.ok() ? 1 : 0;
    if (!reply) CHECK(reply.error().code == ErrorCode::conflict);
  }
  CHECK(made == many / 2 + 1);
  storage::ViewQuery query;
  query.tag = storage::Tag{"pipeline.slug", "mail"};
  CHECK(rest.core().store().query_views(query).rows.size() == 1);
  CHECK(engine::check_views(rest.core().store(), all_slices()).differences.empty());
  rest.core().runner().with_store(
      [](storage::Store& store) { engine::rebuild_views(store, all_slices()); });
  CHECK(rest.core().store().query_views(query).rows.size() == 1);
  CHECK(engine::check_views(rest.core().store(), all_slices()).differences.empty());
}

TEST_CASE("a slug is found by search", "[pipeline][rest]") {
  Rest rest;
  const std::string id = rest.ok("pipeline.create", named("Mail", "pelican-post"))["id"];
  const auto row = rest.core().store().get_view(id);
  REQUIRE(row);
  CHECK_THAT(row->text, contains("pelican-post"));
}

}  // namespace factory::test
