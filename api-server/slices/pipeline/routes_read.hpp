#pragma once

#include "http/services.hpp"

/// The reading operations of schemas/routes/pipeline.json.
namespace factory::pipeline {

Result<http::Answer> list(const Services& services, const http::Request& request);
Result<http::Answer> get(const Services& services, const http::Request& request);
Result<http::Answer> stages(const Services& services, const http::Request& request);
Result<http::Answer> test_results(const Services& services, const http::Request& request);

/// "41 tests passed, 1 failed, 2 were skipped; coverage 80 %", of a test summary's document.
std::string tests_in_words(const nlohmann::json& tests);

}  // namespace factory::pipeline
