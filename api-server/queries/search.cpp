#include "queries/search.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "queries/words.hpp"

namespace factory::queries {

using nlohmann::json;

std::string public_type(const std::string& kind) { return kind == "gate" ? "approval" : kind; }

std::string kind_of_type(const std::string& type) { return type == "approval" ? "gate" : type; }

json search(const Services& services, const std::string& words,
            const std::vector<std::string>& types, int limit) {
  std::vector<std::string> kinds;
  for (const std::string& type : types) kinds.push_back(kind_of_type(type));
  // Read before the search, so that the answer never claims more than it has seen.
  const std::int64_t through = services.search.position();
  json results = json::array();
  for (const storage::SearchHit& hit : services.search.search(words, kinds, limit)) {
    // What was archived is in the index still, but there is nothing to show of it.
    if (!services.store.get_view(hit.id)) continue;
    results.push_back({{"id", hit.id},
                       {"type", public_type(hit.kind)},
                       {"title", hit.title},
                       {"snippet", hit.snippet}});
  }
  const std::int64_t behind = std::max<std::int64_t>(services.store.last_position() - through, 0);
  std::string summary = results.empty()
                            ? "Nothing holds all of these words."
                            : count_words(static_cast<std::int64_t>(results.size()), "result") +
                                  (static_cast<int>(results.size()) >= limit
                                       ? "; there may be more: add a word or raise `limit`."
                                       : ".");
  if (behind > 0) {
    summary += " The newest " + count_words(behind, "event") +
               " are not in the index yet: search again in a moment for what has just happened.";
  }
  return {{"results", std::move(results)},
          {"indexed_through", through},
          {"behind", behind},
          {"summary", std::move(summary)}};
}

}  // namespace factory::queries
