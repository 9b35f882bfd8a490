#include <nlohmann/json.hpp>

#include "queries/history.hpp"
#include "tests/support/catch.hpp"

namespace factory::test {
namespace {

using nlohmann::json;
using queries::difference;

TEST_CASE("the difference of two documents names the places that changed") {
  const json before{{"id", "task_1"},
                    {"status", "pending"},
                    {"version", 1},
                    {"updated_at", "yesterday"},
                    {"stages", {{{"name", "a"}, {"status", "active"}}, {{"name", "b"}}}}};
  json after = before;
  CHECK(difference(before, after) == json::object());
  after["status"] = "claimed";
  after["version"] = 2;
  after["updated_at"] = "today";
  after["claimed_by"] = "carl";
  after["stages"][0]["status"] = "completed";
  CHECK(difference(before, after) ==
        json{{"status", {{"from", "pending"}, {"to", "claimed"}}},
             {"claimed_by", {{"from", nullptr}, {"to", "carl"}}},
             {"stages/0/status", {{"from", "active"}, {"to", "completed"}}}});
}

TEST_CASE("what came to be is a change from nothing, and what went one to nothing") {
  CHECK(difference(nullptr, {{"status", "pending"}}) ==
        json{{"status", {{"from", nullptr}, {"to", "pending"}}}});
  CHECK(difference({{"claimed_by", "carl"}}, json::object()) ==
        json{{"claimed_by", {{"from", "carl"}, {"to", nullptr}}}});
}

TEST_CASE("lists of another length are shown as a whole, and long values cut") {
  const json changes = difference({{"votes", json::array()}}, {{"votes", {"carl"}}});
  CHECK(changes == json{{"votes", {{"from", json::array()}, {"to", {"carl"}}}}});
  const json cut = difference({{"text", ""}}, {{"text", std::string(5000, 'x')}});
  CHECK(cut["text"]["to"].get<std::string>().size() < 400);
}

TEST_CASE("a difference is bounded") {
  json after = json::object();
  for (int i = 0; i < 100; ++i) after["field" + std::to_string(i)] = i;
  CHECK(difference(json::object(), after).size() == 20);
}

}  // namespace
}  // namespace factory::test
