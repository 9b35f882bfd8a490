#include "slices/template/folder.hpp"

#include <filesystem>

#include "tests/slices/template/samples.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"

namespace factory::pipeline_template {
namespace {

using test::contains;

std::string named(const std::string& name) {
  nlohmann::json definition = test::standard_definition();
  definition["name"] = name;
  return definition.dump(2);
}

}  // namespace

TEST_CASE("a folder that is not there has no templates", "[template]") {
  const test::TempDir dir;
  const FolderContent content = read_folder(dir / "templates");
  CHECK(content.loads.empty());
  CHECK(content.bad.empty());
}

TEST_CASE("a bad file is reported with its reason and spoils no other", "[template]") {
  const test::TempDir dir;
  dir.write("a.json", named("first"));
  dir.write("b.json", "{\n  \"name\": \"x\",\n}");
  dir.write("c.json", R"({"name": "third"})");
  dir.write("d.json", named("first"));
  dir.write("e.json", std::string(257 * 1024, ' '));
  dir.write("f.json", named("last"));
  dir.write("notes.txt", "not a template");
  std::filesystem::create_directory(dir / "g.json");

  const FolderContent content = read_folder(dir.string());
  REQUIRE(content.loads.size() == 2);
  CHECK(content.loads[0].loaded.name == "first");
  CHECK(content.loads[1].loaded.name == "last");
  REQUIRE(content.bad.size() == 5);
  CHECK(content.bad[0].file == "b.json");
  CHECK_THAT(content.bad[0].error.detail, contains("line 3"));
  CHECK(content.bad[1].file == "c.json");
  CHECK_THAT(content.bad[1].error.detail, contains("third"));
  CHECK(content.bad[2].file == "d.json");
  CHECK_THAT(content.bad[2].error.detail, contains("a.json"));
  CHECK(content.bad[3].file == "e.json");
  CHECK_THAT(content.bad[3].error.detail, contains("256 KiB"));
  CHECK(content.bad[4].file == "g.json");
}

TEST_CASE("a file where the folder should be is reported", "[template]") {
  const test::TempDir dir;
  const FolderContent content = read_folder(dir.write("templates", "x"));
  CHECK(content.loads.empty());
  REQUIRE(content.bad.size() == 1);
}

}  // namespace factory::pipeline_template
