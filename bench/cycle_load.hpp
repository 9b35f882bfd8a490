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

/// Has 1, 8 and 32 clients go through gate cycles (create, read, approve, read), each number of
/// them for so long, and reports the rates and how long an approval takes. With `budgets` the
/// design's are put beside the figures. Throws std::runtime_error if an answer is not what it
/// should be.
void run_cycles(Report& report, const CycleTarget& target, double seconds, bool budgets);

}  // namespace factory::bench
