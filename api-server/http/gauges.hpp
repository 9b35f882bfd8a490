#pragma once

#include <string>

#include "http/metrics.hpp"
#include "http/services.hpp"

namespace factory::http {

/// Reads what a scrape asks of the house. `data` is the data folder. Bounded work: it costs the
/// same however much is stored. Throws storage::StoreFailure.
Gauges read_gauges(const Services& services, const std::string& data);

/// Answers /metrics. All must outlive the handler.
Handler metrics_handler(const Services& services, const Metrics& metrics, std::string data);

}  // namespace factory::http
