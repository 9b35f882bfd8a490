#pragma once

#include <functional>
#include <string>

#include "bench/report.hpp"

namespace factory::bench {

/// A server that knows the routes of a pipeline with one gate.
struct CycleTarget {
  std::string url;
  std::string token;
  std::function<double()> cpu_us;  ///< its processor time so far; empty: not asked
};

/// Has so many clients go through gate cycles (create, read, approve, read) for so long, and
/// reports the rate and how long an approval takes. With `budgets` the design's are put beside the
/// figures. Throws std::runtime_error if an answer is not what it should be.
void run_cycles(Report& report, const CycleTarget& target, int clients, double seconds,
                bool budgets);

}  // namespace factory::bench
