#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "storage/open.hpp"
#include "storage/sqlite/admission.hpp"
#include "storage/sqlite/checkpointer.hpp"
#include "storage/sqlite/journal.hpp"
#include "storage/sqlite/pending.hpp"
#include "storage/sqlite/read_pool.hpp"
#include "storage/sqlite/scratch_folder.hpp"
#include "storage/sqlite/write_turn.hpp"
#include "storage/sqlite/writer.hpp"
#include "storage/store.hpp"

namespace factory::storage {

/// How a store of SQLite works, with what is best for a server.
struct SqliteSettings {
  /// Frames of SQLite's log, 4 KiB each, after which it begins anew: a small one stays in the
  /// processor's and the system's memory, a large one flushes the database less often.
  int checkpoint_at = 2'000;
  Opening opening = Opening::own;
  /// So long what is committed may wait for others to be moved into the tables with it: what
  /// changes soon again is written once.
  Millis move_after{200};
};

/// The store in one SQLite file and its journal. A commit is on disk when the journal is, and one
/// transaction moves many of them into the tables. What is not moved yet is read from memory where
/// that is easy, and moved first where it is not: who reads sees every commit before.
/// One connection writes, readers have their own (WAL: they wait for nobody), a third kind moves
/// SQLite's log into the database. Calls that write are also safe from several threads; they take
/// turns.
class SqliteStore final : public Store {
 public:
  /// ":memory:" keeps the files in a folder of its own that goes with the object; SQLite's own
  /// in-memory databases would let readers and the writer lock each other out.
  explicit SqliteStore(const std::string& file, const SqliteSettings& settings = {});
  /// Moves what is committed, if nothing failed.
  ~SqliteStore() override;
  SqliteStore(const SqliteStore&) = delete;
  SqliteStore& operator=(const SqliteStore&) = delete;

  std::vector<CommitOutcome> commit(std::span<const Commit> batch) override;

  std::vector<EventRecord> load(const std::string& stream, std::int64_t after_version) override;
  EventPage read_events(const EventQuery& query) override;
  std::int64_t last_position() override;

  std::optional<RequestRecord> find_request(const std::string& principal,
                                            const std::string& key) override;
  std::optional<ViewRow> get_view(const std::string& id) override;
  ViewPage query_views(const ViewQuery& query) override;
  std::vector<TagCount> count_tags(const std::string& key, std::int64_t most) override;

  std::vector<EffectRow> claim_effects(Time now, Time until, int limit) override;
  void settle_effects(std::span<const EffectOutcome> outcomes) override;
  std::vector<EffectRow> list_effects(const std::string& status, int limit) override;
  std::optional<Time> next_effect() override;
  std::optional<Time> next_timer() override;
  std::vector<TimerRow> due_timers(Time now, int limit) override;

  void put_seal(const Seal& seal) override;
  std::optional<Seal> last_seal() override;
  std::vector<Seal> seals(std::int64_t after, int limit) override;

  void purge(Time before) override;
  bool archive(std::span<const ClosedStream> streams, const std::string& mark) override;
  void replace_views(const std::function<std::optional<ViewRow>()>& next) override;
  void each_view(const std::function<void(const ViewRow&)>& visit) override;
  void backup(const std::string& file) override;

 private:
  /// Runs `work(Connection&)` on a reader's connection, on tables that hold every commit before;
  /// errors of SQLite become StoreFailure.
  template <class Work>
  auto reading(const char* doing, Work work) {
    catch_up();
    return reading_moved(doing, work);
  }
  /// The same on tables that may lack what is pending.
  template <class Work>
  auto reading_moved(const char* doing, Work work) {
    try {
      const ReadPool::Lease lease = readers_.take();
      return work(*lease);
    } catch (const SQLite::Exception& error) {
      throw failure(doing, error);
    }
  }
  /// Runs `work(Writer&)` in the writers' turn, on such tables.
  template <class Work>
  auto writing(const char* doing, Work work) {
    try {
      const WriteTurn::Held turn = turn_.write();
      refuse_if_failed();
      move_pending(turn);
      return work(writer_);
    } catch (const SQLite::Exception& error) {
      throw failure(doing, error);
    }
  }
  void recover();
  void catch_up();
  void move_pending(const WriteTurn::Held& turn);
  void move_in_background(const std::stop_token& stop);
  void refuse_if_failed() const;
  std::optional<ViewPage> patched(const ViewQuery& query);

  std::unique_ptr<ScratchFolder> scratch_;  ///< first: it goes last
  std::string file_;
  const SqliteSettings settings_;
  WriteTurn turn_;
  Writer writer_;
  ReadPool readers_;
  Journal journal_;
  Pending pending_;
  Checkpointer checkpointer_;

  std::mutex committing_;
  Admission admission_;

  mutable std::mutex failure_mutex_;
  std::string failure_;  ///< why the background could not move; empty: it could

  std::mutex moving_mutex_;
  std::condition_variable_any moving_;
  std::jthread mover_;  ///< last: it uses the members above
};

}  // namespace factory::storage
