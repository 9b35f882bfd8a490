#include "slices/webhook/follow.hpp"

#include <algorithm>
#include <optional>

#include "common/ids.hpp"
#include "common/log.hpp"
#include "engine/runner.hpp"
#include "slices/webhook/payload.hpp"

namespace factory::webhook {
namespace {

/// Deliveries that one step makes at most, if every webhook wants every event.
constexpr int kAtOnce = 500;
/// Events that nobody wanted and that may be looked at once more after a crash.
constexpr std::int64_t kUnwritten = 5000;

bool is_webhook(const std::string& stream) { return has_prefix(stream, Definition::prefix); }

Event decode(const storage::EventRecord& record) {
  return engine::decode_event<Event>(record.type, engine::event_data(record.body));
}

}  // namespace

Follower::Follower(storage::Store& store, storage::Deliveries& deliveries, std::string source,
                   Time now)
    : store_(store), deliveries_(deliveries), source_(std::move(source)) {
  begin(now);
  load();
}

void Follower::begin(Time now) {
  const std::int64_t end = store_.last_position();
  position_ = written_ = deliveries_.position();
  if (position_ >= 0 && position_ <= end) return;
  if (position_ > end) {
    log(LogLevel::warning,
        "the queue of webhooks is ahead of the store, which is of an earlier day: it goes on from "
        "the end of the store",
        {{"position", std::to_string(position_)}, {"end", std::to_string(end)}});
  }
  deliveries_.put({}, {}, end, now);
  position_ = written_ = end;
}

void Follower::load() {
  storage::ViewQuery query;
  query.kind = Definition::kind;
  query.limit = 100;
  for (;;) {
    const storage::ViewPage page = store_.query_views(query);
    std::vector<storage::WebhookChange> ignored;
    for (const storage::ViewRow& row : page.rows) {
      for (const storage::EventRecord& event : store_.load(row.id)) {
        if (event.position <= position_) apply(event, ignored);
      }
    }
    if (page.next_cursor.empty()) return;
    query.cursor = page.next_cursor;
  }
}

void Follower::apply(const storage::EventRecord& record,
                     std::vector<storage::WebhookChange>& changes) {
  if (storage::archived(record)) return;
  const Event event = decode(record);
  State& state = book_[record.stream];
  state = evolve(std::move(state), event);
  using Kind = storage::WebhookChange::Kind;
  if (std::holds_alternative<Enabled>(event)) changes.push_back({record.stream, Kind::fresh_start});
  const auto* const updated = std::get_if<Updated>(&event);
  if (updated != nullptr && updated->url) changes.push_back({record.stream, Kind::fresh_start});
  if (state.status == Status::deleted) {
    changes.push_back({record.stream, Kind::gone});
    book_.erase(record.stream);
  }
}

/// While there is no webhook, only the first that comes is of interest.
storage::EventQuery Follower::next(storage::Newest newest) const {
  storage::EventQuery query;
  query.newest = newest;
  query.after = position_;
  query.limit = book_.empty() ? 1 : std::max(5, kAtOnce / static_cast<int>(book_.size()));
  if (book_.empty()) query.type = "webhook.*";
  return query;
}

bool Follower::follow(Time now, storage::Newest newest) {
  const bool all = !book_.empty();
  const storage::EventPage page = store_.read_events(next(newest));
  if (page.last <= position_) return false;
  std::vector<storage::NewDelivery> made;
  std::vector<storage::WebhookChange> changes;
  for (const storage::EventRecord& event : page.events) {
    if (is_webhook(event.stream)) apply(event, changes);
    if (storage::archived(event)) continue;
    std::optional<storage::Parcel> parcel;  // one for all who want it
    for (const auto& [id, state] : book_) {
      if (id == event.stream && event.type == Registered::type) continue;  // from the next one on
      if (!wants(state, event.type)) continue;
      if (!parcel) parcel = parcel_of(event, source_);
      made.push_back(delivery_of(id, *parcel));
    }
  }
  if (!page.events.empty()) {
    position_ = page.events.back().position;
  } else if (page.next || !all) {
    position_ = std::max(position_, page.next.value_or(page.last));
  }
  if (!made.empty() || !changes.empty() || position_ - written_ > kUnwritten) {
    deliveries_.put(made, changes, position_, now);
    written_ = position_;
  }
  return position_ < page.last;
}

std::vector<std::string> Follower::enabled() const {
  std::vector<std::string> ids;
  for (const auto& [id, state] : book_) {
    if (state.status == Status::enabled) ids.push_back(id);
  }
  return ids;
}

}  // namespace factory::webhook
