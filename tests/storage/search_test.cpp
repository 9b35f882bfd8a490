#include <set>

#include "storage/open.hpp"
#include "tests/storage/store_cases.hpp"
#include "tests/support/catch.hpp"

namespace factory::test {

using storage::SearchDocument;
using storage::SearchHit;
using storage::SearchIndex;

namespace {

using Ids = std::vector<std::string>;

Ids found(SearchIndex& index, const std::string& words, const Ids& kinds = {}, int limit = 20) {
  Ids ids;
  for (const SearchHit& hit : index.search(words, kinds, limit)) ids.push_back(hit.id);
  return ids;
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
  CHECK(found(*index, "we") == Ids{"t1", "p1", "t2"});
  CHECK(found(*index, "weat").size() == 3);
  CHECK(found(*index, "weath").size() == 3);
  CHECK(found(*index, "weathers").empty());
  CHECK(found(*index, "weath server").empty());  // only the last one may be a beginning
  CHECK(found(*index, "server forec") == Ids{"t1", "p1"});
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
  index->put({{"a", "task", "One", "red"}, {"b", "task", "One", "blue"}}, 2);
  CHECK(found(*index, "one") == Ids{"b", "a"});
  index->put({{"a", "task", "One", "red"}}, 3);
  CHECK(found(*index, "one") == Ids{"b", "a"});
  index->put({{"a", "task", "One", "green"}}, 4);
  CHECK(found(*index, "one") == Ids{"a", "b"});
  CHECK(found(*index, "red").empty());
  CHECK(found(*index, "green") == Ids{"a"});
  index->put({{"a", "gate", "One", "green"}}, 5);
  CHECK(found(*index, "green", {"task"}).empty());
  CHECK(found(*index, "green", {"gate"}) == Ids{"a"});
  index->put({{"a", "gate", "", ""}}, 6);
  CHECK(found(*index, "green").empty());
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
  const auto hits = index->search("needle", {}, 10);
  REQUIRE(hits.size() == 2);
  CHECK(hits[0].id == "b");
  CHECK(hits[0].title == "Needle");
  CHECK(hits[0].kind == "task");
  CHECK(hits[0].snippet == "short");
  const std::string& snippet = hits[1].snippet;
  CHECK_THAT(snippet, contains("needle in the hay"));
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
      std::string text = i % 2 == 0 ? "common even" : "common odd";
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
