#pragma once

#include <string>
#include <string_view>

namespace factory::report {

/// The most bytes of a report's text.
inline constexpr std::size_t longest_report = 256 * 1024;

/// GitHub's Markdown (tables, strike-through, task lists) as HTML that is safe to look at, whatever
/// the text holds: raw HTML is left out, links lead to http, https, mailto and places of the page
/// only. What would take more than some milliseconds or nests too deeply, and any text longer than
/// `longest_report`, comes as plain text, escaped. Never fails, thread-safe.
std::string html_of(std::string_view markdown);

/// A whole page with that inside, for html_policy.
std::string html_page(std::string_view title, std::string_view markdown);

/// The Content-Security-Policy of such a page: its own style and nothing else, no scripts, nothing
/// fetched, in nobody's frame.
inline constexpr std::string_view html_policy =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; sandbox";

}  // namespace factory::report
