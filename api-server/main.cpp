#include <iostream>

#include "cli/admin.hpp"
#include "cli/options.hpp"
#include "cli/serve.hpp"
#include "common/version.hpp"

/// What jemalloc is told, where it is linked in. There is one writer, and mostly few requests are
/// at work at once: more arenas would only take more memory. Freed pages go back after a second.
extern "C" {
extern const char* const malloc_conf;
const char* const malloc_conf = "narenas:2,dirty_decay_ms:1000,muzzy_decay_ms:0";
}

namespace {

int run(const factory::cli::Options& options) {
  using factory::cli::Action;
  switch (options.action) {
    case Action::serve: return run_serve(options);
    case Action::key_create:
    case Action::key_list:
    case Action::key_revoke:
    case Action::key_rotate:
    case Action::key_rotate_signing: return run_key(options);
    case Action::user_create:
    case Action::user_list:
    case Action::user_set_password: return run_user(options);
    case Action::audit_verify:
    case Action::audit_export: return run_audit(options);
    case Action::archive_run: return run_archive(options);
    case Action::rebuild: return run_rebuild(options);
    case Action::backup: return run_backup(options);
    case Action::gc: return run_gc(options);
    case Action::version: std::cout << factory::version() << "\n"; return 0;
    case Action::nothing: return 0;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  factory::cli::Options options;
  if (const auto code = factory::cli::parse_options(argc, argv, options)) return *code;
  try {
    return run(options);
  } catch (const std::exception& error) {
    std::cerr << "factory-api: " << error.what() << "\n";
    return 1;
  }
}
