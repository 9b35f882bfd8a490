#include "storage/sqlite/search_cursor.hpp"

#include <charconv>
#include <stdexcept>
#include <string_view>

#include "common/digest.hpp"
#include "common/text.hpp"

namespace factory::storage {

namespace {

std::string shape_of(const SearchQuestion& question) {
  std::string shape;
  const auto add = [&](const std::string& part) {
    shape += std::to_string(part.size()) + ":" + part;
  };
  add(question.words);
  add(listed(question.kinds));
  add(listed(question.statuses));
  add(question.pipeline);
  add(question.since ? format_time(*question.since) : "");
  add(question.until ? format_time(*question.until) : "");
  add(std::to_string(question.limit));
  return to_hex(sha256(shape)).substr(0, 8);
}

}  // namespace

std::string listed(const std::vector<std::string>& words) {
  return words.empty() ? "" : "," + join(words, ",", words.size()) + ",";
}

std::string encode_search_cursor(const SearchPlace& place, const SearchQuestion& question) {
  return std::to_string(place.top) + "." + std::to_string(place.offset) + "." + shape_of(question);
}

SearchPlace decode_search_cursor(const SearchQuestion& question) {
  SearchPlace place;
  const char* at = question.cursor.data();
  const char* const end = at + question.cursor.size();
  for (std::int64_t* number : {&place.top, &place.offset}) {
    const auto [after, error] = std::from_chars(at, end, *number);
    if (error != std::errc{} || after == end || *after != '.' || *number < 0) {
      throw std::invalid_argument("the cursor is damaged");
    }
    at = after + 1;
  }
  if (std::string_view(at, static_cast<std::size_t>(end - at)) != shape_of(question)) {
    throw std::invalid_argument("the cursor is of another search");
  }
  return place;
}

}  // namespace factory::storage
