#include "engine/audit.hpp"

#include <istream>
#include <nlohmann/json.hpp>
#include <ostream>
#include <unordered_map>

namespace factory::engine {

namespace {

constexpr int page = 2000;
constexpr std::size_t most_problems = 100;

std::string signed_text(std::int64_t position, const Hash& digest) {
  return std::to_string(position) + ":" + to_hex(digest);
}

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

/// Follows a trail event by event and seal by seal.
class Verifier {
 public:
  explicit Verifier(std::optional<std::string> public_hex) : public_hex_(std::move(public_hex)) {}

  void event(std::int64_t position, const std::string& stream, std::int64_t version,
             const std::string& body, const Hash& hash) {
    const std::string where = "event " + std::to_string(position) + " (" + stream + ")";
    if (position != report_.events + 1) problem(where + " does not follow the one before");
    report_.events = position;
    const auto [at, first] = heads_.try_emplace(stream);
    if (version != at->second.version + 1) {
      problem(where + " is version " + std::to_string(version) + " behind " +
              std::to_string(at->second.version) + ": events of the stream are missing");
    }
    if (sha256(at->second.hash, body) != hash) problem(where + " was changed: its hash differs");
    at->second = {version, hash};
    log_digest_input_.append(reinterpret_cast<const char*>(hash.data()), hash.size());
  }

  void seal(std::int64_t position, const Hash& digest, const std::string& signature,
            const std::string& signer) {
    const std::string where = "the seal at " + std::to_string(position);
    if (position > report_.events) {
      problem(where + " covers events that are not there: the end was cut off after event " +
              std::to_string(report_.events));
      return;
    }
    const Hash expected = sha256(digest_, log_digest_input_);
    if (expected != digest) problem(where + " does not fit the events before it");
    if (!verify_signature(public_hex_.value_or(signer), signed_text(position, digest), signature)) {
      problem(where + " is not signed by the expected key");
    }
    digest_ = digest;
    log_digest_input_.clear();
    ++report_.seals;
    report_.sealed_through = position;
  }

  void problem(std::string what) {
    if (report_.problems.size() < most_problems) report_.problems.push_back(std::move(what));
  }

  AuditReport finish() {
    report_.streams = static_cast<std::int64_t>(heads_.size());
    return std::move(report_);
  }

 private:
  struct Head {
    std::int64_t version = 0;
    Hash hash{};
  };
  std::optional<std::string> public_hex_;
  std::unordered_map<std::string, Head> heads_;
  std::string log_digest_input_;  ///< hashes of the events since the last seal
  Hash digest_{};
  AuditReport report_;
};

}  // namespace

bool seal_log(storage::Store& store, const SigningKey& key, Time now, const StoreWriter& write) {
  const std::optional<storage::Seal> last = store.last_seal();
  storage::Seal seal;
  seal.position = last ? last->position : 0;
  const std::int64_t before = seal.position;
  std::string hashes;
  each_event(store, seal.position, [&](const storage::EventRecord& event) {
    hashes.append(reinterpret_cast<const char*>(event.hash.data()), event.hash.size());
    seal.position = event.position;
  });
  if (seal.position == before) return false;
  seal.digest = sha256(last ? last->digest : Hash{}, hashes);
  seal.signature = key.sign_hex(signed_text(seal.position, seal.digest));
  seal.at = now;
  write([&](storage::Store& writable) { writable.put_seal(seal); });
  return true;
}

AuditReport verify_store(storage::Store& store, const std::string& public_hex) {
  Verifier verifier(public_hex);
  std::vector<storage::Seal> seals = store.seals();
  std::size_t next = 0;
  const auto check = [&](const storage::Seal& seal) {
    verifier.seal(seal.position, seal.digest, seal.signature, public_hex);
  };
  each_event(store, 0, [&](const storage::EventRecord& event) {
    verifier.event(event.position, event.stream, event.version, event.body, event.hash);
    while (next < seals.size() && seals[next].position == event.position) check(seals[next++]);
  });
  while (next < seals.size()) check(seals[next++]);
  return verifier.finish();
}

namespace {

void write_seal(const storage::Seal& seal, const std::string& public_hex, std::ostream& out) {
  out << nlohmann::json{{"seal",
                         {{"position", seal.position},
                          {"digest", to_hex(seal.digest)},
                          {"signature", seal.signature},
                          {"at", format_time(seal.at)},
                          {"public_key", public_hex}}}}
             .dump()
      << "\n";
}

}  // namespace

void export_trail(storage::Store& store, const SigningKey& key, Time now, std::ostream& out) {
  const std::string public_hex = key.public_hex();
  const std::vector<storage::Seal> seals = store.seals();
  std::size_t next = 0;
  storage::Seal last;      // of the store, or nothing
  std::string since_last;  // hashes
  std::int64_t position = 0;
  each_event(store, 0, [&](const storage::EventRecord& event) {
    out << R"({"position":)" << event.position << R"(,"hash":")" << to_hex(event.hash)
        << R"(","event":)" << event.body << "}\n";
    position = event.position;
    since_last.append(reinterpret_cast<const char*>(event.hash.data()), event.hash.size());
    if (next == seals.size() || seals[next].position != position) return;
    last = seals[next++];
    since_last.clear();
    write_seal(last, public_hex, out);
  });
  if (position == last.position) return;
  const Hash digest = sha256(last.digest, since_last);
  write_seal({position, digest, key.sign_hex(signed_text(position, digest)), now}, public_hex, out);
}

namespace {

/// The exact text of the event in an exported line: what stands between `"event":` and the end.
std::string event_text(const std::string& line) {
  const std::string marker = R"(,"event":)";
  const std::size_t at = line.find(marker);
  if (at == std::string::npos) return "";
  const std::size_t begin = at + marker.size();
  return line.substr(begin, line.size() - begin - 1);
}

void verify_line(Verifier& verifier, const std::string& line, std::int64_t number) {
  const auto parsed = nlohmann::json::parse(line, nullptr, false);
  const std::string where = "line " + std::to_string(number);
  if (!parsed.is_object()) {
    verifier.problem(where + " is no JSON object: the file is damaged or was cut off");
    return;
  }
  try {
    if (const auto seal = parsed.find("seal"); seal != parsed.end()) {
      const auto digest = hash_from_hex(seal->at("digest").get<std::string>());
      verifier.seal(seal->at("position").get<std::int64_t>(), digest.value_or(Hash{}),
                    seal->at("signature").get<std::string>(),
                    seal->at("public_key").get<std::string>());
      return;
    }
    const auto& event = parsed.at("event");
    const auto hash = hash_from_hex(parsed.at("hash").get<std::string>());
    verifier.event(parsed.at("position").get<std::int64_t>(), event.at("stream").get<std::string>(),
                   event.at("version").get<std::int64_t>(), event_text(line),
                   hash.value_or(Hash{}));
  } catch (const nlohmann::json::exception&) {
    verifier.problem(where + " lacks what an exported event or seal has");
  }
}

}  // namespace

AuditReport verify_trail(std::istream& in, const std::optional<std::string>& public_hex) {
  Verifier verifier(public_hex);
  std::string line;
  std::int64_t number = 0;
  while (std::getline(in, line)) verify_line(verifier, line, ++number);
  AuditReport report = verifier.finish();
  if (report.events > report.sealed_through) {
    report.problems.push_back("the events behind " + std::to_string(report.sealed_through) +
                              " carry no seal: the end of the file may have been cut off");
  }
  return report;
}

}  // namespace factory::engine
