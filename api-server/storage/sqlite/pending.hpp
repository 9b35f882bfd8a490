#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "storage/sqlite/commit_text.hpp"
#include "storage/store.hpp"

namespace factory::storage {

/// A record of the journal, read.
struct Batch {
  Batch(std::int64_t given_number, std::string given_bytes);
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;

  const std::int64_t number;
  const std::string bytes;
  const std::vector<CommitText> commits;  ///< lie in `bytes`
  bool has_effects = false;
};

using Batches = std::vector<std::shared_ptr<const Batch>>;

/// What is committed and not yet in the tables, so that it can be read at once. A batch leaves only
/// after it is in the tables: who asks here first and then there misses nothing. Thread-safe.
class Pending {
 public:
  /// True if nothing was pending before.
  bool add(std::shared_ptr<const Batch> batch);
  /// All up to number `moved` are in the tables.
  void drop(std::int64_t moved);
  /// Changes when batches leave: who asks the tables first and then here has to look again then.
  [[nodiscard]] std::int64_t drops() const { return drops_; }

  [[nodiscard]] bool empty() const { return bytes_ == 0; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] Batches batches() const;

  [[nodiscard]] std::optional<ViewRow> view(const std::string& id) const;
  /// The views that got the tag here; some may have lost it again.
  [[nodiscard]] std::vector<std::string> tagged(const Tag& tag) const;
  /// The last version of a stream.
  [[nodiscard]] std::optional<std::int64_t> head(const std::string& stream) const;
  [[nodiscard]] std::optional<RequestRecord> request(const std::string& principal,
                                                     const std::string& key) const;
  /// The timers that are due by `now`, the earliest first: of those that the tables give, and of
  /// what is said here since.
  [[nodiscard]] std::vector<TimerRow> due_timers(Time now,
                                                 const std::vector<TimerRow>& moved) const;
  [[nodiscard]] bool has_effects() const;

 private:
  /// What a name stands for, and the batch that said so last.
  template <class Value>
  struct Said {
    std::int64_t number = 0;
    Value value{};
  };
  using Pair = std::pair<std::string_view, std::string_view>;

  void index(const CommitText& commit, std::int64_t number);
  void forget(const CommitText& commit, std::int64_t number);

  mutable std::mutex mutex_;
  std::atomic<std::size_t> bytes_ = 0;
  std::atomic<std::int64_t> drops_ = 0;
  std::deque<std::shared_ptr<const Batch>> batches_;
  // The names lie in the bytes of the batches; of two batches that say something the later counts.
  std::unordered_map<std::string_view, Said<const ViewText*>> views_;
  std::unordered_map<std::string_view, Said<std::int64_t>> heads_;
  std::map<Pair, Said<const RequestText*>> requests_;
  std::multimap<Pair, Said<std::string_view>> tags_;
};

}  // namespace factory::storage
