#include "http/chunked.hpp"

#include <algorithm>
#include <charconv>

namespace factory::http {
namespace {

constexpr std::size_t kLongestLine = 1024;
constexpr std::size_t kMostTrailers = 8192;

}  // namespace

ChunkedBody::State ChunkedBody::feed(std::string_view bytes, std::size_t& used, std::string& body) {
  used = 0;
  while (used < bytes.size()) {
    if (part_ != Part::data) {
      const State state = take_line(bytes, used);
      if (state != State::more) return state;
      continue;
    }
    const auto length =
        static_cast<std::size_t>(std::min<std::uint64_t>(missing_, bytes.size() - used));
    body.append(bytes.substr(used, length));
    used += length;
    missing_ -= length;
    if (missing_ == 0) part_ = Part::data_end;
  }
  return State::more;
}

ChunkedBody::State ChunkedBody::take_line(std::string_view bytes, std::size_t& used) {
  const std::size_t newline = bytes.find('\n', used);
  const std::size_t end = std::min(newline, bytes.size());
  line_.append(bytes.substr(used, end - used));
  used = std::min(end + 1, bytes.size());
  if (line_.size() > kLongestLine) return State::malformed;
  if (newline == std::string_view::npos) return State::more;
  if (line_.empty() || line_.back() != '\r') return State::malformed;
  line_.pop_back();
  const State state = end_line();
  line_.clear();
  return state;
}

ChunkedBody::State ChunkedBody::end_line() {
  switch (part_) {
    case Part::size_line: return begin_chunk();
    case Part::data_end:
      part_ = Part::size_line;
      return line_.empty() ? State::more : State::malformed;
    case Part::trailer:
      trailer_bytes_ += line_.size();
      if (trailer_bytes_ > kMostTrailers) return State::malformed;
      return line_.empty() ? State::done : State::more;
    case Part::data: break;
  }
  return State::malformed;
}

ChunkedBody::State ChunkedBody::begin_chunk() {
  const char* const end = line_.data() + line_.size();
  const auto [stop, failure] = std::from_chars(line_.data(), end, missing_, 16);
  const bool extension = stop != end && (*stop == ';' || *stop == ' ' || *stop == '\t');
  if (failure == std::errc::result_out_of_range) return State::too_large;
  if (failure != std::errc{} || (stop != end && !extension)) return State::malformed;
  if (missing_ > limit_ - announced_) return State::too_large;
  announced_ += missing_;
  part_ = missing_ == 0 ? Part::trailer : Part::data;
  return State::more;
}

}  // namespace factory::http
