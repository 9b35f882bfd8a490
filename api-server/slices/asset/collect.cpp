#include "slices/asset/collect.hpp"

#include <map>
#include <nlohmann/json.hpp>

#include "common/ids.hpp"
#include "engine/runner.hpp"
#include "slices/asset/asset.hpp"

namespace factory::asset {
namespace {

constexpr std::size_t kDigest = 64;
constexpr std::size_t kMostTold = 1000;

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

/// What of an event may refer to a blob.
std::string references_of(const storage::EventRecord& event) {
  if (has_prefix(event.stream, Definition::prefix)) return "";
  if (event.body.find("\"assets\"") == std::string::npos) return event.body;
  nlohmann::json data = engine::event_data(event.body);
  if (const auto evidence = data.find("evidence");
      evidence != data.end() && evidence->is_object()) {
    evidence->erase("assets");
  }
  return data.dump();
}

/// Calls `visit` with each run of exactly 64 hex digits.
template <class Visit>
void each_digest(const std::string& text, const Visit& visit) {
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i;
    while (end < text.size() && is_hex(text[end])) ++end;
    if (end - i == kDigest) visit(text.substr(i, kDigest));
    i = end + 1;
  }
}

}  // namespace

bool Collector::needed_by_view(const std::string& digest) {
  storage::ViewQuery query;
  query.tag = storage::Tag{std::string(kBlobTag), digest, 0, 0};
  query.limit = 1;
  return !store_.query_views(query).rows.empty();
}

bool Collector::drop_named(Digests& suspects, const std::stop_token& stop) {
  storage::EventQuery query;
  query.limit = 1000;
  while (!suspects.empty()) {
    if (stop.stop_requested()) return false;
    const storage::EventPage page = store_.read_events(query);
    for (const storage::EventRecord& event : page.events) {
      each_digest(references_of(event), [&](const std::string& digest) {
        if (suspects.erase(digest) > 0) named_.insert(digest);
      });
    }
    if (!page.next) break;
    query.after = *page.next;
  }
  return true;
}

Collected Collector::run(std::chrono::seconds grace, bool dry_run, const std::stop_token& stop) {
  Collected result;
  Digests suspects;
  std::map<std::string, std::uint64_t> sizes;
  blobs_.each([&](const storage::BlobInfo& blob) {
    ++result.blobs;
    if (blob.age < grace) {
      ++result.young;
      return;
    }
    if (named_.count(blob.digest) > 0 || needed_by_view(blob.digest)) return;
    suspects.insert(blob.digest);
    sizes.emplace(blob.digest, blob.size);
  });
  if (!drop_named(suspects, stop)) return result;
  for (const std::string& digest : suspects) {
    // Whoever stored it again since then has made it young; whoever did so before has committed.
    if (needed_by_view(digest)) continue;
    if (!dry_run && !blobs_.remove(digest, grace)) continue;
    ++result.removed;
    result.bytes += sizes.at(digest);
    if (result.digests.size() < kMostTold) result.digests.push_back(digest);
  }
  return result;
}

}  // namespace factory::asset
