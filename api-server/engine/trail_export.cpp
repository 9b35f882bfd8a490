#include "engine/trail_export.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace factory::engine {
namespace {

using nlohmann::json;

constexpr int events_at_a_time = 200;
constexpr int seals_at_a_time = 200;
constexpr std::size_t piece = 64 * 1024;

storage::EventQuery query_of(const TrailRange& range, std::int64_t last) {
  storage::EventQuery query;
  query.after = range.after;
  query.before = std::min(range.through.value_or(last), last) + 1;
  query.since = range.since;
  query.until = range.until;
  query.limit = events_at_a_time;
  return query;
}

}  // namespace

std::string sealed_text(std::int64_t position, const Hash& digest) {
  return std::to_string(position) + ":" + to_hex(digest);
}

std::string event_line(const storage::EventRecord& event) {
  std::string line = R"({"position":)" + std::to_string(event.position) + R"(,"hash":")" +
                     to_hex(event.hash) + "\"";
  if (!storage::archived(event)) return line.append(R"(,"event":)").append(event.body) + "}\n";
  const json known{{"stream", event.stream},
                   {"version", event.version},
                   {"type", event.type},
                   {"at", format_time(event.at)},
                   {"actor", event.actor}};
  return line + R"(,"archived":)" + known.dump() + "}\n";
}

std::string event_text(const std::string& line) {
  const std::string marker = R"(,"event":)";
  const std::size_t at = line.find(marker);
  if (at == std::string::npos) return "";
  const std::size_t begin = at + marker.size();
  return line.substr(begin, line.size() - begin - 1);
}

std::string part_line(const std::string& kind, Time at) {
  return json{{"part", {{"kind", kind}, {"at", format_time(at)}}}}.dump() + "\n";
}

std::string PartHead::signed_text() const {
  return kind + ":" + std::to_string(from) + ":" + std::to_string(position) + ":" +
         std::to_string(events) + ":" + to_hex(digest);
}

std::string head_line(const PartHead& head, const SigningKey& key) {
  return json{{"head",
               {{"kind", head.kind},
                {"from", head.from},
                {"position", head.position},
                {"events", head.events},
                {"digest", to_hex(head.digest)},
                {"signature", key.sign_hex(head.signed_text())},
                {"at", format_time(head.at)},
                {"public_key", key.public_hex()}}}}
             .dump() +
         "\n";
}

TrailExport::TrailExport(storage::Store& store, const SigningKey& key, Time now, TrailRange range)
    : store_(store),
      key_(key),
      now_(now),
      whole_(range.whole()),
      last_(store.last_position()),
      query_(query_of(range, last_)) {
  digest_.emplace();
  digest_->update(bytes_of(Hash{}));
}

std::string TrailExport::next() {
  std::string out;
  if (!started_ && !whole_) add_line(part_line("range", now_), out);
  started_ = true;
  while (!read_all_ && out.size() < piece) {
    const storage::EventPage page = store_.read_events(query_);
    for (const storage::EventRecord& event : page.events) add_event(event, out);
    if (page.next) query_.after = *page.next;
    read_all_ = !page.next.has_value();
  }
  if (read_all_ && !ended_ && out.size() < piece) end(out);
  return out;
}

void TrailExport::add_line(const std::string& line, std::string& out) {
  lines_.update(line);
  out += line;
}

void TrailExport::add_event(const storage::EventRecord& event, std::string& out) {
  const std::string line = event_line(event);
  if (first_ == 0) first_ = event.position;
  position_ = event.position;
  ++events_;
  add_line(line, out);
  if (!whole_) return;
  digest_->update(bytes_of(event.hash));
  const storage::Seal* const seal = next_seal();
  if (seal == nullptr || seal->position != position_) return;
  add_seal(*seal, out);
  ++next_seal_;
}

const storage::Seal* TrailExport::next_seal() {
  if (next_seal_ == seals_.size()) {
    if (!seals_.empty() && seals_.size() < seals_at_a_time) return nullptr;
    const std::int64_t after = seals_.empty() ? 0 : seals_.back().position;
    seals_ = store_.seals(after, seals_at_a_time);
    next_seal_ = 0;
    if (seals_.empty()) return nullptr;
  }
  return &seals_[next_seal_];
}

void TrailExport::add_seal(const storage::Seal& seal, std::string& out) {
  const json line{{"seal",
                   {{"position", seal.position},
                    {"digest", to_hex(seal.digest)},
                    {"signature", seal.signature},
                    {"at", format_time(seal.at)},
                    {"public_key", key_.public_hex()}}}};
  add_line(line.dump() + "\n", out);
  sealed_ = seal;
  digest_.emplace();
  digest_->update(bytes_of(seal.digest));
}

void TrailExport::end(std::string& out) {
  ended_ = true;
  if (whole_ && position_ != sealed_.position) {
    storage::Seal seal{position_, digest_->finish(), "", now_};
    seal.signature = key_.sign_hex(sealed_text(seal.position, seal.digest));
    add_seal(seal, out);
  }
  const char* const kind = whole_ ? whole_trail : "range";
  out += head_line({kind, first_, position_, events_, lines_.finish(), now_}, key_);
}

}  // namespace factory::engine
