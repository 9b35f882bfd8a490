#pragma once

#include <string>
#include <string_view>

#include "common/result.hpp"

namespace factory::asset {

/// What is wrong with a path of an asset, in words ("may not be absolute"); empty: nothing. A path
/// is relative, of 1 to 500 bytes of UTF-8, its parts are separated by single slashes, none of them
/// is "." or "..", and nothing in it is invisible or changes the direction of what is shown.
std::string wrong_path(std::string_view path);

/// The last part of what a client calls its file, without what a path may not hold; empty if
/// nothing is left.
std::string file_name_of(std::string_view given);

/// Content-Disposition of a download (RFC 6266): always an attachment, the name in ASCII and, if it
/// has others, once more in UTF-8 (RFC 8187).
std::string attachment(std::string_view name);

}  // namespace factory::asset
