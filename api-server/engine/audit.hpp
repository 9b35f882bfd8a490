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
  std::vector<std::string> problems;  ///< empty: the trail is sound; at most 100
  [[nodiscard]] bool sound() const { return problems.empty(); }
};

/// Signs a checkpoint over what came since the last one; false if nothing came. `write` runs its
/// argument where the store may be written.
using StoreWriter = std::function<void(const std::function<void(storage::Store&)>&)>;
bool seal_log(storage::Store& store, const SigningKey& key, Time now, const StoreWriter& write);

/// Checks positions, the chain of every stream and every seal of the store.
AuditReport verify_store(storage::Store& store, const std::string& public_hex);

/// Writes the trail as JSON lines: {"position","hash","event"} for each event in order, and
/// {"seal":{"position","digest","signature","at","public_key"}} behind the last event it covers.
/// The last line is a seal over the whole, so that a cut-off end shows. Writes nothing to the
/// store.
void export_trail(storage::Store& store, const SigningKey& key, Time now, std::ostream& out);

/// Checks an exported trail, its end included: events behind the last seal are reported as
/// unsealed, a missing end as a problem. `public_hex`: the key that must have signed; nullopt
/// takes the one that the file names (then only consistency is shown, not origin).
AuditReport verify_trail(std::istream& in, const std::optional<std::string>& public_hex);

}  // namespace factory::engine
