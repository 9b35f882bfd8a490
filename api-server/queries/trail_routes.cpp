#include "queries/trail_routes.hpp"

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "engine/trail_export.hpp"
#include "queries/moment.hpp"

namespace factory::queries {
namespace {

using http::Answer;
using http::Request;
using nlohmann::json;

constexpr std::int64_t most_archived = 1000;

/// The trail as it is pulled.
class TrailBody final : public http::BodySource {
 public:
  TrailBody(storage::Store& store, const SigningKey& key, Time now, engine::TrailRange range)
      : trail_(store, key, now, range) {}

  std::size_t read(char* target, std::size_t size) override {
    if (at_ == piece_.size()) {
      piece_ = trail_.next();
      at_ = 0;
    }
    const std::size_t count = std::min(size, piece_.size() - at_);
    std::memcpy(target, piece_.data() + at_, count);
    at_ += count;
    return count;
  }
  [[nodiscard]] std::optional<std::uint64_t> length() const override { return std::nullopt; }

 private:
  engine::TrailExport trail_;
  std::string piece_;
  std::size_t at_ = 0;
};

Result<Answer> export_audit(const Services& services, const SigningKey& key,
                            const Request& request) {
  engine::TrailRange range;
  const json& query = request.query;
  if (auto read = read_moment(query, "since", range.since); !read) return read.error();
  if (auto read = read_moment(query, "until", range.until); !read) return read.error();
  range.after = query.value("after", std::int64_t{0});
  if (query.contains("through")) range.through = query["through"].get<std::int64_t>();
  Answer answer;
  answer.content_type = "application/x-ndjson";
  answer.headers.emplace_back("Content-Disposition", "attachment; filename=\"audit.jsonl\"");
  answer.stream = std::make_shared<TrailBody>(services.store, key, services.clock.now(), range);
  return answer;
}

json entry_of(const storage::Access& access) {
  json entry{{"timestamp", format_time(access.at)},
             {"actor", {{"type", access.actor_type}, {"id", access.actor}}},
             {"channel", access.channel},
             {"tool", access.tool.empty() ? json(nullptr) : json(access.tool)},
             {"operation", access.operation},
             {"target", access.target},
             {"request_id", access.request_id},
             {"status", access.status},
             {"outcome", access.outcome},
             {"metadata", json::object()}};
  json& metadata = entry["metadata"];
  if (!access.key_id.empty()) metadata["key_id"] = access.key_id;
  if (!access.address.empty()) metadata["ip"] = access.address;
  if (!access.user_agent.empty()) metadata["user_agent"] = access.user_agent;
  return entry;
}

Result<Answer> list_access(storage::AccessLog& trail, const Request& request) {
  const json& wanted = request.query;
  storage::AccessQuery query;
  query.actor = wanted.value("actor", "");
  query.channel = wanted.value("channel", "");
  query.tool = wanted.value("tool", "");
  query.operation = wanted.value("operation", "");
  query.request_id = wanted.value("request_id", "");
  query.outcome = wanted.value("outcome", "");
  query.cursor = wanted.value("cursor", "");
  query.limit = wanted.value("limit", 20);
  if (auto read = read_moment(wanted, "since", query.since); !read) return read.error();
  if (auto read = read_moment(wanted, "until", query.until); !read) return read.error();
  storage::AccessPage page;
  try {
    page = trail.read(query);
  } catch (const std::invalid_argument& wrong) {
    return bad_parameter("cursor", wrong.what());
  }
  json entries = json::array();
  for (const storage::Access& access : page.entries) entries.push_back(entry_of(access));
  Answer answer;
  json document{{"entries", std::move(entries)}, {"next_cursor", nullptr}};
  if (!page.next_cursor.empty()) document["next_cursor"] = page.next_cursor;
  if (const std::uint64_t dropped = trail.dropped(); dropped > 0) document["dropped"] = dropped;
  answer.body = document.dump();
  answer.next_cursor = std::move(page.next_cursor);
  return answer;
}

Result<Answer> run_archive(const TrailParts& parts, const Request& request) {
  const auto days = request.body.at("older_than_days").get<std::int64_t>();
  const engine::ArchiveRun run = parts.archive(Millis{days * 86'400'000}, most_archived);
  Answer answer;
  answer.body = json{
      {"pipelines", run.groups},
      {"streams", run.streams},
      {"events", run.events},
      {"files", run.files},
      {"more",
       run.more}}.dump();
  return answer;
}

Result<Answer> list_archives(const std::string& folder, const Request& request) {
  std::vector<engine::ArchiveFile> files = engine::list_archives(folder);
  std::reverse(files.begin(), files.end());
  const std::string cursor = request.query.value("cursor", "");
  if (!cursor.empty()) {
    std::erase_if(files, [&](const auto& file) { return file.file >= cursor; });
  }
  const auto limit = request.query.value("limit", std::size_t{20});
  const bool more = files.size() > limit;
  if (more) files.resize(limit);
  json list = json::array();
  for (const engine::ArchiveFile& file : files) {
    list.push_back({{"file", file.file},
                    {"digest", file.digest},
                    {"events", file.events},
                    {"bytes", file.bytes},
                    {"at", format_time(file.at)}});
  }
  Answer answer;
  if (more) answer.next_cursor = files.back().file;
  answer.body = json{{"archives", std::move(list)},
                     {"next_cursor", more ? json(answer.next_cursor) : json(nullptr)}}
                    .dump();
  return answer;
}

}  // namespace

void bind_trail_routes(http::Handlers& handlers, const Services& services,
                       const TrailParts& parts) {
  handlers.bind("audit.export", [&services, &key = parts.key](const Request& request) {
    return export_audit(services, key, request);
  });
  handlers.bind("audit.access", [&trail = parts.access](const Request& request) {
    return list_access(trail, request);
  });
  handlers.bind("archive.run", [parts](const Request& request) -> Result<Answer> {
    return run_archive(parts, request);
  });
  handlers.bind("archive.list", [folder = parts.archive_folder](const Request& request) {
    return list_archives(folder, request);
  });
}

}  // namespace factory::queries
