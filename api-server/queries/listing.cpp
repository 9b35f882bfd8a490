#include "queries/listing.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace factory::queries {
namespace {

using nlohmann::json;

constexpr int most_at_once = 100;
constexpr int most_pages = 10;

Error bad_cursor(const std::string& why) {
  return {
      ErrorCode::invalid_request,
      "The cursor is of no use here: " + why + ".",
      "Start without a cursor, or send `next_cursor` of the page before, with the same filters.",
      {{"query/cursor", why}},
      {}};
}

/// Fills `listed` up to `limit`, after `skip` documents.
void read(storage::Store& store, storage::ViewQuery& query, int skip, int limit,
          const std::function<bool(const json&)>& keep, Listed& listed) {
  const int most = most_pages + skip / most_at_once;
  for (int pages = 0; limit > 0 && pages < most; ++pages) {
    query.limit = std::min(most_at_once, skip + limit);
    storage::ViewPage page = store.query_views(query);
    for (const storage::ViewRow& row : page.rows) {
      json doc = json::parse(row.doc);
      if (keep && !keep(doc)) continue;
      if (skip > 0) {
        --skip;
        continue;
      }
      --limit;
      listed.docs.push_back(std::move(doc));
    }
    listed.next_cursor = query.cursor = page.next_cursor;
    // Where the store's own filters left a page short, it has looked at much already.
    const bool short_page = static_cast<int>(page.rows.size()) < query.limit;
    if (page.next_cursor.empty() || short_page) return;
  }
}

}  // namespace

Result<Listed> list(const Services& services, const http::Request& request,
                    storage::ViewQuery query, const std::function<bool(const json&)>& keep) {
  const int limit = request.query.value("limit", 20);
  const int page = request.query.value("page", 1);
  query.cursor = request.query.value("cursor", "");
  if (!query.cursor.empty() && page > 1) return bad_cursor("a page was named beside it");
  Listed listed;
  try {
    read(services.store, query, (page - 1) * limit, limit, keep, listed);
  } catch (const std::invalid_argument& wrong) {
    return bad_cursor(wrong.what());
  }
  return listed;
}

http::Answer list_answer(Listed listed, const std::string& name, std::string summary) {
  json document{{name, std::move(listed.docs)}, {"summary", std::move(summary)}};
  document["next_cursor"] = listed.next_cursor.empty() ? json(nullptr) : json(listed.next_cursor);
  http::Answer answer;
  answer.body = document.dump();
  answer.next_cursor = std::move(listed.next_cursor);
  return answer;
}

}  // namespace factory::queries
