#include "engine/runner.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <set>
#include <thread>

#include "common/log.hpp"
#include "engine/unit.hpp"

namespace factory::engine {

namespace {

constexpr std::size_t most_in_batch = 256;
constexpr std::size_t most_waiting = 20'000;
constexpr int most_attempts = 8;

struct Job {
  Call call;
  std::promise<Result<Reply>> promise;
  int attempts = 0;
};

struct StoreJob {
  const std::function<void(storage::Store&)>* work = nullptr;
  const std::vector<std::string>* streams = nullptr;
  std::promise<void> promise;
};

Error unavailable(std::string detail) {
  return Error{ErrorCode::unavailable, std::move(detail), "", {}, {}};
}

/// Why a commit was refused that wants a tag for itself alone; nullopt: nobody has one by now.
std::optional<Error> taken_by(storage::Store& store, const storage::Commit& commit) {
  for (const storage::ViewWrite& view : commit.views) {
    for (const storage::Tag& tag : view.added) {
      if (!tag.unique) continue;
      storage::ViewQuery query;
      query.tag = tag;
      query.limit = 2;
      const std::vector<storage::ViewRow> rows = store.query_views(query).rows;
      const auto other = std::find_if(rows.begin(), rows.end(), [&](const storage::ViewRow& row) {
        return row.id != view.row.id;
      });
      if (other == rows.end()) continue;
      const std::string name = tag.key.substr(tag.key.find('.') + 1);
      return Error{ErrorCode::conflict,
                   "The " + name + " " + tag.value + " is taken by the " + other->kind + " " +
                       other->id + ".",
                   "Choose another " + name + ".",
                   {{"/" + name, "is taken by " + other->id}},
                   {{"taken_by", other->id}}};
    }
  }
  return std::nullopt;
}

}  // namespace

struct Runner::Impl {
  explicit Impl(RunnerParts given) : parts(std::move(given)), cache(parts.store) {
    writer = std::thread([this] { loop(); });
  }

  void loop();
  void work_some(std::unique_lock<std::mutex>& lock);
  void work_alone();
  bool put(Job job);
  void run_batch(std::vector<Job> batch);
  /// Decides the job into `units`, or refuses it; a repeated key in the batch waits.
  void decide(Job job);
  bool answer_repeated(Job& job);
  void commit();
  void settle(const std::vector<storage::Commit>& commits,
              const std::vector<storage::CommitOutcome>& outcomes);
  void settle_refusals(bool all_committed);
  void fail(const std::string& reason);
  void again(Job job);

  RunnerParts parts;
  StreamCache cache;

  // The batch at work; the writer's thread only.
  struct Decided {
    Job job;
    Unit unit;
    std::optional<Error> taken = std::nullopt;  ///< another stream has what it wants for itself
  };
  /// What may have been refused because of a neighbour that is not on disk yet: nobody is told of
  /// a decision that does not stand.
  struct Refused {
    Job job;
    Error error;
  };
  std::vector<Decided> units;
  std::vector<Refused> refusals;
  Overlay overlay;
  std::set<std::pair<std::string, std::string>> keys_in_batch;
  std::shared_ptr<const Directory> people;

  std::mutex mutex;
  std::condition_variable wake;
  std::deque<Job> waiting;
  std::deque<StoreJob> store_work;
  bool at_work = false;  ///< somebody is: the writer's thread, or who asked
  bool stopping = false;
  bool failed = false;
  std::thread writer;
};

void Runner::Impl::loop() {
  std::unique_lock lock(mutex);
  for (;;) {
    const auto nothing = [&] { return waiting.empty() && store_work.empty(); };
    wake.wait(lock, [&] { return !at_work && (stopping || !nothing()); });
    if (nothing()) return;
    work_some(lock);
  }
}

/// Takes what waits and does it, without the lock meanwhile. Nobody else may be at work.
void Runner::Impl::work_some(std::unique_lock<std::mutex>& lock) {
  at_work = true;
  std::deque<StoreJob> work;
  work.swap(store_work);
  std::vector<Job> batch;
  batch.reserve(std::min(waiting.size(), most_in_batch));
  while (!waiting.empty() && batch.size() < most_in_batch) {
    batch.push_back(std::move(waiting.front()));
    waiting.pop_front();
  }
  lock.unlock();
  for (StoreJob& job : work) {
    for (const std::string& stream : *job.streams) cache.drop(stream);
    try {
      (*job.work)(parts.store);
      job.promise.set_value();
    } catch (const std::exception&) {
      job.promise.set_exception(std::current_exception());
    }
  }
  if (!batch.empty()) run_batch(std::move(batch));
  lock.lock();
  at_work = false;
}

/// Whoever asks while nothing else is going on does it himself: waking the writer's thread, and
/// being woken by it, takes as long as a flush.
void Runner::Impl::work_alone() {
  std::unique_lock lock(mutex);
  const bool alone = !at_work && waiting.size() == 1 && store_work.empty();
  if (alone) work_some(lock);
  const bool more = !at_work && !(waiting.empty() && store_work.empty());
  const bool last = stopping;
  lock.unlock();
  if (more || last) wake.notify_one();
}

void Runner::Impl::run_batch(std::vector<Job> batch) {
  units.clear();
  refusals.clear();
  overlay.clear();
  keys_in_batch.clear();
  people = parts.people();
  try {
    for (Job& job : batch) decide(std::move(job));
    commit();
  } catch (const storage::StoreFailure& failure) {
    for (Job& job : batch) {
      if (job.call.command.command.has_value()) units.push_back({std::move(job), {}});
    }
    fail(failure.what());
  }
}

void Runner::Impl::decide(Job job) {
  if (failed) {
    job.promise.set_value(unavailable("The server is stopping after a storage failure."));
    return;
  }
  try {
    if (parts.stands) {
      if (Status stands = parts.stands(job.call.actor); !stands) {
        job.promise.set_value(std::move(stands.error()));
        return;
      }
    }
    if (answer_repeated(job)) return;
    auto unit = decide_unit(job.call, parts, cache, overlay, *people);
    if (!unit) {
      if (overlay.empty()) {
        job.promise.set_value(std::move(unit.error()));
      } else {
        refusals.push_back({std::move(job), std::move(unit.error())});
      }
      return;
    }
    for (auto& [stream, entry] : unit->changed) overlay.insert_or_assign(stream, entry);
    units.push_back({std::move(job), std::move(*unit)});
  } catch (const storage::StoreFailure&) {
    units.push_back({std::move(job), {}});
    throw;
  } catch (const std::exception& error) {
    log(LogLevel::error, "a command broke",
        {{"error", error.what()}, {"stream", job.call.command.stream}});
    job.promise.set_value(Error{ErrorCode::internal,
                                "The command could not be carried out.",
                                "",
                                {},
                                {{"request_id", job.call.request_id}}});
  }
}

bool Runner::Impl::answer_repeated(Job& job) {
  const Call& call = job.call;
  if (call.idempotency_key.empty()) return false;
  const auto known = parts.store.find_request(call.actor.id, call.idempotency_key);
  if (!known) {
    if (keys_in_batch.insert({call.actor.id, call.idempotency_key}).second) return false;
    again(std::move(job));  // the first one with this key is in this very batch
    return true;
  }
  if (known->fingerprint != call.fingerprint) {
    job.promise.set_value(
        Error{ErrorCode::unprocessable,
              "This Idempotency-Key was used for another request.",
              "Send a fresh key with a new request, or the first request's exact content.",
              {{"header/Idempotency-Key", "belongs to another request"}},
              {}});
  } else {
    job.promise.set_value(Reply{known->status, known->answer, 0, true, {}});
  }
  return true;
}

void Runner::Impl::commit() {
  if (units.empty()) return;
  std::vector<storage::Commit> commits;
  commits.reserve(units.size());
  for (Decided& decided : units) commits.push_back(std::move(decided.unit.commit));
  Flush flush{unix_nanos(), 0, commits.size()};
  const auto outcomes = parts.store.commit(commits);
  flush.ended = unix_nanos();
  for (Decided& decided : units) decided.unit.reply.flush = flush;
  if (parts.observer != nullptr) {
    parts.observer->committed(flush.commands, std::chrono::nanoseconds(flush.ended - flush.began));
  }
  // Read before anybody is told: if the store fails here, all of them learn that.
  for (std::size_t i = 0; i < units.size(); ++i) {
    if (outcomes[i] != storage::CommitOutcome::taken) continue;
    units[i].taken = taken_by(parts.store, commits[i]);
  }
  settle(commits, outcomes);
}

void Runner::Impl::settle(const std::vector<storage::Commit>& commits,
                          const std::vector<storage::CommitOutcome>& outcomes) {
  bool all = true;
  for (const auto outcome : outcomes) all = all && outcome == storage::CommitOutcome::committed;
  for (std::size_t i = 0; i < units.size(); ++i) {
    Decided& decided = units[i];
    if (outcomes[i] != storage::CommitOutcome::committed) {
      for (const storage::Append& append : commits[i].appends) cache.drop(append.stream);
      if (decided.taken) {
        decided.job.promise.set_value(std::move(*decided.taken));
      } else {
        again(std::move(decided.job));
      }
      continue;
    }
    for (auto& [stream, entry] : decided.unit.changed) cache.put(stream, std::move(entry));
    if (!decided.unit.changes.empty() && parts.committed) parts.committed(decided.unit.changes);
    decided.job.promise.set_value(std::move(decided.unit.reply));
  }
  settle_refusals(all);
}

void Runner::Impl::settle_refusals(bool all_committed) {
  for (Refused& refused : refusals) {
    if (all_committed) {
      refused.job.promise.set_value(std::move(refused.error));
    } else {
      again(std::move(refused.job));
    }
  }
}

void Runner::Impl::again(Job job) {
  if (++job.attempts == most_attempts) {
    job.promise.set_value(unavailable("Too many others changed the same thing; nothing was done."));
    return;
  }
  const std::lock_guard lock(mutex);
  waiting.push_front(std::move(job));
}

void Runner::Impl::fail(const std::string& reason) {
  log(LogLevel::error, "the store failed; nothing more is written", {{"reason", reason}});
  cache.clear();
  std::deque<Job> refused;
  {
    const std::lock_guard lock(mutex);
    failed = true;
    refused.swap(waiting);
  }
  for (Decided& decided : units) {
    decided.job.promise.set_value(
        unavailable("The storage failed; this may or may not have been saved."));
  }
  for (Refused& early : refusals) {
    early.job.promise.set_value(unavailable("The storage failed; nothing was done."));
  }
  for (Job& job : refused) {
    job.promise.set_value(unavailable("The storage failed; nothing was done."));
  }
  if (parts.failed) parts.failed(reason);
}

Runner::Runner(RunnerParts parts) : impl_(std::make_unique<Impl>(std::move(parts))) {}

Runner::~Runner() {
  stop();
  impl_->writer.join();
}

/// Puts it into the queue and wakes nobody; false if it was refused.
bool Runner::Impl::put(Job job) {
  const std::lock_guard lock(mutex);
  if (stopping || failed || waiting.size() >= most_waiting) {
    job.promise.set_value(unavailable(stopping ? "The server is stopping."
                                      : failed ? "The storage failed."
                                               : "Too many commands wait."));
    return false;
  }
  waiting.push_back(std::move(job));
  return true;
}

std::future<Result<Reply>> Runner::submit(Call call) {
  Job job{std::move(call), {}, 0};
  std::future<Result<Reply>> answer = job.promise.get_future();
  if (impl_->put(std::move(job))) impl_->wake.notify_one();
  return answer;
}

Result<Reply> Runner::run(Call call) {
  Job job{std::move(call), {}, 0};
  std::future<Result<Reply>> answer = job.promise.get_future();
  if (impl_->put(std::move(job))) impl_->work_alone();
  return answer.get();
}

void Runner::with_store(const std::function<void(storage::Store&)>& work,
                        const std::vector<std::string>& streams) {
  StoreJob job{&work, &streams, {}};
  std::future<void> done = job.promise.get_future();
  {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->stopping) throw storage::StoreFailure("the server is stopping");
    impl_->store_work.push_back(std::move(job));
  }
  impl_->wake.notify_one();
  done.get();
}

std::size_t Runner::waiting() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->waiting.size();
}

void Runner::stop() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
  }
  impl_->wake.notify_one();
}

}  // namespace factory::engine
