#include "engine/archive.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "common/log.hpp"
#include "common/paths.hpp"
#include "engine/trail_export.hpp"
#include "storage/settle_file.hpp"

namespace factory::engine {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::int64_t groups_in_a_file = 100;
constexpr std::streamoff longest_head = 4096;

/// "20261120T060000123Z" of a moment: sorts as time does.
std::string stamp(Time at) {
  std::string text = format_time(at);
  std::erase_if(text, [](char c) { return c == '-' || c == ':' || c == '.'; });
  return text;
}

/// A file of whole streams in the making.
class ArchiveWriter {
 public:
  ArchiveWriter(std::string folder, const SigningKey& key, Time now)
      : folder_(std::move(folder)), key_(key), now_(now), part_(folder_ + "/incoming.part") {
    out_.open(part_, std::ios::binary | std::ios::trunc);
    line(part_line("archive", now_));
  }

  void add(storage::Store& store, const std::string& stream) {
    storage::ClosedStream closed{stream, 0, {}};
    for (const storage::EventRecord& event : store.load(stream)) {
      line(event_line(event));
      closed.version = event.version;
      closed.head = event.hash;
      head_.position = std::max(head_.position, event.position);
      ++head_.events;
    }
    if (closed.version > 0) streams_.push_back(std::move(closed));
  }

  /// Signs and moves it to its place, on disk. Its name.
  std::string finish() {
    head_.kind = "archive";
    head_.at = now_;
    head_.digest = digest_.finish();
    out_ << head_line(head_, key_);
    out_.close();
    if (!out_) throw storage::StoreFailure("cannot write " + part_);
    const std::string name = stamp(now_) + "-" + digest().substr(0, 16) + ".jsonl";
    storage::settle_file(part_, folder_ + "/" + name);
    return name;
  }

  [[nodiscard]] std::string digest() const { return to_hex(head_.digest); }
  [[nodiscard]] const std::vector<storage::ClosedStream>& streams() const { return streams_; }
  [[nodiscard]] std::int64_t events() const { return head_.events; }

 private:
  void line(const std::string& text) {
    digest_.update(text);
    out_ << text;
  }

  std::string folder_;
  const SigningKey& key_;
  Time now_;
  std::string part_;
  std::ofstream out_;
  Sha256 digest_;
  PartHead head_;
  std::vector<storage::ClosedStream> streams_;
};

std::string mark_text(const std::string& file, const std::string& digest) {
  return json{{"archived", digest}, {"file", file}}.dump();
}

/// The last line of a file, if it is a head.
json read_head(const std::string& path) {
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  const std::streamoff size = in.tellg();
  if (size <= 0) return nullptr;
  in.seekg(std::max<std::streamoff>(size - longest_head, 0));
  std::string tail((std::istreambuf_iterator<char>(in)), {});
  while (!tail.empty() && tail.back() == '\n') tail.pop_back();
  const std::size_t start = tail.rfind('\n');
  const json last =
      json::parse(start == std::string::npos ? tail : tail.substr(start + 1), nullptr, false);
  return last.is_object() && last.contains("head") ? last.at("head") : json(nullptr);
}

/// Writes one file and gives up what it holds. False: something changed, nothing was given up.
bool archive_file(const ArchiveParts& parts, const std::vector<std::string>& streams,
                  ArchiveRun& run) {
  ArchiveWriter writer(parts.folder, parts.key, parts.clock.now());
  for (const std::string& stream : streams) writer.add(parts.store, stream);
  const std::string file = writer.finish();
  bool given_up = false;
  parts.runner.with_store(
      [&](storage::Store& store) {
        given_up = store.archive(writer.streams(), mark_text(file, writer.digest()));
      },
      streams);
  if (!given_up) {
    log(LogLevel::info, "an archive was not used: a stream changed", {{"file", file}});
    fs::remove(parts.folder + "/" + file);
    return false;
  }
  run.files.push_back(file);
  run.streams += static_cast<std::int64_t>(writer.streams().size());
  run.events += writer.events();
  return true;
}

}  // namespace

std::optional<ArchiveMark> archive_mark(const storage::EventRecord& last) {
  if (!storage::archived(last) || last.body.empty()) return std::nullopt;
  const json mark = json::parse(last.body, nullptr, false);
  if (!mark.is_object()) return std::nullopt;
  return ArchiveMark{mark.value("file", ""), mark.value("archived", "")};
}

std::optional<ArchiveMark> find_archived(storage::Store& store, const std::string& stream) {
  storage::EventQuery query;
  query.stream = stream;
  query.descending = true;
  query.limit = 1;
  const storage::EventPage page = store.read_events(query);
  return page.events.empty() ? std::nullopt : archive_mark(page.events.front());
}

Error archived_error(const std::string& stream, const ArchiveMark& mark) {
  return {ErrorCode::not_found,
          stream + " was archived; its history is in " + mark.file + ".",
          "Look into that file in the archive folder of the server; `factory-api audit verify "
          "--file` checks it.",
          {},
          {{"archive_file", mark.file}, {"archive_digest", mark.digest}}};
}

std::vector<ArchiveFile> list_archives(const std::string& folder) {
  std::vector<ArchiveFile> files;
  std::error_code none;  // no folder: nothing was archived
  for (const auto& entry : fs::directory_iterator(folder, none)) {
    if (entry.path().extension() != ".jsonl") continue;
    const json head = read_head(entry.path().string());
    if (!head.is_object()) continue;
    files.push_back({entry.path().filename().string(), head.value("digest", ""),
                     head.value("events", std::int64_t{0}),
                     static_cast<std::int64_t>(entry.file_size()),
                     parse_time(head.value("at", "")).value_or(Time{})});
  }
  std::sort(files.begin(), files.end(),
            [](const ArchiveFile& a, const ArchiveFile& b) { return a.file < b.file; });
  return files;
}

ArchiveRun archive_groups(const ArchiveParts& parts, const NextGroup& next, std::int64_t most) {
  if (const Status made = ensure_private_dir(parts.folder); !made) {
    throw storage::StoreFailure(made.error().detail);
  }
  ArchiveRun run;
  bool at_end = false;
  while (!at_end && run.groups < most) {
    std::vector<std::string> streams;
    std::int64_t groups = 0;
    while (groups < groups_in_a_file && run.groups + groups < most) {
      const std::vector<std::string> group = next();
      at_end = group.empty();
      if (at_end) break;
      streams.insert(streams.end(), group.begin(), group.end());
      ++groups;
    }
    if (groups > 0 && archive_file(parts, streams, run)) run.groups += groups;
  }
  run.more = !at_end;
  return run;
}

}  // namespace factory::engine
