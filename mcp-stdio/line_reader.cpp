#include "mcp-stdio/line_reader.hpp"

#include <utility>

#include "common/memory.hpp"

namespace factory::mcp {
namespace {

/// A buffer that grew larger than this is given back after its line.
constexpr std::size_t kept_capacity = 256U * 1024U;

std::string_view trimmed(std::string_view line) {
  constexpr std::string_view blank = " \t\r";
  const std::size_t first = line.find_first_not_of(blank);
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(blank) - first + 1);
}

}  // namespace

LineReader::LineReader(std::size_t limit, Sink sink) : limit_(limit), sink_(std::move(sink)) {}

void LineReader::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    if (end == std::string_view::npos) {
      take(bytes);
      return;
    }
    take(bytes.substr(0, end));
    finish_line();
    bytes.remove_prefix(end + 1);
  }
}

void LineReader::end() { finish_line(); }

void LineReader::take(std::string_view part) {
  if (dropping_) return;
  const std::size_t room = limit_ - pending_.size();
  pending_.append(part.substr(0, room));
  if (part.size() <= room) return;
  dropping_ = true;
  sink_.oversized(pending_);
  free_memory(pending_);
}

void LineReader::finish_line() {
  if (!dropping_) {
    const std::string_view line = trimmed(pending_);
    if (!line.empty()) sink_.line(line);
  }
  dropping_ = false;
  if (pending_.capacity() > kept_capacity) {
    free_memory(pending_);
  } else {
    pending_.clear();
  }
}

}  // namespace factory::mcp
