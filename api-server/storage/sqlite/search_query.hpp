#pragma once

#include <cstdint>
#include <string>

#include "storage/search_index.hpp"
#include "storage/sqlite/connection.hpp"

namespace factory::storage {

/// How much of a text ranks are made from.
inline constexpr std::size_t kHeadBytes = 4096;
/// Documents that share an era word.
inline constexpr std::int64_t kEra = 10'000;

/// Words that the index gets beside those of the document: one that all documents of a kind have,
/// one that all of a pipeline have, and one that all of the same ten thousand numbers have.
std::string kind_word(const std::string& kind);
std::string pipeline_word(const std::string& pipeline);
std::string era_word(std::int64_t number);
inline std::int64_t era_of(std::int64_t number) { return number / kEra; }

/// As SearchIndex::search, on a reader's connection.
SearchAnswer run_search(Connection& connection, const SearchQuestion& question);

}  // namespace factory::storage
