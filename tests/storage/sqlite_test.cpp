#include <sys/resource.h>
#include <sys/stat.h>

#include <fstream>
#include <random>

#include "common/paths.hpp"
#include "storage/open.hpp"
#include "storage/sqlite/sqlite_store.hpp"
#include "tests/storage/child_process.hpp"
#include "tests/storage/log_check.hpp"
#include "tests/storage/store_cases.hpp"
#include "tests/support/catch.hpp"

namespace factory::test {

using storage::CommitOutcome;
using storage::Opening;
using storage::SqliteSettings;
using storage::SqliteStore;
using storage::StoreFailure;

namespace {

namespace fs = std::filesystem;

constexpr int kNeverCheckpoint = 1'000'000;
/// What is committed stays in the journal until it is asked for.
const SqliteSettings kNeverMove{kNeverCheckpoint, Opening::own, Millis{3'600'000}};
/// What looks on keeps the last one who writes from moving SQLite's log away.
const SqliteSettings kLook{kNeverCheckpoint, Opening::look, {}};

void overwrite(const fs::path& file, std::streamoff at, const std::string& bytes) {
  std::fstream stream(file, std::ios::binary | std::ios::in | std::ios::out);
  stream.seekp(at);
  stream << bytes;
}

std::string opening_error(const std::string& file) {
  try {
    storage::open_sqlite(file);
  } catch (const StoreFailure& failure) {
    return failure.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a store of a newer program is refused, and so is what is no store") {
  const TempDir folder;
  const std::string file = (folder / "store.db").string();
  storage::open_sqlite(file);
  SECTION("newer") {
    overwrite(file, 60, std::string("\0\0\0\x63", 4));  // user_version in the header of the file
    CHECK_THAT(opening_error(file), contains("has version 99"));
  }
  SECTION("of another program") {
    overwrite(file, 68, std::string("\0\0\0\x07", 4));  // application_id
    CHECK_THAT(opening_error(file), contains("another program"));
  }
  SECTION("no database") {
    folder.write("store.db", std::string(10'000, 'x'));
    CHECK_THAT(opening_error(file), contains("not a database"));
  }
  SECTION("a folder that is not there") {
    CHECK_THAT(opening_error((folder / "no/store.db").string()), contains("no/store.db"));
  }
}

TEST_CASE("only the owner can read the files of a store") {
  const TempDir folder;
  const auto store = storage::open_sqlite((folder / "store.db").string());
  commit_one(*store, checked_commit(1));
  int files = 0;
  for (const auto& entry : fs::directory_iterator(folder.path())) {
    struct stat about {};
    REQUIRE(::stat(entry.path().c_str(), &about) == 0);
    CHECK((about.st_mode & 0777) == 0600);
    ++files;
  }
  CHECK(files == 5);  // the database, its log, the log's index, the two of the journal
}

TEST_CASE("a store in memory is gone with its object") {
  const auto first = storage::open_sqlite(":memory:");
  const auto second = storage::open_sqlite(":memory:");
  commit_one(*first, checked_commit(1));
  CHECK(whole_commits(*first) == 1);
  CHECK(whole_commits(*second) == 0);
  CHECK_FALSE(fs::exists(":memory:"));
}

TEST_CASE("a journal that was cut anywhere gives the commits that it holds whole") {
  const TempDir folder;
  const fs::path file = folder / "store.db";
  const fs::path journal = folder / "store.db.commits0";
  SqliteStore store(file.string(), kNeverMove);
  std::vector<std::size_t> sizes;  // of what is written after each commit
  for (int i = 1; i <= 30; ++i) {
    REQUIRE(commit_one(store, checked_commit(i)) == CommitOutcome::committed);
    const std::string text = read_file(journal).value();
    sizes.push_back(text.find_last_not_of('\0') + 1);
  }
  std::mt19937 random(7);
  const auto check_copy = [&](std::size_t bytes, bool torn) {
    const TempDir copy;
    for (const char* part : {"", "-wal", ".commits0"}) {
      fs::copy_file(file.string() + part, (copy / "store.db").string() + part);
    }
    if (torn) {  // the end was only half written, over what was there before
      overwrite(copy / "store.db.commits0", static_cast<std::streamoff>(bytes),
                std::string(fs::file_size(journal) - bytes, '?'));
    } else {
      fs::resize_file(copy / "store.db.commits0", bytes);
    }
    const auto whole = std::upper_bound(sizes.begin(), sizes.end(), bytes);
    const auto opened = storage::open_sqlite((copy / "store.db").string());
    CHECK(whole_commits(*opened) == whole - sizes.begin());
    const auto next = static_cast<int>(whole - sizes.begin()) + 1;
    CHECK(commit_one(*opened, checked_commit(next)) == CommitOutcome::committed);
    CHECK(whole_commits(*opened) == next);
  };
  for (int i = 0; i < 12; ++i) {
    const std::size_t span = sizes.back() - sizes.front();
    check_copy(sizes.front() + random() % span, i % 2 == 0);
  }
  check_copy(fs::file_size(journal), false);
  check_copy(sizes.front() - 1, false);
}

TEST_CASE("who looks on reads all that was committed before, and writes nothing") {
  const TempDir folder;
  const std::string file = (folder / "store.db").string();
  SqliteStore mine(file, kNeverMove);
  int commits = 0;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 5; ++i) commit_one(mine, checked_commit(++commits));
    SqliteStore other(file, kLook);
    CHECK(whole_commits(other) == commits);
    CHECK_THROWS_AS(commit_one(other, checked_commit(commits + 1)), StoreFailure);
    const std::string copy = (folder / ("copy" + std::to_string(round) + ".db")).string();
    other.backup(copy);
    CHECK(whole_commits(*storage::open_sqlite(copy)) == commits);
  }
  CHECK(commit_one(mine, checked_commit(++commits)) == CommitOutcome::committed);
  CHECK(whole_commits(mine) == commits);
}

TEST_CASE("one store at a time writes to a file") {
  const TempDir folder;
  const std::string file = (folder / "store.db").string();
  const auto mine = storage::open_sqlite(file);
  CHECK_THAT(opening_error(file), contains("another process writes"));
}

TEST_CASE("a journal that lies where a backup is restored is not taken for the copy's") {
  const TempDir folder;
  const std::string file = (folder / "store.db").string();
  const std::string copy = (folder / "copy.db").string();
  {
    SqliteStore store(file, kNeverMove);
    for (int i = 1; i <= 3; ++i) commit_one(store, checked_commit(i));
    store.backup(copy);
    for (int i = 4; i <= 6; ++i) commit_one(store, checked_commit(i));
    fs::copy_file(file + ".commits0", copy + ".commits0");
  }
  const auto restored = storage::open_sqlite(copy);
  CHECK(whole_commits(*restored) == 3);
  CHECK(commit_one(*restored, checked_commit(4)) == CommitOutcome::committed);
}

TEST_CASE("the log is moved into the database beside the writer, and starts again") {
  const TempDir folder;
  const fs::path file = folder / "store.db";
  const SqliteStore keeper(file.string(), kLook);  // or closing would move it anyway
  const auto before = fs::file_size(file);
  constexpr int commits = 300;
  {
    SqliteStore store(file.string(), {40, Opening::own, Millis{0}});
    for (int i = 1; i <= commits; ++i) {
      REQUIRE(commit_one(store, checked_commit(i)) == CommitOutcome::committed);
      REQUIRE(store.last_position() > 0);  // moves it, so that the log grows with each commit
    }
  }
  CHECK(fs::file_size(file) > before + 100 * 1024);
  const auto log_size = fs::file_size(folder / "store.db-wal");
  {
    SqliteStore store(file.string(), {kNeverCheckpoint});
    CHECK(whole_commits(store) == commits);
    // All was moved at the end: the log is written from its beginning.
    REQUIRE(commit_one(store, checked_commit(commits + 1)) == CommitOutcome::committed);
    CHECK(whole_commits(store) == commits + 1);
    CHECK(fs::file_size(folder / "store.db-wal") == log_size);
  }
}

TEST_CASE("who leaves the newest for later reads what was moved, and moves nothing") {
  const TempDir folder;
  SqliteStore store((folder / "store.db").string(), kNeverMove);
  storage::EventQuery later;
  later.newest = storage::Newest::later;
  REQUIRE(commit_one(store, checked_commit(1)) == CommitOutcome::committed);
  CHECK(store.read_events(later).events.empty());
  CHECK(store.read_events(later).last == 0);
  const storage::EventPage all = store.read_events({});
  REQUIRE_FALSE(all.events.empty());
  CHECK(all.last == all.events.back().position);
  CHECK(store.read_events(later).events.size() == all.events.size());
  REQUIRE(commit_one(store, checked_commit(2)) == CommitOutcome::committed);
  CHECK(store.read_events(later).last == all.last);
}

TEST_CASE("timers that are due are found in what is pending, over what the tables say") {
  const TempDir folder;
  SqliteStore store((folder / "store.db").string(), kNeverMove);
  const auto due = [&store](std::int64_t now, int limit = 10) {
    std::vector<std::string> names;
    for (const storage::TimerRow& timer : store.due_timers(from_millis(now), limit)) {
      names.push_back(timer.stream + "/" + timer.name);
    }
    return names;
  };
  using Names = std::vector<std::string>;
  storage::Commit commit;
  commit.timers = {{"task_1", "warn", from_millis(100)}, {"task_2", "warn", from_millis(200)}};
  REQUIRE(commit_one(store, commit) == CommitOutcome::committed);
  CHECK(store.next_timer() == from_millis(100));  // moved
  commit.timers = {{"task_1", "warn", from_millis(300)}, {"task_3", "warn", from_millis(50)}};
  REQUIRE(commit_one(store, commit) == CommitOutcome::committed);
  commit.timers = {{"task_2", "warn", std::nullopt}};
  REQUIRE(commit_one(store, commit) == CommitOutcome::committed);
  CHECK(due(200) == Names{"task_3/warn"});
  CHECK(due(300) == Names{"task_3/warn", "task_1/warn"});
  storage::EventQuery later;
  later.newest = storage::Newest::later;
  REQUIRE(commit_one(store, checked_commit(1)) == CommitOutcome::committed);
  CHECK(due(300).size() == 3);
  CHECK(store.read_events(later).events.empty());  // nothing was moved for it
  CHECK(due(300, 2) == Names{due(300)[0], due(300)[1]});
}

TEST_CASE("who holds the tables longer than a writer waits delays the moving, and ends nothing") {
  const TempDir folder;
  const std::string file = (folder / "store.db").string();
  SqliteStore store(file, {kNeverCheckpoint, Opening::own, Millis{0}});
  storage::EventQuery later;
  later.newest = storage::Newest::later;
  const auto moved_within = [&](std::chrono::milliseconds time) {
    const auto deadline = std::chrono::steady_clock::now() + time;
    while (store.read_events(later).last == 0) {
      if (std::chrono::steady_clock::now() > deadline) return false;
    }
    return true;
  };
  SQLite::Database shell(file, SQLite::OPEN_READWRITE);
  shell.exec("BEGIN IMMEDIATE");
  REQUIRE(commit_one(store, checked_commit(1)) == CommitOutcome::committed);
  CHECK_FALSE(moved_within(std::chrono::milliseconds(5'500)));  // a writer waits for 5,000
  shell.exec("COMMIT");
  CHECK(moved_within(std::chrono::seconds(30)));
  CHECK(commit_one(store, checked_commit(2)) == CommitOutcome::committed);
}

TEST_CASE("after a flush that failed the store refuses to go on, and holds what it promised") {
  const TempDir folder;
  const std::string file = (folder / "store.db").string();
  ChildProcess writer([&](const ChildProcess::Report& report) {
    SqliteStore store(file, kNeverMove);
    ::signal(SIGXFSZ, SIG_IGN);
    rlimit limit{};
    ::getrlimit(RLIMIT_FSIZE, &limit);
    const rlim_t unlimited = limit.rlim_cur;
    limit.rlim_cur = 500 * 1024;  // as if the disk were full from there on
    ::setrlimit(RLIMIT_FSIZE, &limit);
    std::int64_t number = 1;
    try {
      for (;; ++number) {
        commit_one(store, checked_commit(number));
        report(number);
      }
    } catch (const StoreFailure&) {
      report(-1);
    }
    limit.rlim_cur = unlimited;  // room again: what stands is still not known
    ::setrlimit(RLIMIT_FSIZE, &limit);
    try {
      commit_one(store, checked_commit(number));
    } catch (const StoreFailure&) {
      report(-2);
    }
    report(store.last_position() == 4 * (number - 1) ? -3 : -4);  // reading goes on
  });
  std::int64_t acknowledged = 0;
  std::int64_t number = 0;
  while (writer.receive(number) && number > 0) acknowledged = number;
  CHECK(number == -1);
  CHECK((writer.receive(number) && number == -2));
  CHECK((writer.receive(number) && number == -3));
  CHECK(writer.wait() == 0);
  CHECK(acknowledged > 5);
  const auto store = storage::open_sqlite(file);
  const std::int64_t found = whole_commits(*store);
  CHECK(found >= acknowledged);
  CHECK(found <= acknowledged + 1);
}

TEST_CASE("after the tables could not be written the store refuses to go on, and loses nothing") {
  const TempDir folder;
  const std::string file = (folder / "store.db").string();
  ChildProcess writer([&](const ChildProcess::Report& report) {
    SqliteStore store(file, {kNeverCheckpoint, Opening::own, Millis{0}});
    ::signal(SIGXFSZ, SIG_IGN);
    std::int64_t number = 1;
    commit_one(store, checked_commit(number));
    report(number);
    rlimit limit{};
    ::getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = 220 * 1024;  // the journal's files have their room by now
    ::setrlimit(RLIMIT_FSIZE, &limit);
    try {
      while (true) {
        commit_one(store, checked_commit(++number));
        report(number);
      }
    } catch (const StoreFailure&) {
      report(-1);
    }
  });
  std::int64_t acknowledged = 0;
  std::int64_t number = 0;
  while (writer.receive(number) && number > 0) acknowledged = number;
  CHECK(number == -1);
  CHECK(writer.wait() == 0);
  const auto store = storage::open_sqlite(file);
  const std::int64_t found = whole_commits(*store);
  CHECK(found >= acknowledged);
  CHECK(found <= acknowledged + 1);
}

}  // namespace factory::test
