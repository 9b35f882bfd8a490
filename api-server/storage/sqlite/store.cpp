#include <utility>

#include "common/log.hpp"
#include "common/scheduling.hpp"
#include "storage/sqlite/sqlite_store.hpp"
#include "storage/sqlite/tables.hpp"

namespace factory::storage {

namespace {

/// More is moved by whoever commits: the background does not keep up.
constexpr std::size_t kMostPending = 24U << 20U;
/// Failures in a row to move what is pending, after which the store refuses to go on.
constexpr int kMostFailures = 10;
/// So much is moved before its time.
constexpr std::size_t kManyPending = 8U << 20U;

/// Bytes of most commits.
constexpr std::size_t kUsualCommit = 10'000;

std::string secret_of(Writer& writer) {
  return writer.connection().text("SELECT store FROM journal");
}

}  // namespace

SqliteStore::SqliteStore(const std::string& file, const SqliteSettings& settings)
    : scratch_(file == ":memory:" ? std::make_unique<ScratchFolder>() : nullptr),
      file_(scratch_ ? scratch_->file("store.db") : file),
      settings_(settings),
      writer_(file_),
      readers_(file_),
      journal_(file_, secret_of(writer_)),
      checkpointer_(file_, turn_, settings.checkpoint_at),
      admission_(pending_, readers_) {
  writer_.watch(checkpointer_);
  recover();
  if (settings_.opening == Opening::look) return;  // nothing is ever pending here
  mover_ = std::jthread([this](const std::stop_token& stop) { move_in_background(stop); });
}

SqliteStore::~SqliteStore() {
  mover_ = {};
  try {
    catch_up();
  } catch (const std::exception& error) {
    log(LogLevel::error, "commits stay in the journal until the store is opened again",
        {{"error", error.what()}});
  }
}

/// Moves what a crash left in the journal, or what one who writes has not moved yet. Within one
/// transaction, so that nobody else moves anything meanwhile.
void SqliteStore::recover() {
  const bool owns = settings_.opening == Opening::own;
  if (owns) journal_.own();
  std::int64_t last = 0;
  writer_.durably([&](Connection& connection) {
    last = moved_into_tables(connection);
    Batches batches;
    for (JournalRecord& record : owns ? journal_.recover(last) : journal_.look(last)) {
      last = record.number;
      batches.push_back(std::make_shared<const Batch>(record.number, std::move(record.bytes)));
    }
    move_into_tables(connection, batches);
  });
  journal_.moved(last);
}

std::vector<CommitOutcome> SqliteStore::commit(std::span<const Commit> batch) {
  if (batch.empty()) return {};
  try {
    const std::lock_guard lock(committing_);
    journal_.check();  // before anything is taken for written
    refuse_if_failed();
    if (pending_.bytes() > kMostPending) catch_up();
    std::vector<CommitOutcome> outcomes;
    outcomes.reserve(batch.size());
    std::string bytes;
    bytes.reserve(batch.size() * kUsualCommit);
    admission_.begin_batch();
    for (const Commit& commit : batch) {
      outcomes.push_back(admission_.admit(commit));
      if (outcomes.back() == CommitOutcome::committed) encode(commit, bytes);
    }
    admission_.end_batch();
    if (bytes.empty()) return outcomes;
    const std::int64_t number = journal_.append(bytes);
    admission_.written();
    const bool first = pending_.add(std::make_shared<const Batch>(number, std::move(bytes)));
    if (first || pending_.bytes() > kManyPending) {
      const std::lock_guard moving(moving_mutex_);  // or it could miss the call
      moving_.notify_one();
    }
    return outcomes;
  } catch (const SQLite::Exception& error) {
    throw failure("commit", error);
  }
}

void SqliteStore::catch_up() {
  if (pending_.empty()) return;
  try {
    const WriteTurn::Held turn = turn_.write();
    move_pending(turn);
  } catch (const SQLite::Exception& error) {
    throw failure("move commits into the tables", error);
  }
}

void SqliteStore::move_pending(const WriteTurn::Held&) {
  const Batches batches = pending_.batches();
  if (batches.empty()) return;
  writer_.move(batches);
  journal_.moved(batches.back()->number);
  pending_.drop(batches.back()->number);
}

void SqliteStore::move_in_background(const std::stop_token& stop) {
  work_in_long_slices();
  int failures = 0;
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(moving_mutex_);
      moving_.wait(lock, stop, [this] { return !pending_.empty(); });
      moving_.wait_for(lock, stop, settings_.move_after,
                       [this] { return pending_.bytes() > kManyPending; });
    }
    try {
      catch_up();
      failures = 0;
    } catch (const std::exception& error) {
      log(LogLevel::error, "commits stay in the journal for now",
          {{"error", error.what()}, {"failures", std::to_string(++failures)}});
      if (writer_.flush_failed() || failures == kMostFailures) {
        const std::lock_guard lock(failure_mutex_);
        failure_ = error.what();
        return;
      }
      // Another process may hold the tables, or the disk may be full, for a while.
      std::unique_lock lock(moving_mutex_);
      moving_.wait_for(lock, stop, settings_.move_after, [] { return false; });
    }
  }
}

void SqliteStore::refuse_if_failed() const {
  if (const auto why = checkpointer_.failed()) throw StoreFailure(*why);
  const std::lock_guard lock(failure_mutex_);
  if (!failure_.empty()) throw StoreFailure(failure_);
}

std::optional<RequestRecord> SqliteStore::find_request(const std::string& principal,
                                                       const std::string& key) {
  if (auto pending = pending_.request(principal, key)) return pending;
  return reading_moved("find request", [&](Connection& connection) -> std::optional<RequestRecord> {
    Query found = connection.query(
        "SELECT fingerprint, status, answer, at FROM requests WHERE principal = ? AND key = ?");
    if (!found.with(principal, key).step()) return std::nullopt;
    return RequestRecord{principal,     key,
                         found.text(0), static_cast<int>(found.integer(1)),
                         found.text(2), found.time(3)};
  });
}

std::unique_ptr<Store> open_sqlite(const std::string& file, Opening opening) {
  try {
    SqliteSettings settings;
    settings.opening = opening;
    return std::make_unique<SqliteStore>(file, settings);
  } catch (const SQLite::Exception& error) {
    throw failure("open " + file, error);
  }
}

}  // namespace factory::storage
