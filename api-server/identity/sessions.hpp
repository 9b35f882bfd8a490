#pragma once

#include <string>

#include "http/handlers.hpp"
#include "http/services.hpp"

namespace factory::identity {

/// Ends the open sessions of the user with this stream, but for `kept`, and says why. They open
/// nothing any more already, by what was done to the user: this makes it plain in their documents.
void end_sessions(const Services& services, const http::Request& request,
                  const std::string& user_id, const std::string& kept, const std::string& reason);

}  // namespace factory::identity
