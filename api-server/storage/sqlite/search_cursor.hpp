#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "storage/search_index.hpp"

namespace factory::storage {

/// Where a page begins among what was ranked. What has a higher number than `top` came after the
/// first page.
struct SearchPlace {
  std::int64_t top = 0;
  std::int64_t offset = 0;
};

/// In a form that clients give back unread, with a fingerprint of the question.
std::string encode_search_cursor(const SearchPlace& place, const SearchQuestion& question);

/// Throws std::invalid_argument if it is damaged or of another question.
SearchPlace decode_search_cursor(const SearchQuestion& question);

/// ",a,b,": what SQL looks for ",a," in; empty if there is nothing to look for.
std::string listed(const std::vector<std::string>& words);

}  // namespace factory::storage
