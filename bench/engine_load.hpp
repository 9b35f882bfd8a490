#pragma once

#include <string>

namespace factory::bench {

/// What the engine remembers of the gates before they are approved.
enum class Memory {
  warm,  ///< it opened them a moment ago
  cold,  ///< nothing: it was started anew, as it would be after days
};

/// How many approvals a second `callers` threads get from the engine and its store in this process,
/// each waiting for the durable answer before the next, until the last row is in the tables: what
/// an approval costs without HTTP. `data`: an empty folder. Throws std::runtime_error if one is
/// refused.
double engine_approvals_per_second(const std::string& data, int callers, int approvals,
                                   Memory memory);

}  // namespace factory::bench
