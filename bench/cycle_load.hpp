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
  /// GET of it does nothing; empty: not asked. Four of them are what HTTP alone allows a cycle.
  std::string bare_path = {};
};

/// What a number of clients came to.
struct CycleFigures {
  double rate = 0;         ///< cycles per second
  double cpu_us = 0;       ///< of the server, for a cycle; 0: not asked
  double approve_p50 = 0;  ///< ms, from request to durable answer
  double approve_p99 = 0;
};
/// Has so many clients go through gate cycles for so long. Throws as below.
CycleFigures measure_cycles(const CycleTarget& target, int clients, double seconds);

/// Has 1, 8 and 32 clients go through gate cycles (create, read, approve, read), each number of
/// them for so long, and reports the rates and how long an approval takes. With `budgets` the
/// design's are put beside the figures. Throws std::runtime_error if an answer is not what it
/// should be.
void run_cycles(Report& report, const CycleTarget& target, double seconds, bool budgets);

}  // namespace factory::bench
