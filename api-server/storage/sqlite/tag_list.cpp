#include "storage/sqlite/tag_list.hpp"

#include <algorithm>
#include <charconv>

namespace factory::storage {

namespace {

struct TagView {
  std::string_view key, value;
  std::int64_t rank = 0, at = 0;
};

[[noreturn]] void damaged() { throw StoreFailure("a stored list of tags is damaged"); }

/// A number that ends with `end`; both are taken off the text.
std::int64_t take_number(std::string_view& text, char end) {
  std::int64_t number = 0;
  const auto [after, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const auto length = static_cast<std::size_t>(after - text.data());
  if (error != std::errc{} || length >= text.size() || *after != end) damaged();
  text.remove_prefix(length + 1);
  return number;
}

std::string_view take_bytes(std::string_view& text) {
  const std::int64_t length = take_number(text, ':');
  if (length < 0 || static_cast<std::size_t>(length) > text.size()) damaged();
  const std::string_view bytes = text.substr(0, static_cast<std::size_t>(length));
  text.remove_prefix(bytes.size());
  return bytes;
}

TagView take_tag(std::string_view& text) {
  TagView tag;
  tag.key = take_bytes(text);
  tag.value = take_bytes(text);
  tag.rank = take_number(text, ',');
  tag.at = take_number(text, ';');
  return tag;
}

Tag owned(const TagView& tag) {
  return {std::string(tag.key), std::string(tag.value), tag.rank, tag.at};
}

}  // namespace

std::string encode_tags(const std::vector<Tag>& tags) {
  std::string text;
  text.reserve(tags.size() * 80);
  for (const Tag& tag : tags) {
    text.append(std::to_string(tag.key.size())).append(1, ':').append(tag.key);
    text.append(std::to_string(tag.value.size())).append(1, ':').append(tag.value);
    text.append(std::to_string(tag.rank)).append(1, ',');
    text.append(std::to_string(tag.at)).append(1, ';');
  }
  return text;
}

std::vector<Tag> decode_tags(std::string_view text) {
  std::vector<Tag> tags;
  while (!text.empty()) tags.push_back(owned(take_tag(text)));
  return tags;
}

std::optional<Tag> find_tag(std::string_view text, const std::string& key,
                            const std::string& value) {
  while (!text.empty()) {
    const TagView tag = take_tag(text);
    if (tag.key == key && tag.value == value) return owned(tag);
  }
  return std::nullopt;
}

std::optional<Tag> find_tag(const std::vector<Tag>& tags, const std::string& key,
                            const std::string& value) {
  const auto found = std::find_if(tags.begin(), tags.end(), [&](const Tag& tag) {
    return tag.key == key && tag.value == value;
  });
  return found == tags.end() ? std::nullopt : std::optional(*found);
}

}  // namespace factory::storage
