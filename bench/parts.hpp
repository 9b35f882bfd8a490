#pragma once

#include "bench/report.hpp"

namespace factory::bench {

/// What the parts take: `quick` for a look, else long enough to rely on.
struct Scale {
  bool quick = false;
  [[nodiscard]] double seconds() const { return quick ? 2 : 6; }
  long events = 0;  ///< of the audit part; 0: a million, or a tenth of it
  [[nodiscard]] long audit_events() const {
    if (events > 0) return events;
    return quick ? 100'000 : 1'000'000;
  }
  [[nodiscard]] long most_queued() const { return quick ? 10'000 : 100'000; }
  [[nodiscard]] long documents() const { return quick ? 100'000 : 1'000'000; }
  [[nodiscard]] long most_tasks() const { return quick ? 100'000 : 1'000'000; }
};

/// create, read, approve, read over HTTP on a template with one gate, at 1, 8 and 32 clients.
void gate_cycles(Report& report, const Scale& scale);
/// The same cycles on servers that were written by hand on what people use (bench/peers).
void peers(Report& report, const Scale& scale);
/// Decisions over HTTP beside SQLite's raw group commit of the same rows, and the disk's flush.
void decisions(Report& report, const Scale& scale);
/// Blockers, a queue page and search over growing numbers of stored tasks.
void queue(Report& report, const Scale& scale);
/// Gate cycles alone, and while many notifications and deliveries are on their way out.
void storm(Report& report, const Scale& scale);
/// First pages of searches over many documents.
void search(Report& report, const Scale& scale);
/// The export of a long audit trail: rate and memory of the server; pages of it.
void audit(Report& report, const Scale& scale);
/// factory-mcp: start to the first tools/list, a call against the bare HTTP call, memory.
void mcp(Report& report, const Scale& scale);

}  // namespace factory::bench
