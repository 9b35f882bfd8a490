#pragma once

#include "cli/options.hpp"

namespace factory::cli {

/// The commands about a data folder. Each prints its result to stdout, its errors to stderr, and
/// gives the exit code: 0 done, 1 refused or not sound.

/// Through the server that runs on the folder, if one does; else on the folder itself.
int run_key(const Options& options);
int run_user(const Options& options);
/// These read the store beside a running server.
int run_audit(const Options& options);
/// Through the server that runs on the folder, if one does.
int run_archive(const Options& options);
int run_backup(const Options& options);
/// --check reads; without it, no server may run on the folder.
int run_rebuild(const Options& options);
/// Without --dry-run, no server may run on the folder: it does the same by itself.
int run_gc(const Options& options);

/// --data, else FACTORY_DATA, else the default folder.
std::string data_folder(const Options& options);

}  // namespace factory::cli
