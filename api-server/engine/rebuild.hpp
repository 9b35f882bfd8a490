#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/slice.hpp"
#include "storage/store.hpp"

namespace factory::engine {

struct RebuildReport {
  std::int64_t streams = 0;
  std::vector<std::string> differences;  ///< of --check: stream and what differs; at most 100
};

/// Folds every stream of the log anew and compares the result with the views that stand.
RebuildReport check_views(storage::Store& store,
                          const std::vector<std::shared_ptr<const Slice>>& slices);

/// Folds every stream anew and puts the result in place of the views. Needs the store alone.
RebuildReport rebuild_views(storage::Store& store,
                            const std::vector<std::shared_ptr<const Slice>>& slices);

/// True if a view was written by another version of its slice's view code.
bool views_outdated(storage::Store& store, const std::vector<std::shared_ptr<const Slice>>& slices);

}  // namespace factory::engine
