#pragma once

#include <functional>
#include <vector>

#include "storage/search_index.hpp"
#include "storage/store.hpp"

namespace factory::engine {

/// Changes what is made of a view, whose document comes first: puts the text of a file into it, or
/// adds further documents. Their ids begin with the view's, and may go on behind a '#'.
using Enrich = std::function<void(const storage::ViewRow& row,
                                  std::vector<storage::SearchDocument>& documents)>;

/// Brings the search index up to the log: reads the next events, and puts the documents of the
/// streams they changed. Returns true if there is more to read. One thread at a time.
bool follow_log(storage::Store& store, storage::SearchIndex& search, const Enrich& enrich = {},
                storage::Newest newest = storage::Newest::wanted);

}  // namespace factory::engine
