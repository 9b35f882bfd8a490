#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "storage/sqlite/checkpointer.hpp"
#include "storage/sqlite/read_pool.hpp"
#include "storage/sqlite/scratch_folder.hpp"
#include "storage/sqlite/write_turn.hpp"
#include "storage/sqlite/writer.hpp"
#include "storage/store.hpp"

namespace factory::storage {

/// The store in one SQLite file. One connection writes, readers have their own (WAL: they see the
/// last committed state and wait for nobody), a third kind moves the log into the database.
/// Calls that write are also safe from several threads; they take turns.
class SqliteStore final : public Store {
 public:
  /// ":memory:" keeps the files in a folder of its own that goes with the object; SQLite's own
  /// in-memory databases would let readers and the writer lock each other out.
  explicit SqliteStore(const std::string& file, WalLimits limits = {});

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
  /// Runs `work(Connection&)` on a reader's connection; errors of SQLite become StoreFailure.
  template <class Work>
  auto reading(const char* doing, Work work) {
    try {
      const ReadPool::Lease lease = readers_.take();
      return work(*lease);
    } catch (const SQLite::Exception& error) {
      throw failure(doing, error);
    }
  }
  /// Runs `work(Writer&)` in the writers' turn.
  template <class Work>
  auto writing(const char* doing, Work work) {
    try {
      const WriteTurn::Held turn = turn_.write();
      if (const auto why = checkpointer_.failed()) throw StoreFailure(*why);
      return work(writer_);
    } catch (const SQLite::Exception& error) {
      throw failure(doing, error);
    }
  }

  std::unique_ptr<ScratchFolder> scratch_;  ///< first: it goes last
  std::string file_;
  WriteTurn turn_;
  Writer writer_;
  ReadPool readers_;
  Checkpointer checkpointer_;
};

}  // namespace factory::storage
