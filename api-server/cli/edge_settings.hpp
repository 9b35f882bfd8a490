#pragma once

#include "app.hpp"
#include "common/config.hpp"

namespace factory::cli {

/// Puts what the settings say about limits, origins, proxies, TLS, logins and channels into the
/// options, whose data folder is set. An error in words for the user if a value cannot be.
Status read_edge(const Settings& settings, AppOptions& options);

}  // namespace factory::cli
