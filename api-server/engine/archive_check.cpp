#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/archive.hpp"
#include "engine/audit.hpp"
#include "engine/trail_export.hpp"

namespace factory::engine {
namespace {

using nlohmann::json;

}  // namespace

void ArchiveCheck::expect(const storage::EventRecord& event) {
  ++expected_;
  if (const auto mark = archive_mark(event)) {
    files_.emplace(mark->file, mark->digest);
    streams_.insert_or_assign(event.stream, mark->digest);
  }
}

std::int64_t ArchiveCheck::run(const std::function<void(std::string)>& problem) {
  std::int64_t there = 0;
  for (const auto& [file, digest] : files_) {
    if (check_file(file, digest, problem)) ++there;
  }
  if (found_ != expected_) {
    problem(std::to_string(expected_ - found_) + " archived events are in no archive");
  }
  return there;
}

bool ArchiveCheck::check_file(const std::string& file, const std::string& digest,
                              const std::function<void(std::string)>& problem) {
  const bool plain = !file.empty() && file.find('/') == std::string::npos && file.front() != '.';
  const std::string path = folder_ + "/" + file;
  std::ifstream in(path, std::ios::binary);
  if (!plain || folder_.empty() || !in) {
    problem("the archive " + file + " is missing");
    return false;
  }
  for (const std::string& what : verify_trail(in, public_hex_).problems) {
    problem("the archive " + file + ": " + what);
  }
  found_ += count_matches(path, digest, problem);
  return true;
}

/// How many of its events are those that the store gave up for this file.
std::int64_t ArchiveCheck::count_matches(const std::string& path, const std::string& digest,
                                         const std::function<void(std::string)>& problem) {
  std::ifstream in(path, std::ios::binary);
  std::string line;
  std::string stream;
  std::vector<storage::EventRecord> rows;  // of the stream, by version from 1
  std::int64_t matches = 0;
  std::string signed_digest;
  while (std::getline(in, line)) {
    const json parsed = json::parse(line, nullptr, false);
    if (!parsed.is_object()) continue;  // reported already
    if (parsed.contains("head")) signed_digest = parsed["head"].value("digest", "");
    if (!parsed.contains("event")) continue;
    const std::string of = parsed["event"].value("stream", "");
    if (of != stream) rows = store_.load(of);
    stream = of;
    const auto kept = streams_.find(stream);
    if (kept == streams_.end() || kept->second != digest) continue;
    const auto version = parsed["event"].value("version", std::size_t{0});
    const auto hash = hash_from_hex(parsed.value("hash", ""));
    if (version >= 1 && version <= rows.size() && hash == rows[version - 1].hash &&
        says_so(event_text(line), rows[version - 1])) {
      ++matches;
    } else {
      problem("event " + std::to_string(parsed.value("position", 0)) + " (" + stream +
              ") is not what was archived");
    }
  }
  if (signed_digest != digest) problem(path + " is not the archive that the store names");
  return matches;
}

}  // namespace factory::engine
