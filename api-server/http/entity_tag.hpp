#pragma once

#include <string_view>

namespace factory::http {

/// True if the entity tag (with its quotes) is listed in If-None-Match, compared weakly (RFC 9110
/// section 13.1.2).
bool lists_tag(std::string_view field, std::string_view tag);

}  // namespace factory::http
