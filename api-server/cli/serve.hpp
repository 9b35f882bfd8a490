#pragma once

#include "cli/options.hpp"

namespace factory::cli {

/// Runs the server until SIGTERM, SIGINT or a storage failure. When ready, prints exactly one line
/// on stdout: {"event":"ready","url":"http://…"}. Exit code: 0 stopped as asked, 1 could not start
/// or the storage failed, 2 bad settings.
int run_serve(const Options& options);

}  // namespace factory::cli
