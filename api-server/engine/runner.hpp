#pragma once

#include <functional>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/clock.hpp"
#include "common/ids.hpp"
#include "common/trace.hpp"
#include "domain/decision.hpp"
#include "engine/observer.hpp"
#include "engine/slice.hpp"
#include "storage/store.hpp"

namespace factory::engine {

/// An event as a flow sees it: what happened, where, and the stream's state after it.
struct Happened {
  const std::string& stream;
  std::string_view kind;  ///< of the slice
  const AnyEvent& event;
  const StatePtr& state;
  const Ctx& ctx;
  std::int64_t version = 0;  ///< the event's place in its stream
};

/// What one slice's event makes others do, in the same commit. Pure. A follow-up that is refused
/// refuses the whole command.
using Flow = std::function<void(const Happened&, std::vector<Command>& follow_ups)>;

/// What a command wrote, for the answer. The views are those of this commit.
struct Written {
  /// By stream; the command's own is always there. For as long as the answer is made.
  std::map<std::string, const storage::ViewRow*> views;
  std::vector<std::string> event_types;
  /// Throws std::out_of_range for a stream that the command had nothing to do with.
  [[nodiscard]] const storage::ViewRow& view(const std::string& stream) const {
    return *views.at(stream);
  }
};

/// A stream that a commit changed, as others in the process learn of it.
struct StreamChange {
  std::string stream;
  std::string_view kind;
  StatePtr state;
};

/// The answer to a command: status, JSON text, version for ETag.
struct Reply {
  int status = 200;
  std::string body;
  std::int64_t version = 0;
  bool replayed = false;
  /// What is kept for a repetition with the same Idempotency-Key, where that must not be the
  /// answer itself (it shows a secret once).
  std::optional<std::string> replay_body;
  /// The write that it waited for; the runner fills it in.
  std::optional<Flush> flush = std::nullopt;
};

/// A command on its way into the engine.
struct Call {
  Command command;
  Principal actor;
  std::string request_id;
  std::string traceparent = {};  ///< W3C trace context, for the events; empty: none
  std::string address = {};      ///< where the request came from; empty: unknown
  std::string user_agent = {};   ///< what the client called itself, in UTF-8
  std::string idempotency_key;   ///< empty: none
  std::string fingerprint;
  std::optional<std::int64_t> if_version;  ///< precondition_failed unless the stream is at it
  /// Makes the answer from what was written; runs on the writer's thread, must not block.
  std::function<Reply(const Written&)> reply;
};

/// What the runner needs. References must outlive it.
struct RunnerParts {
  storage::Store& store;
  const Clock& clock;
  IdSource& ids;
  std::vector<std::shared_ptr<const Slice>> slices;
  Flow flow;
  /// Everybody who could act; called on the writer's thread for each batch.
  std::function<std::shared_ptr<const Directory>()> people;
  /// Whether who acts still may, or why not: a request can be long on its way. Called on the
  /// writer's thread for each command; empty: everybody may.
  std::function<Status(const Principal&)> stands;
  /// Told, on the writer's thread, of what was committed, in order, before it is answered.
  std::function<void(const std::vector<StreamChange>&)> committed;
  /// Effect kinds that something carries out; others are not written.
  std::vector<std::string> effect_kinds;
  /// Called once, on the writer's thread, when the store failed: the process must stop.
  std::function<void(const std::string& reason)> failed;
  Observer* observer = nullptr;  ///< must outlive the runner; null: nobody
};

/// Runs commands, one thread at a time: that takes all that wait, decides each against the current
/// states, writes them with one flush, and then answers all. It is the writer's thread, or that of
/// a caller who asks while nobody is at work. Thread-safe.
class Runner {
 public:
  explicit Runner(RunnerParts parts);
  ~Runner();  ///< finishes what waits, then stops
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  /// Queues a command. The future holds the answer once it is on disk, or why it was refused.
  std::future<Result<Reply>> submit(Call call);
  Result<Reply> run(Call call);

  /// Runs `work` on the writer's thread between batches and waits for it: the only way for others
  /// to write to the store. Exceptions come back to the caller. `streams`: those that the work
  /// changes past the commands; they are read anew by the next one.
  void with_store(const std::function<void(storage::Store&)>& work,
                  const std::vector<std::string>& streams = {});

  /// How many commands wait for the writer right now.
  [[nodiscard]] std::size_t waiting() const;

  /// Refuses new commands as `unavailable`, finishes those that wait. Idempotent.
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// A stream folded from the store; version 0 and the initial state if it has no events.
struct LoadedStream {
  StatePtr state;
  std::int64_t version = 0;
  Hash head{};
  Time updated_at{};
  bool archived = false;  ///< its events are in an archive: the state is the initial one
};
LoadedStream load_stream(storage::Store& store, const Slice& slice, const std::string& stream);

/// The view row that a state gives.
storage::ViewRow view_row(const Slice& slice, const std::string& stream, const StatePtr& state,
                          std::int64_t version, Time updated_at);

/// The `data` of an event's stored text. Throws std::runtime_error if it is no such text.
nlohmann::json event_data(const std::string& body);

/// The slice whose id prefix the stream has; nullptr if none.
const Slice* slice_of(const std::vector<std::shared_ptr<const Slice>>& slices,
                      std::string_view stream);

/// The exact text of an event that its hash covers. It says what request and what trace it came of,
/// if the call does.
std::string event_body(const storage::EventRecord& record, std::string_view data, const Call& call);

/// Whether such a text says of the event what the record says: stream, version, type, time and who.
bool says_so(const std::string& body, const storage::EventRecord& record);

}  // namespace factory::engine
