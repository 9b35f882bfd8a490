#pragma once

#include <string>

#include "common/result.hpp"
#include "http/handlers.hpp"
#include "http/services.hpp"

/// Reports as they are read.
namespace factory::report {

/// The document of a report (view.cpp), with its text as `report_data` if `full`.
std::string shown(storage::Blobs& blobs, const std::string& document, bool full);

/// A bare array of documents, the newest submission first. A page ends early where the texts come
/// to more than some MiB; where more follows, `Link: rel="next"` says.
Result<http::Answer> list(const Services& services, const http::Request& request);
Result<http::Answer> get(const Services& services, const http::Request& request);
/// The text as an HTML page (markdown.hpp).
Result<http::Answer> html(const Services& services, const http::Request& request);

}  // namespace factory::report
