#pragma once

#include <string>

namespace factory::bench {

/// How many decisions' rows a second SQLite itself writes, one thread, one transaction and flush
/// for `batch` of them, with nothing decided: the events, documents, index entries and timers that
/// approvals left in `store`, written again into an empty store of the same tables in `folder`.
double raw_commits_per_second(const std::string& store, const std::string& folder, int batch,
                              int decisions);

}  // namespace factory::bench
