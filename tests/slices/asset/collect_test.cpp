// Blobs that nothing needs any more, on a real house.
#include "slices/asset/collect.hpp"

#include <filesystem>

#include "slices/asset/asset.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/house.hpp"
#include "tests/support/spec.hpp"

namespace factory::test {
namespace {

namespace fs = std::filesystem;
using std::chrono::hours;
using std::chrono::seconds;

constexpr seconds kHour = hours(1);

/// A house with a pipeline that is in its first stage of work.
struct Site {
  Site() {
    house.add("alice", Role::owner);
    pipeline::Created created;
    created.name = "demo";
    Plan plan;
    plan.template_name = "small";
    StagePlan work;
    work.name = "building";
    work.work = "Build it.";
    StagePlan end;
    end.name = "released";
    plan.stages = {work, end};
    created.plan = std::make_shared<const Plan>(std::move(plan));
    pipeline = house.fresh("pipe");
    const pipeline::Command create{pipeline::Create{std::move(created)}};
    REQUIRE(house.run(pipeline, create, alice));
  }

  std::string upload(const std::string& path, const std::string& bytes) {
    asset::Upload command;
    command.pipeline_id = pipeline;
    command.path = path;
    command.version.stage = "building";
    command.version.media_type = "text/plain";
    command.version.digest = house.core().blobs().put(bytes);
    command.version.size = static_cast<std::int64_t>(bytes.size());
    const std::string digest = command.version.digest;
    const auto done =
        house.run(asset::stream_of(pipeline, path), asset::Command{std::move(command)}, alice);
    INFO((done.ok() ? "" : done.error().detail));
    REQUIRE(done.ok());
    return digest;
  }

  /// As if all that is stored had been stored two hours ago.
  void age_blobs() {
    for (const auto& entry : fs::recursive_directory_iterator(house.core().data() + "/blobs")) {
      if (entry.is_regular_file()) {
        fs::last_write_time(entry.path(), fs::file_time_type::clock::now() - hours(2));
      }
    }
  }

  asset::Collected collect(bool dry_run = false) {
    return asset::Collector(house.core().store(), house.core().blobs(),
                            house.core().archive_folder())
        .run(kHour, dry_run);
  }
  bool has(const std::string& digest) { return house.core().blobs().open(digest) != nullptr; }

  House house;
  Principal alice = person("alice", Role::owner);
  std::string pipeline;
};

}  // namespace

TEST_CASE("blobs that nothing refers to are removed, the others stay") {
  Site site;
  const std::string needed = site.upload("a.txt", "needed");
  const std::string older = site.upload("b.txt", "an older version");
  site.upload("b.txt", "the latest version");
  const std::string orphan = site.house.core().blobs().put("nobody came back for it");
  pipeline::Evidence evidence;
  evidence.tests.emplace();
  evidence.tests->passed = 1;
  evidence.tests->report_digest = site.house.core().blobs().put("<testsuite/>");
  const std::string report = evidence.tests->report_digest;
  REQUIRE(site.house.run(
      site.pipeline, pipeline::Command{pipeline::AddEvidence{"building", evidence}}, site.alice));
  site.age_blobs();
  const auto before = site.house.core().store().last_position();
  const asset::Collected dry = site.collect(true);
  CHECK(dry.blobs == 5);
  CHECK(dry.removed == 1);
  CHECK(dry.digests == std::vector<std::string>{orphan});
  CHECK(dry.bytes == std::string("nobody came back for it").size());
  CHECK(site.has(orphan));
  CHECK(site.collect().removed == 1);
  CHECK(!site.has(orphan));
  for (const std::string& digest : {needed, older, report}) CHECK(site.has(digest));
  CHECK(site.collect().removed == 0);
  CHECK(site.house.core().store().last_position() == before);
}

TEST_CASE("what only an archive refers to is kept") {
  Site site;
  pipeline::Evidence evidence;
  evidence.tests.emplace();
  evidence.tests->passed = 1;
  evidence.tests->report_digest = site.house.core().blobs().put("<testsuite/>");
  REQUIRE(site.house.run(
      site.pipeline, pipeline::Command{pipeline::AddEvidence{"building", evidence}}, site.alice));
  REQUIRE(site.house.run(site.pipeline, pipeline::Command{pipeline::Archive{"done"}}, site.alice));
  const std::string orphan = site.house.core().blobs().put("nobody came back for it");
  site.house.clock().advance(Millis{1000});
  REQUIRE(site.house.core().archive(Millis{0}, 10).streams > 0);
  CHECK(site.house.doc(site.pipeline).is_null());
  site.age_blobs();
  CHECK(site.collect().digests == std::vector<std::string>{orphan});
  CHECK(site.has(evidence.tests->report_digest));
}

TEST_CASE("a young blob is left alone, and one that is stored again is young") {
  Site site;
  const std::string digest = site.house.core().blobs().put("about to be committed");
  CHECK(site.collect().young == 1);
  CHECK(site.has(digest));
  site.age_blobs();
  const std::string again = site.upload("a.txt", "about to be committed");
  CHECK(again == digest);
  CHECK(site.collect().removed == 0);
  CHECK(site.has(digest));
}

TEST_CASE("the bytes of a deleted asset go when their time is over") {
  Site site;
  const std::string shared = site.upload("kept.txt", "in both");
  site.upload("gone.txt", "in both");
  const std::string own = site.upload("gone.txt", "its own");
  const std::string id = asset::stream_of(site.pipeline, "gone.txt");
  REQUIRE(site.house.run(id, asset::Command{asset::Archive{"", Millis{1000}}}, site.alice));
  site.age_blobs();
  CHECK(site.collect().removed == 0);
  REQUIRE(site.house.run(id, asset::Command{asset::Purge{}}, Principal{}));
  const asset::Collected found = site.collect();
  CHECK(found.digests == std::vector<std::string>{own});
  CHECK(site.has(shared));
  CHECK(!site.has(own));
}

TEST_CASE("an uploaded file is evidence of its stage in the same commit") {
  Site site;
  site.upload("README.md", "hello");
  const nlohmann::json stage = site.house.doc(site.pipeline)["stages"][0];
  CHECK(stage["evidence"]["assets"][0]["name"] == "README.md");
  CHECK(stage["work_started"] == false);  // a person's file takes no work from the agents
  // One refusal refuses both.
  asset::Upload late;
  late.pipeline_id = site.pipeline;
  late.path = "late.txt";
  late.version.stage = "released";
  const auto refused =
      site.house.run(asset::stream_of(site.pipeline, "late.txt"), asset::Command{late}, site.alice);
  REQUIRE(!refused.ok());
  CHECK(refused.error().code == ErrorCode::conflict);
  CHECK(site.house.doc(asset::stream_of(site.pipeline, "late.txt")).is_null());
}

}  // namespace factory::test
