#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace factory::mcp {

/// Reads back what a URI template of level 1 (RFC 6570: `{name}` only) was expanded with. The
/// values come percent-decoded. Nothing if the URI is none of the template's, or if a value is
/// empty, "." or "..", or holds a slash, a control character or broken UTF-8: no value may reach
/// another place than the one it stands at.
std::optional<std::map<std::string, std::string>> match_uri(std::string_view uri_template,
                                                            std::string_view uri);

/// True if the value may stand as one segment of a path (see match_uri).
bool is_path_segment(std::string_view value);

/// Undoes percent-encoding; nothing if a % is not followed by two hex digits.
std::optional<std::string> percent_decode(std::string_view text);

/// Percent-encodes all but the unreserved characters of RFC 3986.
std::string percent_encode(std::string_view text);

}  // namespace factory::mcp
