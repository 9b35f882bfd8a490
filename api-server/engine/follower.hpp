#pragma once

#include "storage/search_index.hpp"
#include "storage/store.hpp"

namespace factory::engine {

/// Brings the search index up to the log: reads the next events, and puts the documents of the
/// streams they changed. Returns true if there is more to read. One thread at a time.
bool follow_log(storage::Store& store, storage::SearchIndex& search);

}  // namespace factory::engine
