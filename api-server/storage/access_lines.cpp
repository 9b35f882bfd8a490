#include "storage/access_lines.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "common/json_writer.hpp"

namespace factory::storage {
namespace {

using nlohmann::json;

constexpr std::int64_t block = 256 * 1024;
constexpr std::int64_t most_read = 4 * 1024 * 1024;
constexpr std::size_t day_length = 10;

/// A place in the trail: all before `end` of this file has not been looked at.
struct Place {
  std::string file;
  std::int64_t end = 0;
};

[[noreturn]] void refuse() { throw std::invalid_argument("the cursor is damaged"); }

Place place_of(const std::string& cursor) {
  const std::size_t slash = cursor.find('~');
  if (slash == std::string::npos) refuse();
  Place place{cursor.substr(0, slash), 0};
  const char* const last = cursor.data() + cursor.size();
  const auto [end, error] = std::from_chars(cursor.data() + slash + 1, last, place.end);
  if (error != std::errc{} || end != last || place.end < 0) refuse();
  return place;
}

std::string text(const json& line, const char* name) {
  const auto found = line.find(name);
  return found != line.end() && found->is_string() ? found->get<std::string>() : "";
}

bool fits(const Access& access, const AccessQuery& query) {
  const auto same = [](const std::string& wanted, const std::string& is) {
    return wanted.empty() || wanted == is;
  };
  return same(query.actor, access.actor) && same(query.channel, access.channel) &&
         same(query.tool, access.tool) && same(query.operation, access.operation) &&
         same(query.request_id, access.request_id) && same(query.outcome, access.outcome) &&
         (!query.since || access.at >= *query.since) && (!query.until || access.at <= *query.until);
}

/// Reads the trail backwards, line by line.
class Backwards {
 public:
  Backwards(const std::string& folder, const AccessQuery& query)
      : folder_(folder), query_(query), files_(access_segments(folder)) {
    if (query.until) {
      const std::string last = format_time(*query.until).substr(0, day_length);
      std::erase_if(files_,
                    [&](const std::string& name) { return name.substr(0, day_length) > last; });
    }
    if (query.since) {
      const std::string first = format_time(*query.since).substr(0, day_length);
      std::erase_if(files_,
                    [&](const std::string& name) { return name.substr(0, day_length) < first; });
    }
    if (query.cursor.empty()) return;
    const Place from = place_of(query.cursor);
    std::erase_if(files_, [&](const std::string& name) { return name > from.file; });
    if (!files_.empty() && files_.back() == from.file) end_ = from.end;
  }

  AccessPage read() {
    std::int64_t looked_at = 0;
    while (!files_.empty()) {
      if (looked_at >= most_read) return stop();
      std::ifstream in(folder_ + "/" + files_.back(), std::ios::binary | std::ios::ate);
      const std::int64_t size = in ? static_cast<std::int64_t>(in.tellg()) : 0;
      end_ = end_ < 0 ? size : std::min(end_, size);
      if (end_ == 0) {
        files_.pop_back();
        end_ = -1;
        continue;
      }
      const std::int64_t begin = std::max<std::int64_t>(end_ - block, 0);
      std::string bytes(static_cast<std::size_t>(end_ - begin), '\0');
      in.seekg(begin);
      in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
      looked_at += end_ - begin;
      if (!take(bytes, begin)) return stop();
    }
    return std::move(page_);
  }

 private:
  AccessPage stop() {
    page_.next_cursor = files_.back() + "~" + std::to_string(end_);
    return std::move(page_);
  }

  /// Takes the whole lines of these bytes from the last on; false once the page is full.
  bool take(std::string_view bytes, std::int64_t begin) {
    while (!bytes.empty()) {
      const std::size_t newline = bytes.find_last_of('\n', bytes.size() - 2);
      const bool cut = newline == std::string_view::npos || bytes.size() < 2;
      // A line that is longer than a block is none of ours: it is passed over with the block.
      if (cut && begin > 0 && static_cast<std::int64_t>(bytes.size()) < block) break;
      const std::size_t start = cut ? 0 : newline + 1;
      const auto access = read_access_line(bytes.substr(start));
      if (access && fits(*access, query_)) {
        if (page_.entries.size() >= static_cast<std::size_t>(std::max(query_.limit, 1))) {
          return false;
        }
        page_.entries.push_back(*access);
      }
      bytes = bytes.substr(0, start);
      end_ = begin + static_cast<std::int64_t>(start);
    }
    return true;
  }

  const std::string& folder_;
  const AccessQuery& query_;
  std::vector<std::string> files_;
  std::int64_t end_ = -1;  ///< in the last file; -1: its size
  AccessPage page_;
};

}  // namespace

std::string access_line(const Access& access) {
  JsonWriter line;
  line.begin_object().put("at", access.at).put("type", access.actor_type);
  line.put("actor", access.actor).put_some("key_id", access.key_id);
  line.put("channel", access.channel).put_some("tool", access.tool);
  line.put("operation", access.operation).put("target", access.target);
  line.put("request_id", access.request_id).put_some("address", access.address);
  line.put_some("user_agent", access.user_agent).put("status", access.status);
  line.put("outcome", access.outcome);
  return line.end_object().take() + "\n";
}

std::optional<Access> read_access_line(std::string_view line) {
  const json parsed = json::parse(line, nullptr, false);
  if (!parsed.is_object()) return std::nullopt;
  const auto at = parse_time(text(parsed, "at"));
  if (!at) return std::nullopt;
  Access access;
  access.at = *at;
  access.actor_type = text(parsed, "type");
  access.actor = text(parsed, "actor");
  access.key_id = text(parsed, "key_id");
  access.channel = text(parsed, "channel");
  access.tool = text(parsed, "tool");
  access.operation = text(parsed, "operation");
  access.target = text(parsed, "target");
  access.request_id = text(parsed, "request_id");
  access.address = text(parsed, "address");
  access.user_agent = text(parsed, "user_agent");
  const auto status = parsed.find("status");
  if (status != parsed.end() && status->is_number_integer()) access.status = status->get<int>();
  access.outcome = text(parsed, "outcome");
  return access;
}

std::vector<std::string> access_segments(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code none;  // no folder, no files
  for (const auto& entry : std::filesystem::directory_iterator(folder, none)) {
    const std::string name = entry.path().filename().string();
    if (name.size() > day_length && name.ends_with(".jsonl")) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

AccessPage read_access(const std::string& folder, const AccessQuery& query) {
  return Backwards(folder, query).read();
}

}  // namespace factory::storage
