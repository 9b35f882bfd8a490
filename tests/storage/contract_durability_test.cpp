#include <sys/stat.h>

#include <atomic>
#include <random>
#include <thread>

#include "tests/storage/child_process.hpp"
#include "tests/storage/log_check.hpp"
#include "tests/storage/store_cases.hpp"
#include "tests/support/catch.hpp"

namespace factory::test {

using storage::Commit;
using storage::CommitOutcome;

TEST_CASE("all is there when the store is opened again") {
  OpenedStore store(GENERATE(from_range(store_kinds())));
  for (int i = 1; i <= 20; ++i)
    REQUIRE(commit_one(*store, checked_commit(i)) == CommitOutcome::committed);
  store->put_seal({7, sha256("seal"), "signature", from_millis(3)});
  store.close();
  store.open();
  CHECK(whole_commits(*store) == 20);
  CHECK(store->last_seal()->position == 7);
  CHECK(commit_one(*store, checked_commit(21)) == CommitOutcome::committed);
  CHECK(whole_commits(*store) == 21);
}

TEST_CASE("a process that is killed loses nothing that it was told is committed") {
  const StoreKind kind = GENERATE(from_range(store_kinds()));
  const TempDir folder;
  std::mt19937 random(20);  // the same moments each time, as far as the machine is the same
  std::int64_t acknowledged = 0;
  for (int round = 0; round < 8; ++round) {
    ChildProcess writer([&](const ChildProcess::Report& report) {
      const auto store = kind.open(folder.string());
      for (std::int64_t next = acknowledged + 1;;) {
        std::vector<Commit> batch;
        for (int i = 0; i < 5; ++i) batch.push_back(checked_commit(next++));
        for (const CommitOutcome outcome : store->commit(batch)) {
          if (outcome != CommitOutcome::committed) return;
        }
        report(next - 1);
      }
    });
    const std::int64_t enough = acknowledged + 50 + static_cast<int>(random() % 300);
    while (acknowledged < enough) REQUIRE(writer.receive(acknowledged));
    writer.kill();
    while (writer.receive(acknowledged)) {
    }
    const auto store = kind.open(folder.string());
    const std::int64_t found = whole_commits(*store);
    CHECK(found >= acknowledged);
    CHECK(found <= acknowledged + 5);  // the batch that was at work
    acknowledged = found;
  }
}

TEST_CASE("a backup is of one moment, while others write") {
  OpenedStore store(GENERATE(from_range(store_kinds())));
  constexpr int commits = 400;
  std::atomic<int> written = 0;
  std::thread writer([&] {
    for (int i = 1; i <= commits; ++i) {
      commit_one(*store, checked_commit(i));
      ++written;
    }
  });
  std::vector<std::pair<std::string, int>> backups;
  for (int i = 0; i < 5; ++i) {
    const int at_least = written;
    const std::string file = (store.folder() / ("copy" + std::to_string(i) + "/store.db")).string();
    std::filesystem::create_directory(std::filesystem::path(file).parent_path());
    store->backup(file);
    backups.emplace_back(file, at_least);
  }
  writer.join();
  for (const auto& [file, at_least] : backups) {
    struct stat about {};
    REQUIRE(::stat(file.c_str(), &about) == 0);
    CHECK((about.st_mode & 0777) == 0600);
    const auto copy =
        store_kinds().front().open(std::filesystem::path(file).parent_path().string());
    const std::int64_t found = whole_commits(*copy);
    CHECK(found >= at_least);
    CHECK(found <= commits);
  }
  CHECK(whole_commits(*store) == commits);
}

TEST_CASE("a backup does not touch a file that is there") {
  OpenedStore store(GENERATE(from_range(store_kinds())));
  const auto file = store.folder().write("precious", "words");
  CHECK_THROWS_AS(store->backup(file.string()), storage::StoreFailure);
  CHECK(std::filesystem::file_size(file) == 5);
  CHECK_THROWS_AS(store->backup((store.folder() / "nowhere/copy.db").string()),
                  storage::StoreFailure);
}

}  // namespace factory::test
