#include "engine/audit.hpp"

#include <istream>
#include <limits>
#include <nlohmann/json.hpp>
#include <ostream>

#include "engine/archive.hpp"
#include "engine/verifier.hpp"

namespace factory::engine {

namespace {

constexpr int page = 2000;
constexpr int seals_at_a_time = 1000;

/// Every event of the store in order, a page at a time.
void each_event(storage::Store& store, std::int64_t after,
                const std::function<void(const storage::EventRecord&)>& visit) {
  storage::EventQuery query;
  query.after = after;
  query.limit = page;
  for (;;) {
    const storage::EventPage found = store.read_events(query);
    for (const storage::EventRecord& event : found.events) visit(event);
    if (!found.next) return;
    query.after = *found.next;
  }
}

/// The seals of a store in order.
class Seals {
 public:
  explicit Seals(storage::Store& store) : store_(store) {}
  /// The next one, if it stands at or before `position`.
  const storage::Seal* up_to(std::int64_t position) {
    if (next_ == some_.size() && !all_) {
      const std::int64_t after = some_.empty() ? 0 : some_.back().position;
      some_ = store_.seals(after, seals_at_a_time);
      all_ = some_.size() < seals_at_a_time;
      next_ = 0;
    }
    if (next_ == some_.size() || some_[next_].position > position) return nullptr;
    return &some_[next_++];
  }

 private:
  storage::Store& store_;
  std::vector<storage::Seal> some_;
  std::size_t next_ = 0;
  bool all_ = false;
};

}  // namespace

bool seal_log(storage::Store& store, const SigningKey& key, Time now, const StoreWriter& write) {
  const std::optional<storage::Seal> last = store.last_seal();
  storage::Seal seal;
  seal.position = last ? last->position : 0;
  const std::int64_t before = seal.position;
  Sha256 digest;
  digest.update(bytes_of(last ? last->digest : Hash{}));
  each_event(store, seal.position, [&](const storage::EventRecord& event) {
    digest.update(bytes_of(event.hash));
    seal.position = event.position;
  });
  if (seal.position == before) return false;
  seal.digest = digest.finish();
  seal.signature = key.sign_hex(sealed_text(seal.position, seal.digest));
  seal.at = now;
  write([&](storage::Store& writable) { writable.put_seal(seal); });
  return true;
}

AuditReport verify_store(storage::Store& store, const std::string& public_hex,
                         const std::string& archive_folder) {
  Verifier verifier(public_hex);
  ArchiveCheck archives(store, archive_folder, public_hex);
  Seals seals(store);
  each_event(store, 0, [&](const storage::EventRecord& event) {
    const Verifier::Place place{event.position, event.stream, event.version};
    if (storage::archived(event)) {
      verifier.archived(place, event.hash);
      archives.expect(event);
    } else {
      verifier.event(place, event.body, event.hash);
      verifier.columns(event);
    }
    while (const storage::Seal* seal = seals.up_to(event.position)) {
      verifier.seal(*seal, public_hex);
    }
  });
  while (const storage::Seal* seal = seals.up_to(std::numeric_limits<std::int64_t>::max())) {
    verifier.seal(*seal, public_hex);
  }
  const std::int64_t checked =
      archives.run([&](std::string what) { verifier.problem(std::move(what)); });
  AuditReport report = verifier.finish();
  report.archives = checked;
  return report;
}

void export_trail(storage::Store& store, const SigningKey& key, Time now, std::ostream& out) {
  TrailExport trail(store, key, now);
  for (std::string piece = trail.next(); !piece.empty(); piece = trail.next()) out << piece;
}

namespace {

using nlohmann::json;

Verifier::Place place_of(const json& line, const json& known) {
  return {line.at("position").get<std::int64_t>(), known.at("stream").get<std::string>(),
          known.at("version").get<std::int64_t>()};
}

Hash hash_of(const json& object, const char* name) {
  return hash_from_hex(object.at(name).get<std::string>()).value_or(Hash{});
}

/// Reads a file line by line, and knows the digest of what was read.
class TrailReader {
 public:
  explicit TrailReader(const std::optional<std::string>& public_hex) : verifier_(public_hex) {}

  AuditReport read(std::istream& in) {
    std::string line;
    while (std::getline(in, line)) take(line, ++number_);
    verifier_.expect_signed_end();
    return verifier_.finish();
  }

 private:
  void take(const std::string& line, std::int64_t number) {
    const auto parsed = json::parse(line, nullptr, false);
    const std::string where = "line " + std::to_string(number);
    if (!parsed.is_object()) {
      verifier_.problem(where + " is no JSON object: the file is damaged or was cut off");
      return;
    }
    try {
      take_parsed(parsed, line);
    } catch (const json::exception&) {
      verifier_.problem(where + " lacks what an exported event or seal has");
    }
    digest_.update(line);
    digest_.update("\n");
  }

  void take_parsed(const json& parsed, const std::string& line) {
    if (const auto part = parsed.find("part"); part != parsed.end()) {
      verifier_.part(part->at("kind").get<std::string>());
    } else if (const auto seal = parsed.find("seal"); seal != parsed.end()) {
      verifier_.seal({seal->at("position").get<std::int64_t>(), hash_of(*seal, "digest"),
                      seal->at("signature").get<std::string>(), Time{}},
                     seal->at("public_key").get<std::string>());
    } else if (const auto head = parsed.find("head"); head != parsed.end()) {
      take_head(*head);
    } else if (const auto gone = parsed.find("archived"); gone != parsed.end()) {
      verifier_.archived(place_of(parsed, *gone), hash_of(parsed, "hash"));
    } else {
      verifier_.event(place_of(parsed, parsed.at("event")), event_text(line),
                      hash_of(parsed, "hash"));
    }
  }

  void take_head(const json& head) {
    PartHead part;
    part.kind = head.at("kind").get<std::string>();
    part.from = head.at("from").get<std::int64_t>();
    part.position = head.at("position").get<std::int64_t>();
    part.events = head.at("events").get<std::int64_t>();
    part.digest = hash_of(head, "digest");
    if (headed_) verifier_.problem("the file has two signed ends");
    const Hash digest = headed_ ? Hash{} : digest_.finish();
    headed_ = true;
    digest_.restart();
    verifier_.head(part, digest, head.at("signature").get<std::string>(),
                   head.at("public_key").get<std::string>());
  }

  /// A digest that can be begun anew.
  class Digest {
   public:
    Digest() { restart(); }
    void restart() { hash_.emplace(); }
    void update(std::string_view bytes) { hash_->update(bytes); }
    Hash finish() { return hash_->finish(); }

   private:
    std::optional<Sha256> hash_;
  };

  Verifier verifier_;
  Digest digest_;
  bool headed_ = false;
  std::int64_t number_ = 0;
};

}  // namespace

AuditReport verify_trail(std::istream& in, const std::optional<std::string>& public_hex) {
  return TrailReader(public_hex).read(in);
}

}  // namespace factory::engine
