#include "slices/asset/collect.hpp"

#include <filesystem>
#include <fstream>
#include <map>

#include "common/ids.hpp"
#include "slices/asset/asset.hpp"

namespace factory::asset {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kDigest = 64;
constexpr std::size_t kMostTold = 1000;

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

/// Calls `visit` with each run of exactly 64 hex digits. One after "sha256:" says what something
/// was like (an asset that was reported, say), and refers to nothing.
template <class Visit>
void each_digest(std::string_view text, const Visit& visit) {
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i;
    while (end < text.size() && is_hex(text[end])) ++end;
    if (end - i == kDigest && !text.substr(0, i).ends_with("sha256:")) {
      visit(std::string(text.substr(i, kDigest)));
    }
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

void Collector::drop(std::string_view text, Digests& suspects) {
  each_digest(text, [&](const std::string& digest) {
    if (suspects.erase(digest) > 0) named_.insert(digest);
  });
}

bool Collector::drop_named(Digests& suspects, const std::stop_token& stop) {
  storage::EventQuery query;
  query.limit = 1000;
  while (!suspects.empty()) {
    if (stop.stop_requested()) return false;
    const storage::EventPage page = store_.read_events(query);
    for (const storage::EventRecord& event : page.events) {
      if (!has_prefix(event.stream, Definition::prefix)) drop(event.body, suspects);
    }
    if (!page.next) break;
    query.after = *page.next;
  }
  return drop_archived(suspects, stop);
}

/// What went into an archive was written there before the store gave it up.
bool Collector::drop_archived(Digests& suspects, const std::stop_token& stop) {
  if (archives_.empty() || !fs::exists(archives_)) return true;
  for (const fs::directory_entry& file : fs::directory_iterator(archives_)) {
    if (!file.is_regular_file()) continue;
    std::ifstream lines(file.path());
    if (!lines.is_open()) throw storage::StoreFailure("cannot read " + file.path().string());
    for (std::string line; !suspects.empty() && std::getline(lines, line);) {
      if (stop.stop_requested()) return false;
      drop(line, suspects);
    }
    if (lines.bad()) throw storage::StoreFailure("cannot read " + file.path().string());
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
