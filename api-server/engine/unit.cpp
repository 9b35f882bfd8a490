#include "engine/unit.hpp"

#include <algorithm>
#include <deque>
#include <stdexcept>

#include "engine/archive.hpp"

namespace factory::engine {

namespace {

/// Follow-ups of one command; more means that two flows call each other for ever.
constexpr std::uint32_t most_commands = 1000;

struct Touched {
  const Slice* slice = nullptr;
  Entry entry;
  std::int64_t first_version = 0;  ///< before this command
  std::vector<storage::EventRecord> records;
};

/// Builds one Unit.
class UnitBuilder {
 public:
  UnitBuilder(const Call& call, const RunnerParts& parts, StreamCache& cache,
              const Overlay& overlay, const Directory& people)
      : call_(call),
        parts_(parts),
        cache_(cache),
        overlay_(overlay),
        people_(people),
        now_(parts.clock.now()),
        seed_(parts.ids.next(now_)) {}

  Result<Unit> build() {
    std::deque<Command> waiting{call_.command};
    for (std::uint32_t index = 0; !waiting.empty(); ++index) {
      if (index == most_commands) throw std::logic_error("a command has no end of follow-ups");
      const Command command = std::move(waiting.front());
      waiting.pop_front();
      if (auto status = decide_one(command, index, waiting); !status) {
        return std::move(status.error());
      }
    }
    return finish();
  }

 private:
  Status decide_one(const Command& command, std::uint32_t index, std::deque<Command>& waiting) {
    const Slice* slice = slice_of(parts_.slices, command.stream);
    if (slice == nullptr) {
      return Error{ErrorCode::not_found, "There is no " + command.stream + ".", "", {}, {}};
    }
    Touched& touched = touch(*slice, command);
    if (touched.entry.archived) return archived(command.stream);
    if (index == 0) {
      if (auto status = check_version(touched.entry.version); !status) return status;
    }
    const Ctx ctx{now_, call_.actor, index == 0 ? seed_ : seed_.child(index), &people_,
                  &parts_.effect_kinds};
    auto decision = slice->decide(touched.entry.state, command.command, ctx);
    if (!decision) return std::move(decision.error());
    note_timers_and_effects(command.stream, *decision, ctx);
    if (decision->events.empty()) return Done{};
    touched.entry.state = slice->evolve(touched.entry.state, decision->events);
    for (const AnyEvent& event : decision->events) append(touched, command.stream, event);
    std::vector<Command> follow_ups;
    std::int64_t version =
        touched.entry.version - static_cast<std::int64_t>(decision->events.size());
    for (const AnyEvent& event : decision->events) {
      parts_.flow({command.stream, slice->kind(), event, touched.entry.state, ctx, ++version},
                  follow_ups);
    }
    std::move(follow_ups.begin(), follow_ups.end(), std::back_inserter(waiting));
    return Done{};
  }

  Error archived(const std::string& stream) {
    const auto mark = find_archived(parts_.store, stream);
    return archived_error(stream, mark.value_or(ArchiveMark{}));
  }

  Touched& touch(const Slice& slice, const Command& command) {
    const std::string& stream = command.stream;
    const auto [at, inserted] = touched_.try_emplace(stream);
    if (inserted) {
      const auto pending = overlay_.find(stream);
      at->second.slice = &slice;
      at->second.entry =
          pending != overlay_.end() ? pending->second : cache_.get(slice, stream, command.fresh);
      at->second.first_version = at->second.entry.version;
    }
    return at->second;
  }

  Status check_version(std::int64_t version) const {
    if (!call_.if_version || *call_.if_version == version) return Done{};
    return Error{ErrorCode::precondition_failed,
                 "It is at version " + std::to_string(version) + ", not " +
                     std::to_string(*call_.if_version) + ".",
                 "",
                 {{"header/If-Match", "names another version"}},
                 {{"current_version", std::to_string(version)}}};
  }

  void append(Touched& touched, const std::string& stream, const AnyEvent& event) {
    storage::EventRecord record;
    record.stream = stream;
    record.version = ++touched.entry.version;
    record.type = event.type;
    record.at = now_;
    record.actor = call_.actor.id;
    record.body = event_body(record, event.data, call_);
    record.hash = sha256(touched.entry.head, record.body);
    touched.entry.head = record.hash;
    touched.entry.updated_at = now_;
    written_.event_types.push_back(event.type);
    touched.records.push_back(std::move(record));
  }

  void note_timers_and_effects(const std::string& stream, const AnyDecision& decision,
                               const Ctx& ctx) {
    for (const Timer& timer : decision.timers) {
      timers_[{stream, timer.name}] = timer.due;
    }
    for (const Effect& effect : decision.effects) {
      if (!ctx.carries_out(effect.kind)) continue;
      const auto index = static_cast<std::uint32_t>(unit_.commit.effects.size());
      nlohmann::json payload{{"subject", effect.subject}};
      if (!call_.traceparent.empty()) payload["traceparent"] = call_.traceparent;
      unit_.commit.effects.push_back(
          {seed_.make("eff", index), stream, effect.kind, payload.dump(), now_});
    }
  }

  Unit finish() {
    unit_.commit.views.reserve(touched_.size());  // `written_` points at them
    for (auto& [stream, touched] : touched_) {
      const bool root = stream == call_.command.stream;
      if (touched.records.empty()) {
        // It was decided on: what is decided stands only if this does, too.
        unit_.commit.appends.push_back({stream, touched.first_version, {}});
        if (!root) continue;
      }
      if (touched.entry.version == 0) continue;  // nothing was there, and nothing came
      storage::ViewRow row = view_row(*touched.slice, stream, touched.entry.state,
                                      touched.entry.version, touched.entry.updated_at);
      if (touched.records.empty()) {
        unchanged_ = std::move(row);
        written_.views.emplace(stream, &unchanged_);
      } else {
        write_stream(stream, touched, std::move(row));
        written_.views.emplace(stream, &unit_.commit.views.back().row);
      }
    }
    for (const auto& [key, due] : timers_) {
      unit_.commit.timers.push_back({key.first, key.second, due});
    }
    if (call_.reply) unit_.reply = call_.reply(written_);
    if (!call_.idempotency_key.empty()) {
      unit_.commit.request = {call_.actor.id,
                              call_.idempotency_key,
                              call_.fingerprint,
                              unit_.reply.status,
                              unit_.reply.replay_body.value_or(unit_.reply.body),
                              now_};
    }
    return std::move(unit_);
  }

  void write_stream(const std::string& stream, Touched& touched, storage::ViewRow row) {
    using Tags = std::vector<storage::Tag>;
    const auto missing_in = [](const Tags& from, const Tags& in) {
      Tags missing;
      std::copy_if(from.begin(), from.end(), std::back_inserter(missing), [&](const auto& tag) {
        return std::find(in.begin(), in.end(), tag) == in.end();
      });
      return missing;
    };
    static const Tags none;
    const Tags& before = touched.entry.tags ? *touched.entry.tags : none;
    storage::ViewWrite write{{}, missing_in(before, row.tags), missing_in(row.tags, before)};
    if (!write.removed.empty() || !write.added.empty()) {
      touched.entry.tags = std::make_shared<const Tags>(row.tags);
    }
    write.row = std::move(row);
    unit_.commit.views.push_back(std::move(write));
    unit_.commit.appends.push_back({stream, touched.first_version, std::move(touched.records)});
    unit_.changes.push_back({stream, touched.slice->kind(), touched.entry.state});
    unit_.changed.emplace(stream, std::move(touched.entry));
  }

  const Call& call_;
  const RunnerParts& parts_;
  StreamCache& cache_;
  const Overlay& overlay_;
  const Directory& people_;
  const Time now_;
  const IdSeed seed_;
  std::map<std::string, Touched> touched_;
  std::map<std::pair<std::string, std::string>, std::optional<Time>> timers_;
  storage::ViewRow unchanged_;  ///< of the command's own stream
  Written written_;
  Unit unit_;
};

}  // namespace

Result<Unit> decide_unit(const Call& call, const RunnerParts& parts, StreamCache& cache,
                         const Overlay& overlay, const Directory& people) {
  return UnitBuilder(call, parts, cache, overlay, people).build();
}

Entry StreamCache::get(const Slice& slice, const std::string& stream, bool fresh) {
  if (const auto hot = young_.find(stream); hot != young_.end()) return hot->second;
  if (auto node = old_.extract(stream); !node.empty()) {
    Entry entry = node.mapped();
    put(stream, std::move(node.mapped()));
    return entry;
  }
  if (fresh) return Entry{slice.initial(), 0, Hash{}, Time{}, {}, false};
  LoadedStream loaded = load_stream(store_, slice, stream);
  Entry entry{loaded.state, loaded.version, loaded.head, loaded.updated_at, {}, loaded.archived};
  if (loaded.version > 0) {
    if (auto row = store_.get_view(stream)) {
      entry.tags = std::make_shared<const std::vector<storage::Tag>>(std::move(row->tags));
    }
  }
  put(stream, entry);
  return entry;
}

void StreamCache::put(const std::string& stream, Entry entry) {
  if (young_.size() >= generation_size) {
    old_ = std::move(young_);
    young_.clear();
  }
  young_.insert_or_assign(stream, std::move(entry));
}

void StreamCache::drop(const std::string& stream) {
  young_.erase(stream);
  old_.erase(stream);
}

void StreamCache::clear() {
  young_.clear();
  old_.clear();
}

}  // namespace factory::engine
