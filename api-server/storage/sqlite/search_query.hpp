#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "storage/search_index.hpp"
#include "storage/sqlite/connection.hpp"

namespace factory::storage {

/// Words that the index gets beside those of the document: one that all documents of a kind have,
/// and one that all of the same ten thousand numbers have.
std::string kind_word(const std::string& kind);
std::string era_word(std::int64_t number);

/// As SearchIndex::search, on a reader's connection.
std::vector<SearchHit> run_search(Connection& connection, const std::string& words,
                                  const std::vector<std::string>& kinds, int limit);

}  // namespace factory::storage
