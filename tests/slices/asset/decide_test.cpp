#include "slices/asset/asset.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/spec.hpp"

namespace factory::test {
namespace {

using AssetSpec = Spec<asset::Definition>;
using nlohmann::json;

asset::Upload upload(const std::string& digest, const std::string& stage = "building") {
  asset::Upload command;
  command.pipeline_id = "pipe_1";
  command.path = "src/index.ts";
  command.version.stage = stage;
  command.version.media_type = "text/plain";
  command.version.size = 12;
  command.version.digest = digest;
  command.version.generated_by = "builder";
  return command;
}

AssetSpec in(asset::Status status) {
  AssetSpec spec({person("alice"), agent("robot")});
  spec.as(agent("robot"));
  if (status != asset::Status::none) spec.when(upload("aa"));
  if (status == asset::Status::archived) spec.when(asset::Archive{"old", Millis{0}});
  return spec;
}

std::vector<std::string> blobs_of(const AssetSpec& spec) {
  std::vector<std::string> digests;
  for (const IndexEntry& entry : spec.view().index) {
    if (entry.key == asset::kBlobTag) digests.push_back(entry.value);
  }
  return digests;
}

}  // namespace

TEST_CASE("every command on an asset answers for every state") {
  using asset::Status;
  CHECK(in(Status::none).ask(upload("bb")).brief() == "asset.created");
  CHECK(in(Status::active).ask(upload("bb")).brief() == "asset.updated");
  CHECK(in(Status::archived).ask(upload("bb")).brief() == "asset.updated");
  CHECK(in(Status::none).ask(asset::Archive{}).brief() == "refused: not_found");
  CHECK(in(Status::active).ask(asset::Archive{}).brief() == "asset.archived");
  CHECK(in(Status::archived).ask(asset::Archive{}).brief() == "nothing");
  CHECK(in(Status::none).ask(asset::Purge{}).brief() == "nothing");
  CHECK(in(Status::active).ask(asset::Purge{}).brief() == "nothing");
  CHECK(in(Status::archived).ask(asset::Purge{}).brief() == "asset.purged");
}

TEST_CASE("uploads to one path are numbered, and each says who, when and what") {
  AssetSpec spec = in(asset::Status::active);
  spec.at(minute(5)).as(person("alice")).when(upload("bb", "testing"));
  const Shown shown = spec.view("asset_1");
  CHECK(shown.status == "active");
  CHECK(shown.text == "src/index.ts");
  CHECK(shown.doc["name"] == "index.ts");
  CHECK(shown.doc["latest_version"] == 2);
  CHECK(shown.doc["digest"] == "bb");
  CHECK(shown.doc["stage"] == "testing");
  CHECK(shown.doc["uploaded_by"] == "alice");
  REQUIRE(shown.doc["versions"].size() == 2);
  CHECK(shown.doc["versions"][0]["version"] == 1);
  CHECK(shown.doc["versions"][0]["uploaded_by"] == "robot");
  CHECK(shown.doc["versions"][0]["generated_by"] == "builder");
  CHECK(shown.doc["versions"][1]["created_at"] == format_time(minute(5)));
  CHECK(blobs_of(spec) == std::vector<std::string>{"aa", "bb"});
}

TEST_CASE("the same bytes in two versions are one blob") {
  AssetSpec spec = in(asset::Status::active);
  spec.when(upload("aa"));
  CHECK(spec.state().versions.size() == 2);
  CHECK(blobs_of(spec) == std::vector<std::string>{"aa"});
}

TEST_CASE("the bytes of a deleted asset are given up after their time, and not before") {
  AssetSpec spec = in(asset::Status::active);
  spec.when(asset::Archive{"old", Millis{60'000}});
  CHECK(spec.view().status == "archived");
  CHECK(spec.view().doc["archive_reason"] == "old");
  CHECK(blobs_of(spec).size() == 1);
  CHECK(spec.run_until(spec.now() + Millis{59'000}).empty());
  CHECK(spec.run_until(spec.now() + Millis{1'000}) == "asset.purged");
  CHECK(blobs_of(spec).empty());
  CHECK(spec.view().doc["versions"][0]["purged"] == true);
  SECTION("an upload brings the asset back, with its new bytes alone") {
    spec.when(upload("bb"));
    CHECK(spec.view().status == "active");
    CHECK(spec.view().doc["latest_version"] == 2);
    CHECK(blobs_of(spec) == std::vector<std::string>{"bb"});
    CHECK(spec.timers().empty());
  }
}

TEST_CASE("an upload keeps the bytes of an asset that was deleted") {
  AssetSpec spec = in(asset::Status::active);
  spec.when(asset::Archive{"", Millis{60'000}});
  CHECK(spec.timers().size() == 1);
  spec.when(upload("bb"));
  CHECK(spec.timers().empty());
  CHECK(blobs_of(spec).size() == 2);
  CHECK(!spec.view().doc.contains("archived_by"));
}

TEST_CASE("what is kept for ever has no timer") {
  AssetSpec spec = in(asset::Status::active);
  spec.when(asset::Archive{"", Millis{0}});
  CHECK(spec.timers().empty());
}

TEST_CASE("an asset has a last version") {
  AssetSpec spec = in(asset::Status::active);
  asset::Updated updated{"pipe_1", "src/index.ts", upload("aa").version};
  for (int i = 2; i <= asset::kMostVersions; ++i) {
    updated.version.number = i;
    spec.given(updated);
  }
  CHECK(spec.ask(upload("bb")).brief() == "refused: unprocessable");
  CHECK_THAT(spec.ask(upload("bb")).detail(), contains("src/index.ts"));
}

TEST_CASE("a path of a pipeline has one id, another path or pipeline another") {
  const std::string id = asset::stream_of("pipe_1", "a/b");
  CHECK(id == asset::stream_of("pipe_1", "a/b"));
  CHECK(id != asset::stream_of("pipe_1", "a/c"));
  CHECK(id != asset::stream_of("pipe_2", "a/b"));
  CHECK(id.size() == std::string("asset_").size() + 36);
  CHECK(id[6 + 14] == '8');
  CHECK(std::string("89ab").find(id[6 + 19]) != std::string::npos);
}

}  // namespace factory::test
