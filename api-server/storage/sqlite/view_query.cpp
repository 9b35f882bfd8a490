#include <algorithm>
#include <limits>
#include <map>

#include "storage/sqlite/cursor.hpp"
#include "storage/sqlite/sqlite_store.hpp"
#include "storage/sqlite/tag_list.hpp"

namespace factory::storage {

namespace {

/// How many rows one page looks at when filters skip them.
constexpr int kMostLookedAt = 2'000;
/// A further tag that so few views carry is a better start than the driving one.
constexpr int kFew = 500;

/// One page in the making. Places come in chunks from an index in the order of the list; each one's
/// row is fetched and checked against the filters that the index does not know.
class PageReader {
 public:
  PageReader(Connection& connection, const ViewQuery& query, const Pending* pending = nullptr)
      : connection_(connection),
        query_(query),
        pending_(pending),
        limit_(static_cast<std::size_t>(std::max(query.limit, 1))),
        after_(decode_cursor(query)) {}

  /// From the tables, and what is pending in place of it; nullopt if the tables have more than
  /// fits.
  std::optional<ViewPage> read_patched();

  ViewPage read() {
    if (!query_.also.empty() && read_from_few()) return std::move(page_);
    int looked_at = 0;
    while (true) {
      const std::vector<Place> places = query_.tag ? tagged() : of_kind();
      for (const Place& place : places) {
        if (page_.rows.size() >= limit_ || looked_at >= kMostLookedAt) {
          page_.next_cursor = encode_cursor(*after_, query_);
          return std::move(page_);
        }
        add_if_it_passes(place);
        after_ = place;
        ++looked_at;
      }
      if (places.size() <= limit_) return std::move(page_);
    }
  }

 private:
  /// The next places by the driving tag: one more than fit, if there are so many.
  std::vector<Place> tagged();
  /// The next places by id, merged from the statuses, each of which is in order in the index.
  std::vector<Place> of_kind();
  std::vector<std::string> statuses_of_kind();
  /// If some tag of `also` is rare: makes the page from all that carry it.
  bool read_from_few();
  std::optional<std::vector<std::string>> carriers_if_few(const Tag& tag);
  std::optional<Place> place_of(const std::string& id);
  /// The place that the driving tag gives the view; nullopt if that puts it nowhere in the list.
  [[nodiscard]] std::optional<Place> place_by(const std::optional<Tag>& tag,
                                              const std::string& id) const;
  void add_if_it_follows(const std::optional<Place>& place, std::vector<Place>& places) const;
  /// Makes the page from places in any order.
  void fill(std::vector<Place> places);
  void add_if_it_passes(const Place& place);

  [[nodiscard]] bool has_status(const std::string& status) const {
    const auto& statuses = query_.statuses;
    return statuses.empty() ||
           std::find(statuses.begin(), statuses.end(), status) != statuses.end();
  }
  [[nodiscard]] bool comes_before(const Place& a, const Place& b) const {
    return query_.descending ? b < a : a < b;
  }
  [[nodiscard]] int chunk() const { return static_cast<int>(limit_) + 1; }

  Connection& connection_;
  const ViewQuery& query_;
  const Pending* const pending_;
  std::map<std::string, ViewRow> patches_;  ///< pending rows that stand in place of the tables'
  const std::size_t limit_;
  std::optional<Place> after_;
  ViewPage page_;
};

void PageReader::add_if_it_passes(const Place& place) {
  if (const auto patch = patches_.find(place.id); patch != patches_.end()) {
    if (!has_status(patch->second.status)) return;
    ViewRow& row = page_.rows.emplace_back(std::move(patch->second));
    row.text.clear();
    row.tags.clear();
    return;
  }
  Query row = connection_.query(
      "SELECT id, kind, status, version, schema_version, updated_at, tags, doc FROM views "
      "WHERE id = ?");
  if (!row.with(place.id).step()) return;
  std::string status = row.text(2);
  if (!has_status(status)) return;
  if (!query_.also.empty()) {
    const std::string tags = row.text(6);
    for (const Tag& tag : query_.also) {
      if (!find_tag(tags, tag.key, tag.value)) return;
    }
  }
  ViewRow view;
  view.id = row.text(0);
  view.kind = row.text(1);
  view.status = std::move(status);
  view.version = row.integer(3);
  view.schema_version = row.integer(4);
  view.updated_at = row.time(5);
  view.doc = row.text(7);
  page_.rows.push_back(std::move(view));
}

std::optional<ViewPage> PageReader::read_patched() {
  std::vector<Place> places = tagged();
  if (places.size() > limit_) return std::nullopt;
  std::vector<std::string> ids = pending_->tagged(*query_.tag);
  for (const Place& place : places) ids.push_back(place.id);
  for (const std::string& id : ids) {
    if (auto row = pending_->view(id)) patches_.insert_or_assign(id, std::move(*row));
  }
  std::erase_if(places, [&](const Place& place) { return patches_.contains(place.id); });
  for (const auto& [id, row] : patches_) {
    add_if_it_follows(place_by(find_tag(row.tags, query_.tag->key, query_.tag->value), id), places);
  }
  fill(std::move(places));
  return std::move(page_);
}

std::vector<Place> PageReader::tagged() {
  const Tag& tag = *query_.tag;
  std::string sql = "SELECT rank, at, id FROM tags WHERE key = ?1 AND value = ?2 ";
  sql += query_.rank ? "AND rank = ?3 " : "AND ?3 = 0 ";
  if (!after_) {
    sql += "AND ?4 = 0 AND ?5 = 0 AND ?6 = '' ";
  } else if (query_.rank) {
    sql += query_.descending ? "AND (at, id) < (?5, ?6) AND ?4 = rank "
                             : "AND (at, id) > (?5, ?6) AND ?4 = rank ";
  } else {
    sql += query_.descending ? "AND (rank, at, id) < (?4, ?5, ?6) "
                             : "AND (rank, at, id) > (?4, ?5, ?6) ";
  }
  sql += query_.descending ? "ORDER BY rank DESC, at DESC, id DESC LIMIT ?7"
                           : "ORDER BY rank, at, id LIMIT ?7";
  const Place from = after_.value_or(Place{});
  Query rows = connection_.query(sql);
  rows.with(tag.key, tag.value, query_.rank.value_or(0), from.rank, from.at, from.id, chunk());
  std::vector<Place> places;
  while (rows.step()) places.push_back({rows.integer(0), rows.integer(1), rows.text(2)});
  return places;
}

std::vector<std::string> PageReader::statuses_of_kind() {
  if (!query_.statuses.empty()) return query_.statuses;
  std::vector<std::string> statuses;
  std::string last;
  while (true) {
    Query next = connection_.query(
        statuses.empty() ? "SELECT status FROM views WHERE kind = ?1 AND status >= ?2 "
                           "ORDER BY status LIMIT 1"
                         : "SELECT status FROM views WHERE kind = ?1 AND status > ?2 "
                           "ORDER BY status LIMIT 1");
    if (!next.with(query_.kind, last).step()) return statuses;
    last = next.text(0);
    statuses.push_back(last);
  }
}

std::vector<Place> PageReader::of_kind() {
  std::string sql = "SELECT id FROM views WHERE kind = ?1 AND status = ?2 ";
  if (!after_) {
    sql += "AND ?3 = '' ";
  } else {
    sql += query_.descending ? "AND id < ?3 " : "AND id > ?3 ";
  }
  sql += query_.descending ? "ORDER BY id DESC LIMIT ?4" : "ORDER BY id LIMIT ?4";
  const std::string from = after_ ? after_->id : "";
  std::vector<Place> places;
  for (const std::string& status : statuses_of_kind()) {
    Query rows = connection_.query(sql);
    rows.with(query_.kind, status, from, chunk());
    while (rows.step()) places.push_back({0, 0, rows.text(0)});
  }
  std::sort(places.begin(), places.end(),
            [this](const Place& a, const Place& b) { return comes_before(a, b); });
  places.erase(std::unique(places.begin(), places.end()), places.end());
  if (places.size() > limit_ + 1) places.resize(limit_ + 1);
  return places;
}

std::optional<std::vector<std::string>> PageReader::carriers_if_few(const Tag& tag) {
  std::vector<std::string> ids;
  Query rows = connection_.query("SELECT id FROM tags WHERE key = ? AND value = ? LIMIT ?");
  rows.with(tag.key, tag.value, kFew + 1);
  while (rows.step()) ids.push_back(rows.text(0));
  if (ids.size() > static_cast<std::size_t>(kFew)) return std::nullopt;
  return ids;
}

/// Where the view stands in the list; nullopt if it does not belong there.
std::optional<Place> PageReader::place_of(const std::string& id) {
  Query row = connection_.query("SELECT kind, tags FROM views WHERE id = ?");
  if (!row.with(id).step()) return std::nullopt;
  if (!query_.tag)
    return row.text(0) == query_.kind ? std::optional(Place{0, 0, id}) : std::nullopt;
  return place_by(find_tag(row.text(1), query_.tag->key, query_.tag->value), id);
}

std::optional<Place> PageReader::place_by(const std::optional<Tag>& tag,
                                          const std::string& id) const {
  if (!tag || (query_.rank && tag->rank != *query_.rank)) return std::nullopt;
  return Place{tag->rank, tag->at, id};
}

void PageReader::add_if_it_follows(const std::optional<Place>& place,
                                   std::vector<Place>& places) const {
  if (place && (!after_ || comes_before(*after_, *place))) places.push_back(*place);
}

void PageReader::fill(std::vector<Place> places) {
  std::sort(places.begin(), places.end(),
            [this](const Place& a, const Place& b) { return comes_before(a, b); });
  places.erase(std::unique(places.begin(), places.end()), places.end());
  for (const Place& place : places) {
    if (page_.rows.size() >= limit_) {
      page_.next_cursor = encode_cursor(*after_, query_);
      break;
    }
    add_if_it_passes(place);
    after_ = place;
  }
}

bool PageReader::read_from_few() {
  std::optional<std::vector<std::string>> carriers;
  for (const Tag& tag : query_.also) {
    carriers = carriers_if_few(tag);
    if (carriers) break;
  }
  if (!carriers) return false;
  std::vector<Place> places;
  for (const std::string& id : *carriers) add_if_it_follows(place_of(id), places);
  fill(std::move(places));
  return true;
}

}  // namespace

/// The page as the tables and what is pending make it together; nullopt if what is pending must be
/// moved for that: several filters, or so much that the tables gave too little.
std::optional<ViewPage> SqliteStore::patched(const ViewQuery& query) {
  if (!query.tag || !query.also.empty()) return std::nullopt;
  const std::int64_t drops = pending_.drops();
  auto page = reading_moved("query views", [&](Connection& connection) {
    const Snapshot snapshot(connection);
    return PageReader(connection, query, &pending_).read_patched();
  });
  return pending_.drops() == drops ? std::move(page) : std::nullopt;
}

ViewPage SqliteStore::query_views(const ViewQuery& query) {
  if (!pending_.empty()) {
    if (auto page = patched(query)) return std::move(*page);
  }
  return reading("query views", [&](Connection& connection) {
    const Snapshot snapshot(connection);
    return PageReader(connection, query).read();
  });
}

}  // namespace factory::storage
