#include <chrono>
#include <set>
#include <stdexcept>

#include "storage/open.hpp"
#include "tests/storage/store_cases.hpp"
#include "tests/support/catch.hpp"

namespace factory::test {

using storage::SearchDocument;
using storage::SearchHit;
using storage::SearchIndex;
using storage::SearchQuestion;

namespace {

using Ids = std::vector<std::string>;

/// Long enough for a machine that does other things, too.
constexpr std::chrono::milliseconds enough{20'000};

SearchQuestion question(const std::string& words, const Ids& kinds = {}, int limit = 20) {
  SearchQuestion asked;
  asked.words = words;
  asked.kinds = kinds;
  asked.limit = limit;
  asked.time = enough;
  return asked;
}

Ids ids_of(const storage::SearchAnswer& answer) {
  Ids ids;
  for (const SearchHit& hit : answer.hits) ids.push_back(hit.id);
  return ids;
}

Ids found(SearchIndex& index, const std::string& words, const Ids& kinds = {}, int limit = 20) {
  return ids_of(index.search(question(words, kinds, limit)));
}

std::unique_ptr<SearchIndex> filled() {
  auto index = storage::open_sqlite_search(":memory:");
  index->put({{"p1", "pipeline", "Weather server", "Forecasts for Zürich and Genève"},
              {"p2", "pipeline", "Calendar server", "Reads calendars, writes none"},
              {"t1", "task", "Review weather server", "The forecast of Zürich is wrong"},
              {"t2", "task_group", "Deploy", "weather-server to staging_eu at 10:30"}},
             4);
  return index;
}

}  // namespace

TEST_CASE("documents are found that hold all words, the last one as a beginning") {
  const auto index = filled();
  CHECK(found(*index, "calendar") == Ids{"p2"});
  CHECK(found(*index, "server wrong") == Ids{"t1"});
  CHECK(found(*index, "wrong server") == Ids{"t1"});
  CHECK(found(*index, "we") == Ids{"p1", "t1", "t2"});
  CHECK(found(*index, "weat").size() == 3);
  CHECK(found(*index, "weath").size() == 3);
  CHECK(found(*index, "weathers").empty());
  CHECK(found(*index, "weath server").empty());  // only the last one may be a beginning
  CHECK(found(*index, "server forec") == Ids{"p1", "t1"});
  CHECK(found(*index, "nothing").empty());
  CHECK(found(*index, "").empty());
  CHECK(found(*index, "  --- ").empty());
}

TEST_CASE("letters are compared without case and accents") {
  const auto index = filled();
  CHECK(found(*index, "ZURICH forecasts") == Ids{"p1"});
  CHECK(found(*index, "zürich").size() == 2);
  CHECK(found(*index, "geneve") == Ids{"p1"});
  CHECK(found(*index, "staging eu 30") == Ids{"t2"});
}

TEST_CASE("a search can be kept to kinds") {
  const auto index = filled();
  CHECK(found(*index, "server", {"pipeline"}) == Ids{"p2", "p1"});
  CHECK(found(*index, "server", {"task", "task_group"}) == Ids{"t1", "t2"});
  CHECK(found(*index, "server", {"run"}).empty());
  CHECK(found(*index, "server", {"taskgroup"}).empty());  // it looks alike to the index
}

TEST_CASE("no syntax of the engine can be reached") {
  const auto index = filled();
  const Ids all = found(*index, "server");
  CHECK(found(*index, "\"server\"") == all);
  CHECK(found(*index, "server*") == all);
  CHECK(found(*index, "word:server").empty());
  CHECK(found(*index, "server OR nothing").empty());
  CHECK(found(*index, "server NOT weather").empty());
  CHECK(found(*index, "^server -- ) (") == all);
  CHECK(found(*index, "NEAR(server weather)").empty());
  CHECK(found(*index, std::string("ser\0ver", 7)).size() <= all.size());
  CHECK(found(*index, "\xff\xfe server").size() <= all.size());
  CHECK(found(*index, std::string(100'000, 'a') + " server").empty());
  std::string many;
  for (int i = 0; i < 5'000; ++i) many += "server ";
  CHECK(found(*index, many) == all);
}

TEST_CASE("titles come first, then what is newest") {
  const auto index = storage::open_sqlite_search(":memory:");
  index->put({{"old", "task", "Deploy", ""},
              {"text", "task", "Something", "before the deploy"},
              {"new", "task", "Deploy", ""},
              {"beginning", "task", "Deployment", ""},
              {"longer", "task", "Deploy it", ""}},
             1);
  CHECK(found(*index, "deploy") == Ids{"new", "old", "longer", "beginning", "text"});
  CHECK(found(*index, "deploy", {}, 2) == Ids{"new", "old"});
}

TEST_CASE("a document is replaced, keeps its place if it is the same, and can be taken out") {
  const auto index = storage::open_sqlite_search(":memory:");
  index->put({{"a", "task", "One", "red"}, {"b", "task", "One", "tan"}}, 2);
  CHECK(found(*index, "one") == Ids{"b", "a"});
  index->put({{"a", "task", "One", "red"}}, 3);
  CHECK(found(*index, "one") == Ids{"b", "a"});
  index->put({{"a", "task", "One", "sky"}}, 4);
  CHECK(found(*index, "one") == Ids{"a", "b"});
  CHECK(found(*index, "red").empty());
  CHECK(found(*index, "sky") == Ids{"a"});
  index->put({{"a", "gate", "One", "sky"}}, 5);
  CHECK(found(*index, "sky", {"task"}).empty());
  CHECK(found(*index, "sky", {"gate"}) == Ids{"a"});
  index->put({{"a", "gate", "", ""}}, 6);
  CHECK(found(*index, "sky").empty());
  CHECK(found(*index, "one") == Ids{"b"});
  CHECK(index->position() == 6);
}

TEST_CASE("a snippet shows the text around the first word, in whole letters") {
  const auto index = storage::open_sqlite_search(":memory:");
  std::string before;
  for (int i = 0; i < 40; ++i) before += "é€ ";
  index->put({{"a", "task", "T", before + "needle\nin\tthe hay " + before},
              {"b", "task", "Needle", "short"}},
             1);
  const auto hits = index->search(question("needle")).hits;
  REQUIRE(hits.size() == 2);
  CHECK(hits[0].id == "b");
  CHECK(hits[0].title == "Needle");
  CHECK(hits[0].kind == "task");
  CHECK(hits[0].snippet == "short");
  const std::string& snippet = hits[1].snippet;
  CHECK_THAT(snippet, contains("**needle** in the hay"));
  CHECK(snippet.starts_with("…"));
  CHECK(snippet.ends_with("…"));
  CHECK(snippet.size() < 200);
  for (const char* cut : {"…\xa9", "…\x82", "…\xac"}) {
    CHECK(snippet.find(cut) == std::string::npos);
  }
}

TEST_CASE("old documents are found among many, also by common words") {
  const auto index = storage::open_sqlite_search(":memory:");
  constexpr int documents = 25'000;
  for (int i = 0; i < documents;) {
    std::vector<SearchDocument> some;
    for (int k = 0; k < 1'000; ++k, ++i) {
      std::string text = i % 2 == 0 ? "common even" : "common odds";
      if (i == 3) text += " oddity interesting";
      text += " interval internal";
      some.push_back({numbered("d", i), i % 10 == 0 ? "tenth" : "other", "T", text});
    }
    index->put(some, i);
  }
  CHECK(found(*index, "oddity") == Ids{numbered("d", 3)});
  CHECK(found(*index, "common oddity") == Ids{numbered("d", 3)});
  CHECK(found(*index, "interest") == Ids{numbered("d", 3)});
  CHECK(found(*index, "common interest") == Ids{numbered("d", 3)});
  CHECK(found(*index, "even odd").empty());
  CHECK(found(*index, "common", {}, 2) ==
        Ids{numbered("d", documents - 1), numbered("d", documents - 2)});
  CHECK(found(*index, "common even", {}, 1) == Ids{numbered("d", documents - 2)});
  CHECK(found(*index, "common", {"tenth"}, 1) == Ids{numbered("d", documents - 10)});
  CHECK(found(*index, "odd", {"tenth"}).empty());
}

TEST_CASE("an old document is found by a rare word that begins as many do") {
  const auto index = storage::open_sqlite_search(":memory:");
  constexpr int documents = 35'000;
  for (int i = 0; i < documents;) {
    std::vector<SearchDocument> some;
    for (int k = 0; k < 1'000; ++k, ++i) {
      std::string text = "common " + numbered("staple", i);
      if (i % 9'000 == 3) text += " stapler";
      some.push_back({numbered("d", i), "task", "T", text});
    }
    index->put(some, i);
  }
  const Ids all{numbered("d", 27'003), numbered("d", 18'003), numbered("d", 9'003),
                numbered("d", 3)};
  CHECK(found(*index, "common stapler") == all);
  CHECK(found(*index, "stapler common") == all);
  CHECK(found(*index, "common stapler", {}, 3) == Ids{all.begin(), all.begin() + 3});
}

TEST_CASE("what says a word more often, more densely and among rarer words comes first") {
  const auto index = storage::open_sqlite_search(":memory:");
  index->put({{"often", "task", "A", "quota quota quota and then some words"},
              {"once", "task", "B", "quota and then some words, and some more of them"},
              {"long", "task", "C", "quota " + std::string(3000, 'x') + " and words"}},
             1);
  CHECK(found(*index, "quota") == Ids{"often", "once", "long"});
  // A rare word weighs more than a common one.
  std::vector<SearchDocument> many;
  for (int i = 0; i < 50; ++i) {
    many.push_back({numbered("m", i), "task", "M", "common rare filler filler filler"});
  }
  many.push_back({"rare", "task", "M", "common rare rare rare filler"});
  many.push_back({"common", "task", "M", "common common common rare filler"});
  for (int i = 0; i < 100; ++i) many.push_back({numbered("n", i), "task", "N", "common"});
  index->put(many, 2);
  const Ids both = found(*index, "common rare");
  REQUIRE(both.size() == 20);
  CHECK(both.at(0) == "rare");
  CHECK(both.at(1) == "common");
}

TEST_CASE("each word that is meant is marked in a snippet of bounded length") {
  const auto index = storage::open_sqlite_search(":memory:");
  std::string all;
  for (int i = 0; i < 2000; ++i) all += "a ";
  index->put(
      {{"x", "task", "T", "Größe of the Heron; herons in a row, no hero"}, {"y", "task", "Y", all}},
      1);
  const auto size = index->search(question("größe heron")).hits;
  REQUIRE(size.size() == 1);
  CHECK(size[0].snippet == "**Größe** of the **Heron**; **herons** in a row, no hero");
  const auto bounded = index->search(question("a")).hits;
  REQUIRE_FALSE(bounded.empty());
  CHECK(bounded[0].snippet.size() < 1000);
}

TEST_CASE("a text is found to its end, however long it is") {
  const auto index = storage::open_sqlite_search(":memory:");
  std::string text;
  while (text.size() < 20'000) text += "filler é ";
  index->put(
      {{"long", "asset", "a.txt", text + "zebra crossing"}, {"short", "asset", "b.txt", "ant"}}, 1);
  CHECK(found(*index, "zebra") == Ids{"long"});
  CHECK(found(*index, "zebr") == Ids{"long"});
  CHECK_THAT(index->search(question("zebra")).hits.at(0).snippet, contains("**zebra** crossing"));
  index->put({{"long", "asset", "a.txt", text + "zebra crossing"}}, 2);
  CHECK(found(*index, "filler", {}, 1) == Ids{"long"});
  index->put({{"long", "asset", "a.txt", text + "heron"}}, 3);
  CHECK(found(*index, "zebra").empty());
  CHECK(found(*index, "heron") == Ids{"long"});
  index->put({{"long", "asset", "", ""}}, 4);
  CHECK(found(*index, "filler").empty());
}

TEST_CASE("a search is kept to a pipeline, to statuses and to a time") {
  const auto index = storage::open_sqlite_search(":memory:");
  const auto day = [](int days) { return from_millis(days * 86'400'000LL); };
  std::vector<SearchDocument> documents;
  for (int i = 0; i < 30; ++i) {
    documents.push_back({numbered("d", i), "task", "T", "word", i % 3 == 0 ? "open" : "closed",
                         "pipe_0" + std::to_string(i % 2), day(i)});
  }
  index->put(documents, 1);
  const auto ask = [&](auto change) {
    SearchQuestion asked = question("word", {}, 100);
    change(asked);
    return ids_of(index->search(asked));
  };
  CHECK(ask([](auto& q) { q.pipeline = "pipe_01"; }).size() == 15);
  CHECK(ask([](auto& q) { q.pipeline = "pipe-0-1"; }).empty());  // it looks alike to the index
  CHECK(ask([](auto& q) { q.statuses = {"open"}; }).size() == 10);
  CHECK(ask([](auto& q) { q.statuses = {"open", "closed", "other"}; }).size() == 30);
  CHECK(ask([](auto& q) { q.statuses = {"ope"}; }).empty());
  CHECK(ask([&](auto& q) { q.since = day(20); }).size() == 10);
  CHECK(ask([&](auto& q) { q.until = day(20); }).size() == 21);
  CHECK(ask([&](auto& q) {
          q.since = day(5);
          q.until = day(6);
          q.statuses = {"open"};
        }) == Ids{numbered("d", 6)});
  // What changes but its words keeps its place, and is found by what it is now.
  documents.at(0).status = "late";
  documents.at(0).at = day(40);
  index->put({documents.at(0)}, 2);
  CHECK(ask([](auto& q) { q.statuses = {"late"}; }) == Ids{numbered("d", 0)});
  CHECK(ask([&](auto& q) { q.since = day(39); }) == Ids{numbered("d", 0)});
  CHECK(ask([](auto& /*q*/) {}).back() == numbered("d", 0));
}

TEST_CASE("pages of a search hold each document once, whatever comes meanwhile") {
  const auto index = storage::open_sqlite_search(":memory:");
  std::vector<SearchDocument> documents;
  for (int i = 0; i < 250; ++i) documents.push_back({numbered("d", i), "task", "T", "word"});
  index->put(documents, 1);
  SearchQuestion asked = question("word", {}, 30);
  Ids all;
  for (int page = 0;; ++page) {
    const auto answer = index->search(asked);
    CHECK(answer.complete);
    CHECK(answer.capped);
    for (const std::string& id : ids_of(answer)) all.push_back(id);
    if (answer.next_cursor.empty()) break;
    asked.cursor = answer.next_cursor;
    index->put({{numbered("new", page), "task", "T", "word"}}, 2);
  }
  CHECK(all.size() == 200);
  CHECK(std::set<std::string>(all.begin(), all.end()).size() == 200);
  CHECK(all.front() == numbered("d", 249));

  SearchQuestion other = question("words", {}, 30);
  other.cursor = asked.cursor;
  CHECK_THROWS_AS(index->search(other), std::invalid_argument);
  for (const char* damaged :
       {"x", "1", "1.2", "1.2.", "-1.0.00000000", "9999999999999999999.1.a"}) {
    asked.cursor = damaged;
    CHECK_THROWS_AS(index->search(asked), std::invalid_argument);
  }
  CHECK_FALSE(index->search(question("new")).capped);
}

TEST_CASE("a search that has no time left says so instead of going on") {
  const auto index = storage::open_sqlite_search(":memory:");
  std::vector<SearchDocument> documents;
  for (int i = 0; i < 30'000; ++i) {
    documents.push_back({numbered("d", i), "task", "T", "word", i == 0 ? "odd" : "even"});
  }
  index->put(documents, 1);
  SearchQuestion asked = question("word");
  asked.time = std::chrono::milliseconds{0};
  const auto none = index->search(asked);
  CHECK_FALSE(none.complete);
  CHECK(none.hits.empty());
  // It walks over all of them to the only one that there is, and is stopped on its way.
  asked.statuses = {"odd"};
  asked.time = std::chrono::milliseconds{1};
  CHECK_FALSE(index->search(asked).complete);
  asked.time = enough;
  const auto one = index->search(asked);
  CHECK(one.complete);
  CHECK(ids_of(one) == Ids{numbered("d", 0)});
  // The connection serves the next one as before.
  CHECK(found(*index, "word").size() == 20);
}

TEST_CASE("the index is there when it is opened again, and made anew when it is damaged") {
  const TempDir folder;
  const std::string file = (folder / "search.db").string();
  storage::open_sqlite_search(file)->put({{"a", "task", "One", "red"}}, 17);
  SECTION("opened again") {
    const auto index = storage::open_sqlite_search(file);
    CHECK(index->position() == 17);
    CHECK(found(*index, "red") == Ids{"a"});
  }
  SECTION("damaged") {
    folder.write("search.db", std::string(20'000, 'x'));
    const auto index = storage::open_sqlite_search(file);
    CHECK(index->position() == 0);
    CHECK(found(*index, "red").empty());
  }
}

}  // namespace factory::test
