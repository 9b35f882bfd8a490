#pragma once

#include <string>
#include <string_view>

#include "bench/http_load.hpp"

namespace factory::bench {

/// Puts a template with one gate into a data folder that no server has used yet.
void write_one_gate_template(const std::string& data);

/// Each throws std::runtime_error with the answer if it is not the expected one.
std::string create_pipeline(HttpConnection& http, const std::string& name);
std::string waiting_approval(HttpConnection& http, const std::string& pipeline);
/// Of the document of a pipeline.
std::string waiting_approval(std::string_view pipeline);

void approve(HttpConnection& http, const std::string& approval);

}  // namespace factory::bench
