// Exports, parts of them and archives, as somebody checks them who has nothing but the file.
#include <filesystem>
#include <fstream>
#include <sstream>

#include "engine/archive.hpp"
#include "engine/audit.hpp"
#include "engine/rebuild.hpp"
#include "engine/trail_export.hpp"
#include "queries/closed.hpp"
#include "storage/sqlite/connection.hpp"
#include "tests/slices/pipeline/support.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/house.hpp"

namespace factory::test {
namespace {

const Principal owner = person("owner", Role::owner);

std::string exported(House& house, const engine::TrailRange& range = {}) {
  engine::TrailExport trail(house.core().store(), house.core().seal_key(), house.clock().now(),
                            range);
  std::string all;
  for (std::string piece = trail.next(); !piece.empty(); piece = trail.next()) all += piece;
  return all;
}

engine::AuditReport checked(House& house, const std::string& text) {
  std::istringstream in(text);
  return engine::verify_trail(in, house.core().seal_key().public_hex());
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line + "\n");
  return lines;
}

std::string joined(const std::vector<std::string>& lines, std::size_t from, std::size_t to) {
  std::string text;
  for (std::size_t i = from; i < to; ++i) text += lines[i];
  return text;
}

std::string pipeline(House& house) {
  const std::string id = house.fresh("pipe");
  REQUIRE(house.run(id, pipeline::Command{pipeline::Create{pipeline_created()}}, owner));
  return id;
}

/// A pipeline with a gate and a task, archived.
std::string closed(House& house) {
  const std::string id = pipeline(house);
  const auto report = [&](const char* stage, const pipeline::Evidence& evidence) {
    REQUIRE(house.run(id, pipeline::Command{pipeline::CompleteWork{stage, true, evidence}}, owner));
  };
  report("building", built());
  report("testing", tested());
  REQUIRE(house.run(id, pipeline::Command{pipeline::Archive{"done with"}}, owner));
  return id;
}

engine::AuditReport verified(House& house) {
  return engine::verify_store(house.core().store(), house.core().seal_key().public_hex(),
                              house.core().archive_folder());
}

void require_sound(House& house) {
  const auto audit = verified(house);
  CAPTURE(audit.problems);
  CHECK(audit.sound());
  const auto views = engine::check_views(house.core().store(), all_slices());
  CAPTURE(views.differences);
  CHECK(views.differences.empty());
}

constexpr Millis day{86'400'000};

}  // namespace

TEST_CASE("trail: a whole export is sound, and shows every kind of tampering", "[trail]") {
  House house;
  house.add("alice", Role::operator_);
  pipeline(house);
  house.core().seal();
  pipeline(house);
  const std::string text = exported(house);
  const auto report = checked(house, text);
  CHECK(report.problems == std::vector<std::string>{});
  CHECK(report.events == house.core().store().last_position());
  CHECK(report.seals == 2);
  std::ostringstream streamed;
  engine::export_trail(house.core().store(), house.core().seal_key(), house.clock().now(),
                       streamed);
  CHECK(streamed.str() == text);

  const auto lines = lines_of(text);
  for (std::size_t kept = 0; kept < lines.size(); ++kept) {
    CAPTURE(kept);
    CHECK_FALSE(checked(house, joined(lines, 0, kept)).sound());
  }
  CHECK_FALSE(checked(house, text.substr(0, text.size() - 10)).sound());
  std::string changed = text;
  changed.replace(changed.find("ghl-mcp-server"), 3, "xyz");
  CHECK_FALSE(checked(house, changed).sound());
}

TEST_CASE("trail: a part is signed as a whole", "[trail]") {
  House house;
  pipeline(house);
  house.clock().advance(day);
  const Time second_day = house.clock().now();
  pipeline(house);
  house.core().seal();
  house.clock().advance(day);
  pipeline(house);
  engine::TrailRange range;
  range.since = second_day;
  range.until = second_day + Millis{1000};
  const std::string text = exported(house, range);
  const auto lines = lines_of(text);
  const auto report = checked(house, text);
  CHECK(report.problems == std::vector<std::string>{});
  CHECK(report.events == static_cast<std::int64_t>(lines.size()) - 2);
  CHECK(report.events > 0);
  CHECK(report.events < house.core().store().last_position());

  CHECK_FALSE(checked(house, joined(lines, 0, lines.size() - 1)).sound());  // the end
  CHECK_FALSE(checked(house, joined(lines, 1, lines.size())).sound());      // the beginning
  CHECK_FALSE(checked(house, joined(lines, 0, 2) + joined(lines, 3, lines.size())).sound());
  std::string changed = text;
  changed.replace(changed.find("ghl-mcp-server"), 3, "xyz");
  CHECK_FALSE(checked(house, changed).sound());
  std::istringstream in(text);
  CHECK_FALSE(engine::verify_trail(in, SigningKey::generate().public_hex()).sound());

  engine::TrailRange by_position;
  by_position.after = 3;
  by_position.through = 5;
  CHECK(checked(house, exported(house, by_position)).events == 2);
  engine::TrailRange nothing;
  nothing.since = house.clock().now() + day;
  CHECK(checked(house, exported(house, nothing)).problems == std::vector<std::string>{});
}

TEST_CASE("trail: what is closed goes into an archive, and all stays sound", "[trail]") {
  House house;
  const std::string old = closed(house);
  const std::string gate = [&] {
    storage::ViewQuery query;
    query.tag = storage::Tag{"gate.pipeline", old, 0, 0};
    return house.core().store().query_views(query).rows.at(0).id;
  }();
  const std::string open = pipeline(house);
  house.core().seal();
  house.clock().advance(day * 10);
  const std::string young = closed(house);
  const auto events = house.core().store().load(old);

  const engine::ArchiveRun run = house.core().archive(day * 5, 1000);
  CHECK(run.groups == 1);
  CHECK(run.streams == 3);
  CHECK_FALSE(run.more);
  REQUIRE(run.files.size() == 1);
  CHECK(house.doc(old).is_null());
  CHECK(house.doc(gate).is_null());
  CHECK(house.doc(open)["status"] == "active");
  CHECK(house.doc(young)["status"] == "archived");
  require_sound(house);
  const auto report = verified(house);
  CHECK(report.archived == run.events);
  CHECK(report.archives == 1);

  // The file holds what the store gave up, and is checked by itself.
  const std::string path = house.core().archive_folder() + "/" + run.files[0];
  std::ifstream in(path);
  const auto alone = engine::verify_trail(in, house.core().seal_key().public_hex());
  CHECK(alone.problems == std::vector<std::string>{});
  CHECK(alone.events == run.events);
  std::ifstream again(path);
  const std::string text((std::istreambuf_iterator<char>(again)), {});
  CHECK(text.find(events.at(0).body) != std::string::npos);
  const auto listed = engine::list_archives(house.core().archive_folder());
  REQUIRE(listed.size() == 1);
  CHECK(listed[0].events == run.events);

  // Nothing can be done to it any more, and whoever asks is told where it is.
  const auto refused = house.run(old, pipeline::Command{pipeline::Archive{""}}, owner);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::not_found);
  CHECK_THAT(refused.error().detail, contains(run.files[0]));
  CHECK(checked(house, exported(house)).problems == std::vector<std::string>{});
  CHECK(checked(house, exported(house)).archived == run.events);

  // A further run, a restart, a rebuild and a new seal go on over it.
  house.clock().advance(day * 10);
  CHECK(house.core().archive(day * 5, 1000).groups == 1);
  CHECK(house.core().archive(day * 5, 1000).groups == 0);
  house.reopen();
  engine::rebuild_views(house.core().store(), all_slices());
  pipeline(house);
  house.core().seal();
  require_sound(house);
  CHECK(verified(house).archives == 2);
}

TEST_CASE("trail: archives that are gone or were changed show", "[trail]") {
  House house;
  closed(house);
  house.clock().advance(day * 10);
  const engine::ArchiveRun run = house.core().archive(day, 1000);
  REQUIRE(run.files.size() == 1);
  const std::string path = house.core().archive_folder() + "/" + run.files[0];
  std::ifstream in(path);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  const auto write = [&](const std::string& content) {
    std::ofstream(path, std::ios::trunc) << content;
  };
  std::string changed = text;
  changed.replace(changed.find("ghl-mcp-server"), 3, "xyz");
  write(changed);
  CHECK_FALSE(verified(house).sound());
  write(text.substr(0, text.rfind("{\"head\"")));
  CHECK_FALSE(verified(house).sound());
  write(text);
  CHECK(verified(house).sound());
  std::filesystem::remove(path);
  CHECK_FALSE(verified(house).sound());
}

TEST_CASE("trail: a row that says something else than its event shows", "[trail]") {
  const std::string column =
      GENERATE("actor = 'mallory'", "type = 'pipeline.completed'", "at = at + 1");
  const bool archived = GENERATE(false, true);
  CAPTURE(column, archived);
  House house;
  const std::string id = closed(house);
  house.clock().advance(day * 10);
  if (archived) REQUIRE(house.core().archive(day, 1000).groups == 1);
  REQUIRE(verified(house).sound());
  storage::Connection(house.core().data() + "/factory.db", storage::Connection::Access::write)
      .run(
          ("UPDATE events SET " + column + " WHERE version = 2 AND stream = '" + id + "'").c_str());
  CHECK_FALSE(verified(house).sound());
}

TEST_CASE("trail: what is open, or was touched lately, stays, and a run is bounded", "[trail]") {
  House house;
  const std::string open = pipeline(house);
  for (int i = 0; i < 5; ++i) closed(house);
  CHECK(house.core().archive(day, 1000).groups == 0);
  house.clock().advance(day * 2);
  const engine::ArchiveRun some = house.core().archive(day, 3);
  CHECK(some.groups == 3);
  CHECK(some.more);
  CHECK(house.core().archive(day, 1000).groups == 2);
  CHECK(house.doc(open)["status"] == "active");
  require_sound(house);
}

}  // namespace factory::test
