#pragma once

#include <string>

namespace factory::bench {

/// How many approvals a second `callers` threads get from the engine and its store in this process,
/// each waiting for the durable answer before the next: what an approval costs without HTTP.
/// `data`: an empty folder. Throws std::runtime_error if one is refused.
double engine_approvals_per_second(const std::string& data, int callers, int approvals);

}  // namespace factory::bench
