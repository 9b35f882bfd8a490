#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "storage/sqlite/connection.hpp"
#include "storage/sqlite/pending.hpp"

namespace factory::storage {

/// The number of the last batch that is in the tables.
std::int64_t moved_into_tables(Connection& connection);

/// Moves the batches, which follow each other, into the tables, within the caller's transaction.
/// What they say twice is written once, as the last one has it: a document that changes three
/// times, an index entry or a timer that comes and goes. Those that are in the tables are passed
/// over: another process may have moved them. Throws StoreFailure if one before them is missing.
void move_into_tables(Connection& connection,
                      std::span<const std::shared_ptr<const Batch>> batches);

/// Inserts a view, or replaces the one of that id. Not its tags in the index.
void upsert_view(Connection& connection, const ViewText& view);
void insert_tag(Connection& connection, const TagText& tag, std::string_view id);
void remove_tag(Connection& connection, const TagText& tag, std::string_view id);

}  // namespace factory::storage
