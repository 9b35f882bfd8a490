#include <algorithm>
#include <filesystem>

#include "tests/mcp/transcript.hpp"
#include "tests/support/catch.hpp"

namespace factory::test {
namespace {

std::vector<std::filesystem::path> transcripts() {
  std::vector<std::filesystem::path> files;
  const auto folder = std::filesystem::path(AF_SOURCE_DIR) / "tests/mcp/transcripts";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".txt") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

TEST_CASE("the session answers as the transcripts say", "[transcripts]") {
  const auto files = transcripts();
  REQUIRE(files.size() > 5);
  for (const auto& file : files) {
    DYNAMIC_SECTION(file.stem().string()) { CHECK_NOTHROW(Transcript::play(file)); }
  }
}

TEST_CASE("a transcript that says something else fails", "[transcripts]") {
  using nlohmann::json;
  CHECK(mismatch({{"a", "*"}}, {{"a", {1, 2}}}).empty());
  CHECK(mismatch({{"a", 1}, {"...", "*"}}, {{"a", 1}, {"b", 2}}).empty());
  CHECK(mismatch({{"a", 1}}, {{"a", 1}, {"b", 2}}) == "/b was not expected");
  CHECK(mismatch({{"a", {1, {{"b", 2}}}}}, {{"a", {1, {{"b", 3}}}}}) == "/a/1/b is 3");
  CHECK(mismatch({{"id", "5"}}, {{"id", 5}}) == "/id is 5");
  CHECK(mismatch(json::array({1}), json::array({1, 2})) == " has 2 items");
  CHECK(mismatch({{"a", 1}}, json::object()) == "/a is missing");
}

}  // namespace
}  // namespace factory::test
