#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>

#include "common/schema.hpp"
#include "common/text.hpp"

namespace factory {
namespace {

using nlohmann::json;

/// The text as this type; nullopt if it does not read as one.
std::optional<json> read_as(const json& schema, std::string_view type, std::string_view text);

template <class Number>
std::optional<json> read_number(std::string_view text) {
  Number number{};
  const char* const end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, number);
  if (text.empty() || failure != std::errc{} || stop != end) return std::nullopt;
  return json(number);
}

std::optional<json> read_any_number(std::string_view text) {
  if (auto whole = read_number<std::int64_t>(text)) return whole;
  if (auto whole = read_number<std::uint64_t>(text)) return whole;
  // Only what JSON calls a number: from_chars would take "inf" and "nan", too.
  if (text.find_first_not_of("0123456789+-.eE") != std::string_view::npos) return std::nullopt;
  return read_number<double>(text);
}

json read_list(const json& schema, std::string_view text) {
  json list = json::array();
  const auto items = schema.find("items");
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view item = text.substr(0, comma);
    list.push_back(items == schema.end() ? json(item) : coerce(*items, item));
    text.remove_prefix(comma);
    if (text.empty()) break;
    text.remove_prefix(1);
    if (text.empty()) list.push_back(items == schema.end() ? json("") : coerce(*items, ""));
  }
  return list;
}

std::optional<json> read_as(const json& schema, std::string_view type, std::string_view text) {
  if (type == "string") return json(text);
  if (type == "integer" || type == "number") return read_any_number(text);
  if (type == "boolean" && text == "true") return json(true);
  if (type == "boolean" && text == "false") return json(false);
  if (type == "null" && (text.empty() || text == "null")) return json(nullptr);
  if (type == "array") return read_list(schema, text);
  if (type == "object") {
    if (Result<json> parsed = parse_json(text); parsed.ok()) return std::move(parsed).value();
  }
  return std::nullopt;
}

/// The types of a schema, those first that take the fewest texts.
std::vector<std::string> types_of(const json& schema) {
  const auto found = schema.find("type");
  if (found == schema.end()) return {};
  if (found->is_string()) return {found->get<std::string>()};
  auto types = found->get<std::vector<std::string>>();
  std::stable_partition(types.begin(), types.end(),
                        [](const std::string& type) { return type != "string"; });
  return types;
}

/// The distance of Damerau and Levenshtein (optimal string alignment), which counts a swap of
/// two neighbours as one slip.
std::size_t distance(std::string_view a, std::string_view b) {
  constexpr std::size_t kMax = 64;
  if (a.size() > kMax || b.size() > kMax) return kMax;
  using Row = std::array<std::size_t, kMax + 1>;
  Row before{};
  Row last{};
  Row row{};
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    before = last;
    last = row;
  }
  return last[b.size()];
}

/// Lower case without separators, so that pipelineId and pipeline_id are the same word.
std::string plain(std::string_view word) {
  std::string text;
  for (const char c : word) {
    if (c == '_' || c == '-' || c == '.' || c == ' ') continue;
    text.push_back(ascii_lower(c));
  }
  return text;
}

}  // namespace

void fill_defaults(const json& schema, json& value) {
  if (!schema.is_object()) return;
  if (value.is_array() && schema.contains("items")) {
    for (json& item : value) fill_defaults(schema["items"], item);
  }
  const auto properties = schema.find("properties");
  if (!value.is_object() || properties == schema.end()) return;
  for (const auto& [name, property] : properties->items()) {
    const auto member = value.find(name);
    if (member != value.end()) {
      fill_defaults(property, *member);
    } else if (property.is_object() && property.contains("default")) {
      value[name] = property["default"];
    }
  }
}

json coerce(const json& schema, std::string_view text) {
  if (!schema.is_object()) return json(text);
  for (const std::string& type : types_of(schema)) {
    if (auto value = read_as(schema, type, text)) return *std::move(value);
  }
  if (const auto branches = schema.find("anyOf"); branches != schema.end()) {
    for (const json& branch : *branches) {
      if (json value = coerce(branch, text); validate(branch, value).empty()) return value;
    }
  }
  return json(text);
}

std::string nearest(std::string_view word, const std::vector<std::string>& known) {
  constexpr std::size_t kLongest = 64;
  if (word.empty() || word.size() > kLongest) return {};
  const std::string wanted = plain(word);
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(1, wanted.size() / 3) + 1;
  for (const std::string& candidate : known) {
    const std::string other = plain(candidate);
    const std::size_t slips = distance(wanted, other);
    // Words of one or two letters are all near each other; only the same letters count there.
    if (slips >= best_distance || slips >= std::max(wanted.size(), other.size())) continue;
    best_distance = slips;
    best = candidate;
  }
  return best;
}

}  // namespace factory
