#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>

#include "storage/store.hpp"

namespace factory::storage {

/// A place in a list of views. Without a driving tag rank and at are 0.
struct Place {
  std::int64_t rank = 0;
  std::int64_t at = 0;
  std::string id;
  friend auto operator<=>(const Place&, const Place&) = default;
};

/// The last place of a page in a form that clients give back unread. It also holds a fingerprint of
/// the query, so that it is not used for another one by mistake; the limit may change.
std::string encode_cursor(const Place& place, const ViewQuery& query);

/// nullopt for the empty cursor. Throws std::invalid_argument if it is damaged or of another query.
std::optional<Place> decode_cursor(const ViewQuery& query);

}  // namespace factory::storage
