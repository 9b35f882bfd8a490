#include "core.hpp"
#include "engine/follower.hpp"
#include "queries/search_text.hpp"
#include "storage/open.hpp"
#include "tests/slices/pipeline/rest.hpp"
#include "tests/support/catch.hpp"

/// What can be searched, from the log to the answer.
namespace factory::test {
namespace {

using nlohmann::json;
using Words = std::vector<std::string>;

TEST_CASE("the text of XML is what stands between and in its tags") {
  CHECK(queries::text_of_xml(R"(<a name="x y">some <b>text</b></a>)") == "x y \nsome \ntext\n\n");
  CHECK(queries::text_of_xml("<a b='>'>c").find('c') != std::string::npos);
  CHECK(queries::text_of_xml("<never closed").empty());
  CHECK(queries::text_of_xml("").empty());
}

TEST_CASE("files are searched as far as they are text, and no further than the bound") {
  const TempDir folder;
  const auto blobs = storage::open_file_blobs((folder / "blobs").string());
  const auto text_of = [&](const std::string& bytes) {
    storage::ViewRow row;
    row.id = "asset_1";
    row.kind = "asset";
    row.status = "active";
    row.text = "src/a.txt";
    row.doc = json{{"digest", blobs->put(bytes)}}.dump();
    std::vector<storage::SearchDocument> documents{{"asset_1", "asset", "src/a.txt", "src/a.txt"}};
    queries::add_texts(*blobs, row, documents);
    REQUIRE(documents.size() == 1);
    return documents.front().text.substr(std::string("src/a.txt\n").size());
  };
  CHECK(text_of("export const answer = 42;\n") == "export const answer = 42;\n");
  CHECK(text_of(std::string("PK\0\3", 4)).empty());
  CHECK(text_of("caf\xe9 latin").empty());
  const std::string longer = std::string(queries::most_text - 1, 'a') + "é and more";
  CHECK(text_of(longer) == std::string(queries::most_text - 1, 'a'));
}

/// What the server itself indexes, asked for until it has.
struct Found {
  explicit Found(Rest& rest) : rest_(rest) {}
  json operator()(json query) {
    while (engine::follow_log(rest_.core().store(), *index_, [&](const auto& row, auto& documents) {
      queries::add_texts(rest_.core().blobs(), row, documents);
    })) {
    }
    storage::SearchQuestion question;
    question.words = query.at("q");
    question.kinds = query.value("kinds", Words{});
    question.statuses = query.value("status", Words{});
    question.pipeline = query.value("pipeline", "");
    question.time = std::chrono::milliseconds{10'000};
    json ids = json::array();
    for (const auto& hit : index_->search(question).hits) ids.push_back(hit.kind + " " + hit.id);
    return ids;
  }

 private:
  Rest& rest_;
  std::unique_ptr<storage::SearchIndex> index_ = storage::open_sqlite_search(":memory:");
};

TEST_CASE("comments, decisions, test results and reports are found by what they say") {
  Rest rest;
  rest.add("bob", "operator");
  const std::string pipeline = rest.in_review();
  const json doc = rest.ok("pipeline.get", at(pipeline));
  const std::string gate = doc.at("waiting_for").at("approval_id");
  const std::string other = rest.pipeline();
  Found find(rest);

  const std::string comment =
      rest.ok("comment.post_pipeline", at(pipeline, {{"text", "The pelican is missing"}}))["id"];
  rest.ok("comment.post_pipeline", at(other, {{"text", "Another pelican"}}));
  CHECK(find({{"q", "pelican missing"}}) == json{"comment " + comment});
  CHECK(find({{"q", "pelican"}}).size() == 2);
  CHECK(find({{"q", "pelican"}, {"pipeline", pipeline}}) == json{"comment " + comment});
  rest.ok("comment.delete", {{{"comment_id", comment}}, json::object(), nullptr, {}});
  CHECK(find({{"q", "pelican missing"}}).empty());

  const std::string junit =
      "<testsuite name='s'><testcase name='t_flamingo' classname='c'/><testcase name='u' "
      "classname='c'><failure message='heron expected'/></testcase></testsuite>";
  const std::string tested = rest.pipeline();
  rest.report(tested, "scaffolding");
  rest.report(tested, "building", {{"assets", {{{"name", "README.md"}}}}});
  rest.ok("pipeline.add_test_results", {{{"pipeline_id", tested}}, json::object(), junit, {}});
  CHECK(find({{"q", "flamingo"}}) == json{"test_results " + tested + "#testing"});
  CHECK(find({{"q", "heron"}, {"status", {"failed"}}}).size() == 1);
  CHECK(find({{"q", "heron"}, {"status", {"passed"}}}).empty());

  rest.ok("approval.reject",
          {{{"approval_id", gate}}, json::object(), {{"reason", "The osprey is untested"}}, {}},
          "bob");
  CHECK(find({{"q", "osprey"}, {"kinds", {"gate"}}}) == json{"gate " + gate});

  const json report =
      rest.ok("report.submit", with({{"server_name", "mail"},
                                     {"repository_url", "https://github.com/a/b"},
                                     {"developer_email", "d@example.com"},
                                     {"report_data", std::string(3000, 'x') + " cormorant"}}));
  CHECK(find({{"q", "cormorant"}}) == json{"report " + report.at("id").get<std::string>()});
}

TEST_CASE("a search over HTTP says how far the index is, and takes its filters") {
  Rest rest;
  const std::string pipeline = rest.pipeline();
  for (int i = 0; i < 15; ++i) {
    rest.ok("comment.post_pipeline", at(pipeline, {{"text", "heron " + std::to_string(i)}}));
  }
  Core& core = rest.core();
  json found;
  // The server's own follower reads the log in its background.
  for (;;) {
    found = rest.ok("search", where({{"q", "heron"}, {"limit", 10}}));
    if (found.at("behind") == 0) break;
    core.runner().with_store([](storage::Store&) {});
  }
  CHECK(found.at("log_head") == found.at("indexed_through"));
  CHECK(found.at("complete") == true);
  CHECK(found.at("capped") == false);
  REQUIRE(found.at("results").size() == 10);
  const json& first = found.at("results").at(0);
  CHECK(first.at("type") == "comment");
  CHECK(first.at("pipeline_id") == pipeline);
  CHECK_THAT(first.at("snippet").get<std::string>(), contains("**heron**"));
  const json rest_of = rest.ok(
      "search", where({{"q", "heron"}, {"limit", 10}, {"cursor", found.at("next_cursor")}}));
  CHECK(rest_of.at("results").size() == 5);
  CHECK(rest_of.at("next_cursor").is_null());
  CHECK(rest.ask("search",
                 where({{"q", "other"}, {"limit", 10}, {"cursor", found.at("next_cursor")}}))
            .status == 400);
  CHECK(rest.ok("search", where({{"q", "heron"}, {"entity_types", "task"}})).at("results").empty());
  CHECK(rest.ok("search", where({{"q", "heron"}, {"until", "2000-01-01"}})).at("results").empty());
  CHECK(rest.ok("search", where({{"q", "heron"}, {"since", "2000-01-01"}, {"limit", 100}}))
            .at("results")
            .size() == 15);
  CHECK(rest.ask("search", where({{"q", "heron"}, {"since", "yesterday!"}})).status == 400);
}

TEST_CASE("an index that is ahead of its store, which a backup may be, begins anew") {
  const TempDir folder;
  const auto open = [&folder] {
    CoreOptions options;
    options.data = folder.string();
    return std::make_unique<Core>(std::move(options));
  };
  auto core = open();
  engine::follow_log(core->store(), core->search());
  const std::int64_t end = core->store().last_position();
  REQUIRE(core->search().position() == end);
  core.reset();
  core = open();
  CHECK(core->search().position() == end);  // it goes on
  core->search().put({}, end + 200);
  core.reset();
  core = open();
  CHECK(core->search().position() == 0);
  engine::follow_log(core->store(), core->search());
  CHECK(core->search().position() == core->store().last_position());
}

}  // namespace
}  // namespace factory::test
