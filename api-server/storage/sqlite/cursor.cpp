#include "storage/sqlite/cursor.hpp"

#include <charconv>
#include <stdexcept>
#include <string_view>

#include "common/digest.hpp"

namespace factory::storage {

namespace {

/// Eight hex digits over all that decides which rows come in which order.
std::string fingerprint(const ViewQuery& query) {
  std::string shape;
  const auto add = [&shape](std::string_view part) {
    shape.append(std::to_string(part.size())).append(1, ':').append(part);
  };
  const auto add_tag = [&add](const Tag& tag) {
    add(tag.key);
    add(tag.value);
  };
  add(query.tag ? "tag" : query.kind);
  if (query.tag) add_tag(*query.tag);
  add(query.rank ? std::to_string(*query.rank) : "");
  add(query.descending ? "down" : "up");
  add(std::to_string(query.statuses.size()));
  for (const std::string& status : query.statuses) add(status);
  for (const Tag& tag : query.also) add_tag(tag);
  return to_hex(sha256(shape)).substr(0, 8);
}

[[noreturn]] void refuse(const char* why) {
  throw std::invalid_argument(std::string("the cursor ") + why);
}

std::int64_t take_number(std::string_view& text) {
  std::int64_t number = 0;
  const auto [after, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const auto length = static_cast<std::size_t>(after - text.data());
  if (error != std::errc{} || length >= text.size() || *after != '/') refuse("is damaged");
  text.remove_prefix(length + 1);
  return number;
}

}  // namespace

std::string encode_cursor(const Place& place, const ViewQuery& query) {
  return base64url(fingerprint(query) + "/" + std::to_string(place.rank) + "/" +
                   std::to_string(place.at) + "/" + place.id);
}

std::optional<Place> decode_cursor(const ViewQuery& query) {
  if (query.cursor.empty()) return std::nullopt;
  const std::optional<std::string> decoded = base64url_decode(query.cursor);
  const std::string expected = fingerprint(query);
  if (!decoded || decoded->size() <= expected.size() || (*decoded)[expected.size()] != '/') {
    refuse("is damaged");
  }
  std::string_view rest = *decoded;
  if (rest.substr(0, expected.size()) != expected) refuse("belongs to another query");
  rest.remove_prefix(expected.size() + 1);
  Place place;
  place.rank = take_number(rest);
  place.at = take_number(rest);
  place.id = rest;
  return place;
}

}  // namespace factory::storage
