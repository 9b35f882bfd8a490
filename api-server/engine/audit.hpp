#pragma once

#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "common/digest.hpp"
#include "storage/store.hpp"

/// The event log as a trail that shows when it was tampered with.
namespace factory::engine {

/// What a look at a whole trail found.
struct AuditReport {
  std::int64_t events = 0;
  std::int64_t streams = 0;
  std::int64_t seals = 0;
  std::int64_t sealed_through = 0;    ///< position; what came after is chained but not yet sealed
  std::int64_t archived = 0;          ///< events of these whose body is in an archive
  std::int64_t archives = 0;          ///< files that were checked and hold some of these
  std::vector<std::string> problems;  ///< empty: the trail is sound; at most 100
  [[nodiscard]] bool sound() const { return problems.empty(); }
};

/// Signs a checkpoint over what came since the last one; false if nothing came. `write` runs its
/// argument where the store may be written.
using StoreWriter = std::function<void(const std::function<void(storage::Store&)>&)>;
bool seal_log(storage::Store& store, const SigningKey& key, Time now, const StoreWriter& write);

/// Checks positions, the chain of every stream and every seal of the store. Of events that were
/// archived the store has the hashes, which chain and seals go on over; that the archives in
/// `archive_folder` hold what these hashes are of is checked as well: each file's signature, every
/// event's hash, and that none is missing.
AuditReport verify_store(storage::Store& store, const std::string& public_hex,
                         const std::string& archive_folder = {});

/// Writes the whole trail as JSON lines (see TrailExport).
void export_trail(storage::Store& store, const SigningKey& key, Time now, std::ostream& out);

/// Checks an exported trail, a part of one or an archive, its signed end included, without which
/// something was cut off. `public_hex`: the key that must have signed; nullopt takes the one that
/// the file names (then only consistency is shown, not origin).
AuditReport verify_trail(std::istream& in, const std::optional<std::string>& public_hex);

}  // namespace factory::engine
