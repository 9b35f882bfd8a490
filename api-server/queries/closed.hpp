#pragma once

#include <deque>
#include <string>
#include <vector>

#include "storage/store.hpp"

namespace factory::queries {

/// Pipelines that nobody will do anything with any more: completed or archived, untouched since
/// `before`, each with its gates, tasks and comments, of which none is open. The oldest first.
class ClosedPipelines {
 public:
  ClosedPipelines(storage::Store& store, Time before);

  /// The streams of the next one; none at the end.
  std::vector<std::string> next();

 private:
  /// The streams that carry this tag of the pipeline; false if one is open or was changed lately.
  bool add(const std::string& tag, const std::string& pipeline, std::vector<std::string>& streams);
  bool read_more();

  storage::Store& store_;
  Time before_;
  storage::ViewQuery query_;
  std::deque<storage::ViewRow> rows_;
  bool at_end_ = false;
};

/// Notifications that were kept long enough: read or dismissed before one moment, or made before
/// another and never read. The work is bounded by how many there are of them.
class OldNotifications {
 public:
  OldNotifications(storage::Store& store, Time settled_before, Time open_before);

  /// The streams of the next few; none at the end.
  std::vector<std::string> next();

 private:
  struct Source {
    storage::ViewQuery query;
    Time before;
  };

  storage::Store& store_;
  std::deque<Source> sources_;
};

}  // namespace factory::queries
