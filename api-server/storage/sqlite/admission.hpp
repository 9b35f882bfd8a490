#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include "storage/sqlite/heads.hpp"
#include "storage/sqlite/pending.hpp"
#include "storage/sqlite/read_pool.hpp"

namespace factory::storage {

/// Says whether a commit stands: against the commits of the same batch before it, those that are
/// pending, and the tables. One thread at a time. Errors are SQLite::Exception.
class Admission {
 public:
  Admission(const Pending& pending, ReadPool& readers) : pending_(pending), readers_(readers) {}

  /// Forgets the batch before, which is pending now.
  void begin_batch();
  void end_batch();
  /// What was admitted is in the journal.
  void written();
  /// As Store::commit; who is told `committed` is taken for written within the batch.
  CommitOutcome admit(const Commit& commit);

 private:
  using Pair = std::pair<std::string, std::string>;

  bool versions_stand(const Commit& commit);
  bool version_stands(const std::string& stream, std::int64_t expected);
  bool is_taken(const Commit& commit);
  bool is_taken(const Tag& tag, const std::string& id);
  bool request_exists(const RequestRecord& request);
  void note(const Commit& commit);
  Connection& tables();

  const Pending& pending_;
  ReadPool& readers_;
  Heads heads_;
  /// One state of the tables for a whole batch: each read by itself would lock them again.
  struct Tables {
    explicit Tables(ReadPool& readers) : lease(readers.take()), snapshot(*lease) {}
    ReadPool::Lease lease;
    Snapshot snapshot;
    std::int64_t drops = 0;  ///< Pending::drops() when it was made
  };
  std::unique_ptr<Tables> tables_;
  std::unordered_map<std::string, std::int64_t> batch_heads_;
  std::map<Pair, std::string> batch_tags_;  ///< those that one view alone may have, and which does
  std::set<Pair> batch_requests_;
};

}  // namespace factory::storage
