#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "storage/sqlite/checkpointer.hpp"
#include "storage/sqlite/connection.hpp"
#include "storage/sqlite/heads.hpp"

namespace factory::storage {

/// The one connection that writes. One thread at a time. Errors are SQLite::Exception or
/// StoreFailure.
class Writer {
 public:
  /// Opens the file, sets it up and migrates it.
  explicit Writer(const std::string& file);

  /// Tells the checkpointer after each transaction how long the log has become.
  void watch(Checkpointer& checkpointer);

  /// As Store::commit. Each commit is checked as a whole before its first row is written, so that
  /// it needs no savepoint: those cost a fifth of the throughput.
  std::vector<CommitOutcome> commit(std::span<const Commit> batch);

  /// One transaction on disk when it returns.
  void durably(const std::function<void(Connection&)>& work);
  /// One transaction that reaches the disk with the next durable one.
  void lazily(const std::function<void(Connection&)>& work);

 private:
  std::vector<CommitOutcome> commit_together(std::span<const Commit> batch);
  void finish(Transaction& transaction);

  CommitOutcome write(const Commit& commit);
  bool versions_stand(const Commit& commit);
  bool version_stands(const std::string& stream, std::int64_t expected);
  bool is_taken(const Commit& commit);
  bool request_exists(const RequestRecord& request);
  bool insert_request(const RequestRecord& request);
  void write_events(const Append& append);
  void write_view(const ViewWrite& view);
  void write_timer(const TimerWrite& timer);
  void write_effect(const EffectWrite& effect);

  Connection connection_;
  Heads heads_;
  bool flush_failed_ = false;
};

/// Inserts a view, or replaces the one of that id. Not its tags in the index.
void upsert_view(Connection& connection, const ViewRow& row);
void insert_tag(Connection& connection, const Tag& tag, const std::string& id);

}  // namespace factory::storage
