#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.hpp"
#include "common/digest.hpp"

/// What the engine asks of a database. Everything that one command changes is one Commit value;
/// the store writes a batch of them with one flush. It knows no slice.
namespace factory::storage {

/// A fact as it is stored. `body` is the exact JSON text that the hash covers:
/// hash = SHA-256(hash of the predecessor in the stream, or 32 zero bytes, followed by body).
/// Who commits fills type, at, actor, body and hash; the store gives position, stream and version.
struct EventRecord {
  std::int64_t position = 0;  ///< place in the whole log, from 1, given by the store, without gaps
  std::string stream;         ///< "gate_0190…"
  std::int64_t version = 0;   ///< place in its stream, from 1
  std::string type;           ///< "gate.voted"
  Time at{};
  std::string actor;  ///< who: the principal's id
  std::string body;
  Hash hash{};
};

/// How the body of a stream's last event begins once its events went into an archive: JSON text
/// that says into which. The bodies of its other events are empty then; all else stays.
inline bool is_archive_mark(std::string_view body) { return body.starts_with(R"({"archived":)"); }
inline bool archived(const EventRecord& event) {
  return event.body.empty() || is_archive_mark(event.body);
}

/// A stream that nothing will be appended to any more, as it stands.
struct ClosedStream {
  std::string stream;
  std::int64_t version = 0;  ///< its last one
  Hash head{};               ///< the hash of its last event
};

/// New events of one stream; refused as a whole unless its last version is `expected_version`.
struct Append {
  std::string stream;
  std::int64_t expected_version = 0;  ///< 0: the stream must not exist
  std::vector<EventRecord> events;
};

/// An entry of the one ordered index: found by (key, value), ordered by (rank, at, id).
struct Tag {
  std::string key;    ///< "task.open", "blocker", "gate.pipeline" …
  std::string value;  ///< may be empty
  std::int64_t rank = 0;
  std::int64_t at = 0;
  /// Of one that is added: the commit is refused (`taken`) if another view has (key, value). A
  /// demand of who writes, and not kept: what is read says false, and it makes no other tag.
  bool unique = false;
  friend bool operator==(const Tag& left, const Tag& right) {
    return left.key == right.key && left.value == right.value && left.rank == right.rank &&
           left.at == right.at;
  }
};

/// The document that reads of one stream are served from, with its index columns.
struct ViewRow {
  std::string id;    ///< the stream's id
  std::string kind;  ///< "task"
  std::string status;
  std::int64_t version = 0;         ///< the stream's version that it shows
  std::int64_t schema_version = 1;  ///< of the view code that wrote it
  Time updated_at{};
  std::string doc;   ///< JSON text
  std::string text;  ///< what full-text search reads; empty: not searchable
  std::vector<Tag> tags;
};

struct ViewWrite {
  ViewRow row;
  /// row.tags is the whole list of the new version: get_view gives it back. The ordered index is
  /// moved by the difference alone, so that a write costs what it changes.
  std::vector<Tag> removed;  ///< tags of the previous version that the new one has no more
  std::vector<Tag> added;    ///< tags that it has newly
};

struct TimerWrite {
  std::string stream;
  std::string name;
  std::optional<Time> due;  ///< nullopt cancels it
};

struct TimerRow {
  std::string stream;
  std::string name;
  Time due{};
};

struct EffectWrite {
  std::string id;
  std::string stream;  ///< what it is about; re-validated against its state before it runs
  std::string kind;    ///< "announce"
  std::string payload;
  Time due{};
};

struct EffectRow {
  std::string id, stream, kind, payload;
  std::string status;  ///< pending, leased, done, obsolete, dead
  int attempts = 0;
  Time due{};         ///< next attempt, or end of the lease
  std::string error;  ///< why the last attempt failed
};

/// The answer that a request with an Idempotency-Key got, to be given again.
struct RequestRecord {
  std::string principal;
  std::string key;
  std::string fingerprint;  ///< of method, path and body
  int status = 0;
  std::string answer;
  Time at{};
};

/// All that one command writes, its follow-ups inside the house included.
struct Commit {
  std::vector<Append> appends;
  std::vector<ViewWrite> views;
  std::vector<TimerWrite> timers;
  std::vector<EffectWrite> effects;
  std::optional<RequestRecord> request;
};

enum class CommitOutcome {
  committed,
  conflict,        ///< another version stands: nothing of this commit was written
  request_exists,  ///< (principal, key) was used before: nothing was written
  taken,           ///< another view has one of its unique tags: nothing was written
};

/// What an effect's attempt came to.
struct EffectOutcome {
  std::string id;
  std::string status;  ///< done, obsolete, dead; pending: again at `due`; later: and no attempt
  Time due{};
  std::string error;
};

struct ViewQuery {
  std::string kind;                   ///< used without tag
  std::vector<std::string> statuses;  ///< any of them; empty: all
  std::optional<Tag> tag;             ///< drives the query: matched by key and value
  std::optional<std::int64_t> rank;   ///< with tag: only this rank
  std::vector<Tag> also;              ///< further tags (key, value) that must be there
  bool descending = false;            ///< without tag: by id; with tag: by (rank, at, id)
  std::string cursor;                 ///< of the previous page of the same query; empty: the first
  int limit = 20;
};

/// A page costs what its limit says, whatever is stored: where `statuses` or `also` skip very much,
/// it may be short, or even empty, with a cursor to go on from.
struct ViewPage {
  std::vector<ViewRow> rows;  ///< without text and tags
  std::string next_cursor;    ///< empty: the end
};

/// Whether who reads the log has to see what was committed in the last moment.
enum class Newest {
  wanted,
  later,  ///< may be left out, and is there soon after: who commits then pays nothing for who reads
};

struct EventQuery {
  std::int64_t after = 0;              ///< position; exclusive
  std::optional<std::int64_t> before;  ///< for descending pages; exclusive
  std::string stream, type, actor;     ///< empty: any; type may end in ".*"
  std::optional<Time> since, until;
  bool descending = false;
  int limit = 100;
  bool bodies = true;  ///< false: the events come without their bodies
  Newest newest = Newest::wanted;
};

struct EventPage {
  std::vector<EventRecord> events;
  std::optional<std::int64_t> next;  ///< continue after (or before) this position; nullopt: end
  /// The last one of the stream asked for, or of the whole log: its version, or its position.
  std::int64_t last = 0;
};

/// A checkpoint over the whole log up to `position`:
/// digest = SHA-256(previous digest, then the hash of every event since, in order), signed.
struct Seal {
  std::int64_t position = 0;
  Hash digest{};
  std::string signature;  ///< hex, over "position:digest-hex"
  Time at{};
};

struct TagCount {
  std::string value;
  std::int64_t rank = 0;
  std::int64_t count = 0;  ///< `most`: that many or more
};

/// The database did not do what it was asked: disk full, I/O error, lost connection. What was
/// being committed may or may not stand.
class StoreFailure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Writing calls (commit, settle, claim, put, purge) come from one thread at a time; reading calls
/// from any thread; they see every commit before, unless they leave the newest for later, and wait
/// for no flush of one. All throw StoreFailure.
class Store {
 public:
  virtual ~Store() = default;

  /// Writes the batch in one transaction, each commit whole or not at all, and returns when they
  /// are on disk. A conflict refuses that commit alone: later ones of the batch see the world
  /// without it, and with the earlier ones. Outcomes are in the order of the batch. After a failure
  /// of the flush itself every further write is refused: what stands is known after reopening.
  virtual std::vector<CommitOutcome> commit(std::span<const Commit> batch) = 0;

  /// The events of a stream after `after_version`, in order.
  virtual std::vector<EventRecord> load(const std::string& stream,
                                        std::int64_t after_version = 0) = 0;
  /// Events of the whole log. May return fewer than `limit` with a `next` when filters skip much.
  /// `since` and `until` (both inclusive) are found by bisection: exact as long as the clock that
  /// stamped the events never ran backwards.
  virtual EventPage read_events(const EventQuery& query) = 0;
  virtual std::int64_t last_position() = 0;

  virtual std::optional<RequestRecord> find_request(const std::string& principal,
                                                    const std::string& key) = 0;
  virtual std::optional<ViewRow> get_view(const std::string& id) = 0;  ///< with its tags
  /// Throws std::invalid_argument for a cursor that is damaged or of another query.
  virtual ViewPage query_views(const ViewQuery& query) = 0;
  /// How many views carry the tag key, in order of value and rank. Each count stops at `most`, and
  /// the list at 1,000 entries, so that the work is bounded.
  virtual std::vector<TagCount> count_tags(const std::string& key, std::int64_t most) = 0;

  /// Takes up to `limit` effects that are due, or whose lease ran out; leased until `until`, with
  /// one more attempt counted. Leases and outcomes reach the disk soon after the next commit:
  /// a crash before that makes the effect run again.
  virtual std::vector<EffectRow> claim_effects(Time now, Time until, int limit) = 0;
  /// Unknown ids are ignored; `due` counts for pending alone.
  virtual void settle_effects(std::span<const EffectOutcome> outcomes) = 0;
  /// Up to `limit` of that status, those due first before.
  virtual std::vector<EffectRow> list_effects(const std::string& status, int limit) = 0;
  /// When the next effect can be claimed (pending and due, or its lease ends); the next timer
  /// fires.
  virtual std::optional<Time> next_effect() = 0;
  virtual std::optional<Time> next_timer() = 0;
  /// Timers that are due. They stay until a commit cancels or moves them.
  virtual std::vector<TimerRow> due_timers(Time now, int limit) = 0;

  virtual void put_seal(const Seal& seal) = 0;
  virtual std::optional<Seal> last_seal() = 0;
  /// Up to `limit` of those behind a position, in order.
  virtual std::vector<Seal> seals(std::int64_t after, int limit) = 0;

  /// Forgets requests older than `before`, and effects that are done or obsolete and whose last
  /// lease ended before it. Dead ones stay.
  virtual void purge(Time before) = 0;
  /// Gives up the bodies of these streams' events, their views, tags and timers, in one transaction
  /// on disk: all of them, or none (false) if one does not stand as it is said here. Each last
  /// event gets `mark` as its body. What still refers to them finds what is_archive_mark() tells.
  virtual bool archive(std::span<const ClosedStream> streams, const std::string& mark) = 0;
  /// Replaces views and tags by what rebuild folded; used offline.
  virtual void replace_views(const std::function<std::optional<ViewRow>()>& next) = 0;
  /// All views in order of id with text and tags, for rebuild --check; not one snapshot of a store
  /// that is being written. `visit` may call the store.
  virtual void each_view(const std::function<void(const ViewRow&)>& visit) = 0;
  /// A consistent copy while others read and write. Refuses an existing file.
  virtual void backup(const std::string& file) = 0;
};

}  // namespace factory::storage
