#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "common/mcp/render.hpp"

namespace factory::mcp {
namespace {

using nlohmann::json;

/// Room for the member "_cut" itself.
constexpr std::size_t notice_room = 1'000;
/// Strings are left at least this much, and end with the ellipsis that shows the cut.
constexpr std::size_t shortest_string = 200;
constexpr const char* ellipsis = "\u2026";
constexpr int most_rounds = 64;
/// More places than this are not named one by one in the notice.
constexpr std::size_t most_places = 6;

/// What one place held before it was cut.
struct Place {
  std::string pointer;
  std::size_t had = 0;
  bool list = true;
};

struct Candidate {
  json::json_pointer where;
  std::size_t bytes = 0;
};

std::size_t dump_size(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace).size();
}

std::size_t cost(const json& document) {
  const std::size_t plain = dump_size(document);
  return std::max(plain, render(document).size());
}

/// The largest list (or string) that can still lose something. Lists nearer to the root win over
/// those inside of them, as they are larger.
void find_largest(const json& value, const json::json_pointer& at, bool lists, Candidate& best) {
  if (value.is_string() && !lists) {
    const std::size_t bytes = value.get_ref<const std::string&>().size();
    if (bytes > shortest_string + 8 && bytes > best.bytes) best = {at, bytes};
  }
  if (value.is_array() && lists && value.size() > 1) {
    const std::size_t bytes = dump_size(value);
    if (bytes > best.bytes) best = {at, bytes};
  }
  if (value.is_object()) {
    for (const auto& [name, member] : value.items()) find_largest(member, at / name, lists, best);
  } else if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i) find_largest(value[i], at / i, lists, best);
  }
}

void shorten_list(json& list, std::size_t bytes, std::size_t excess) {
  const std::size_t per_item = std::max<std::size_t>(1, bytes / list.size());
  const std::size_t drop = std::clamp<std::size_t>(excess / per_item + 1, 1, list.size() - 1);
  list.erase(list.end() - static_cast<json::difference_type>(drop), list.end());
}

void shorten_string(json& value, std::size_t excess) {
  auto& text = value.get_ref<std::string&>();
  std::size_t keep =
      text.size() > excess + shortest_string ? text.size() - excess : shortest_string;
  while (keep > 0 && (static_cast<unsigned char>(text[keep]) & 0xC0U) == 0x80U) --keep;
  text.resize(keep);
  text += ellipsis;
}

void remember(std::vector<Place>& places, const std::string& pointer, std::size_t had, bool list) {
  const auto known = std::ranges::find(places, pointer, &Place::pointer);
  if (known == places.end()) places.push_back({pointer, had, list});
}

/// One step nearer to the budget; false if nothing is left to cut.
bool cut_once(json& document, std::size_t excess, std::vector<Place>& places) {
  for (const bool lists : {true, false}) {
    Candidate best;
    find_largest(document, json::json_pointer(), lists, best);
    if (best.bytes == 0) continue;
    json& place = document[best.where];
    const std::size_t had = lists ? place.size() : place.get_ref<const std::string&>().size();
    remember(places, best.where.to_string(), had, lists);
    if (lists) {
      shorten_list(place, best.bytes, excess);
    } else {
      shorten_string(place, excess);
    }
    return true;
  }
  return false;
}

/// A list right at the root: what `limit` and `cursor` page through.
bool is_page(const Place& place) {
  return place.list && place.pointer.find('/', 1) == std::string::npos;
}

std::string advice(const std::vector<Place>& places, const json& document) {
  const auto list = std::ranges::find_if(places, is_page);
  if (list == places.end()) {
    return "What is named here was shortened to keep this answer small. Ask for the one thing "
           "by its id to see more of it.";
  }
  const json::json_pointer pointer(list->pointer);
  const std::size_t shown = document.contains(pointer) ? document[pointer].size() : 0;
  return "Not everything is shown, to keep this answer small. Ask for less at once, with limit=" +
         std::to_string(std::max<std::size_t>(1, shown)) +
         " or a narrower filter; a next_cursor in that answer leads on to the rest.";
}

json notice(const std::vector<Place>& places, const json& document) {
  json listed = json::array();
  for (const Place& place : places) {
    const json::json_pointer pointer(place.pointer);
    if (!document.contains(pointer) || listed.size() == most_places) continue;
    const json& now = document[pointer];
    const std::size_t left = place.list ? now.size() : now.get_ref<const std::string&>().size();
    listed.push_back({{"at", place.pointer},
                      {place.list ? "items_shown" : "bytes_shown", left},
                      {"of", place.had}});
  }
  return {{"notice", advice(places, document)}, {"places", std::move(listed)}};
}

}  // namespace

Cut fit(json& document, std::size_t budget) {
  std::size_t size = cost(document);
  if (size <= budget) return {};
  const std::size_t goal = budget > 2 * notice_room ? budget - notice_room : budget / 2;
  std::vector<Place> places;
  for (int round = 0; size > goal && round < most_rounds; ++round) {
    if (!cut_once(document, size - goal, places)) break;
    size = cost(document);
  }
  Cut cut{!places.empty(), 0};
  if (!document.is_object()) return cut;
  if (const auto page = std::ranges::find_if(places, is_page); page != places.end()) {
    cut.page_items = document[json::json_pointer(page->pointer)].size();
    if (document.contains("next_cursor")) document["next_cursor"] = nullptr;
  }
  document["_cut"] = notice(places, document);
  return cut;
}

}  // namespace factory::mcp
