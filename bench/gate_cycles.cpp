#include "bench/cycle_load.hpp"
#include "bench/one_gate.hpp"
#include "bench/parts.hpp"
#include "bench/process.hpp"

namespace factory::bench {

void gate_cycles(Report& report, const Scale& scale) {
  report.heading("Gate cycles: create, read, approve, read over HTTP, everything flushed");
  const Folder folder;
  write_one_gate_template(folder.path());
  const Server server(folder.path());
  report.figure("memory at rest", server.resident_mib(), "MiB", "30");
  const CycleTarget target{server.url(), server.token(), [&] { return server.cpu_us(); },
                           "/healthz"};
  run_cycles(report, target, scale.seconds(), true);
  report.figure("memory under load", server.resident_mib(), "MiB");
}

}  // namespace factory::bench
