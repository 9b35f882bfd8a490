#include <sys/resource.h>
#include <sys/stat.h>

#include <fstream>
#include <random>

#include "storage/open.hpp"
#include "storage/sqlite/sqlite_store.hpp"
#include "tests/storage/child_process.hpp"
#include "tests/storage/log_check.hpp"
#include "tests/storage/store_cases.hpp"
#include "tests/support/catch.hpp"

namespace factory::test {

using storage::Commit;
using storage::CommitOutcome;
using storage::SqliteStore;
using storage::StoreFailure;
using storage::WalLimits;

namespace {

namespace fs = std::filesystem;

constexpr WalLimits kNeverCheckpoint{1'000'000, 0, 0, 1'000'000};

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
  CHECK(files == 3);  // the database, its log, the log's index
}

TEST_CASE("a store in memory is gone with its object") {
  const auto first = storage::open_sqlite(":memory:");
  const auto second = storage::open_sqlite(":memory:");
  commit_one(*first, checked_commit(1));
  CHECK(whole_commits(*first) == 1);
  CHECK(whole_commits(*second) == 0);
  CHECK_FALSE(fs::exists(":memory:"));
}

TEST_CASE("a log that was cut anywhere gives the commits that it holds whole") {
  const TempDir folder;
  const fs::path file = folder / "store.db";
  const fs::path log = folder / "store.db-wal";
  SqliteStore store(file.string(), kNeverCheckpoint);
  std::vector<std::uintmax_t> sizes;  // of the log after each commit
  for (int i = 1; i <= 30; ++i) {
    REQUIRE(commit_one(store, checked_commit(i)) == CommitOutcome::committed);
    sizes.push_back(fs::file_size(log));
  }
  std::mt19937 random(7);
  const auto check_copy = [&](std::uintmax_t bytes, bool torn) {
    const TempDir copy;
    fs::copy_file(file, copy / "store.db");
    fs::copy_file(log, copy / "store.db-wal");
    fs::resize_file(copy / "store.db-wal", bytes);
    if (torn) {  // the last page was only half written, over what was there before
      overwrite(copy / "store.db-wal", static_cast<std::streamoff>(bytes) - 2'000,
                std::string(2'000, '?'));
    }
    const auto whole = std::upper_bound(sizes.begin(), sizes.end(), bytes - (torn ? 2'000 : 0));
    const auto opened = storage::open_sqlite((copy / "store.db").string());
    CHECK(whole_commits(*opened) == whole - sizes.begin());
  };
  for (int i = 0; i < 12; ++i) {
    const std::uintmax_t span = sizes.back() - sizes.front();
    check_copy(sizes.front() + random() % span, i % 2 == 0);
  }
  check_copy(sizes.back(), false);
  check_copy(sizes.front(), false);
}

TEST_CASE("what another writer did is noticed, and spoils no neighbour") {
  const TempDir folder;
  const std::string file = (folder / "store.db").string();
  SqliteStore mine(file);
  SqliteStore other(file);
  REQUIRE(commit_one(mine, appending("gate_1", 0)) == CommitOutcome::committed);
  REQUIRE(commit_one(other, appending("gate_1", 1)) == CommitOutcome::committed);
  Commit late = appending("gate_1", 1);
  late.request = storage::RequestRecord{"p", "k", "f", 200, "{}", from_millis(1)};
  const std::vector<Commit> batch = {appending("gate_2", 0), late, appending("gate_2", 1)};
  CHECK(mine.commit(batch) == std::vector<CommitOutcome>{CommitOutcome::committed,
                                                         CommitOutcome::conflict,
                                                         CommitOutcome::committed});
  CHECK_FALSE(mine.find_request("p", "k").has_value());
  CHECK(commit_one(mine, appending("gate_1", 2)) == CommitOutcome::committed);
  CHECK(mine.load("gate_1", 0).size() == 3);
}

TEST_CASE("the log is moved into the database beside the writer, and starts again") {
  const TempDir folder;
  const fs::path file = folder / "store.db";
  const SqliteStore keeper(file.string(), kNeverCheckpoint);  // or closing would move it anyway
  const auto before = fs::file_size(file);
  constexpr int commits = 300;
  {
    SqliteStore store(file.string(), {40, 0, 0});
    for (int i = 1; i <= commits; ++i) {
      REQUIRE(commit_one(store, checked_commit(i)) == CommitOutcome::committed);
    }
  }
  CHECK(fs::file_size(file) > before + 100 * 1024);
  const auto log_size = fs::file_size(folder / "store.db-wal");
  {
    SqliteStore store(file.string(), kNeverCheckpoint);
    CHECK(whole_commits(store) == commits);
    // All was moved at the end: the log is written from its beginning.
    REQUIRE(commit_one(store, checked_commit(commits + 1)) == CommitOutcome::committed);
    CHECK(fs::file_size(folder / "store.db-wal") == log_size);
  }
}

TEST_CASE("the log's file is filled ahead of the writer without harm") {
  const TempDir folder;
  const fs::path file = folder / "store.db";
  const fs::path log = folder / "store.db-wal";
  const SqliteStore keeper(file.string(), kNeverCheckpoint);
  std::int64_t commits = 0;
  {
    SqliteStore store(file.string(), {100'000, 10, 500});
    while (commits < 20) commit_one(store, checked_commit(++commits));
  }
  const auto filled = fs::file_size(log);
  CHECK(filled > 1'000 * 4'096);
  {
    SqliteStore store(file.string(), kNeverCheckpoint);
    CHECK(whole_commits(store) == commits);
    while (commits < 40) commit_one(store, checked_commit(++commits));
    CHECK(whole_commits(store) == commits);
  }
  CHECK(fs::file_size(log) == filled);
  const TempDir copy;  // as after a crash
  fs::copy_file(file, copy / "store.db");
  fs::copy_file(log, copy / "store.db-wal");
  const auto opened = storage::open_sqlite((copy / "store.db").string());
  CHECK(whole_commits(*opened) == commits);
}

TEST_CASE("after a flush that failed the store refuses to go on, and holds what it promised") {
  const TempDir folder;
  const std::string file = (folder / "store.db").string();
  ChildProcess writer([&](const ChildProcess::Report& report) {
    SqliteStore store(file, kNeverCheckpoint);
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

}  // namespace factory::test
