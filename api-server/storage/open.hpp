#pragma once

#include <memory>
#include <string>

#include "storage/blobs.hpp"
#include "storage/deliveries.hpp"
#include "storage/search_index.hpp"
#include "storage/store.hpp"

namespace factory::storage {

/// own: to write, as the only one; throws if another has it. look: to read what was committed
/// before it was opened, beside one who may write.
enum class Opening { own, look };

/// SQLite in `file` (made and migrated if need be; ":memory:" for tests). WAL, synchronous=FULL.
/// Throws StoreFailure if it cannot be opened or is of a newer version.
std::unique_ptr<Store> open_sqlite(const std::string& file, Opening opening = Opening::own);
std::unique_ptr<SearchIndex> open_sqlite_search(const std::string& file);
/// The queue of deliveries to webhooks. Throws as above.
std::unique_ptr<Deliveries> open_sqlite_deliveries(const std::string& file);
/// Blobs as files below `folder` (0700), by the first two hex digits. What a killed process left
/// half written is swept out, unless `leave_unfinished`: for a look while another process works.
std::unique_ptr<Blobs> open_file_blobs(const std::string& folder, bool leave_unfinished = false);

}  // namespace factory::storage
