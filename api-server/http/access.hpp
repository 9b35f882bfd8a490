#pragma once

#include <string_view>

#include "http/handlers.hpp"
#include "http/message.hpp"
#include "storage/access_log.hpp"

namespace factory::http {

/// Puts a request into the access trail, if it belongs there: a call of an MCP tool (the header
/// X-Factory-Tool says which) or of a route that is declared sensitive, by somebody who is known,
/// whether it was allowed or not. `outcome`: "ok" or the code of the error.
void note_access(storage::AccessLog& trail, const Head& head, const Request& request,
                 std::string_view path, int status, std::string_view outcome);

}  // namespace factory::http
