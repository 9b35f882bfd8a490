#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>

#include "bench/parts.hpp"

int main(int argc, char** argv) {
  using namespace factory::bench;
  CLI::App app{"af-bench: measures and compares with the budgets"};
  std::string json;
  std::string only;
  Scale scale;
  app.add_option("--json", json, "also write the figures to this file");
  app.add_option("--only", only, "one part")
      ->check(CLI::IsMember(
          {"cycles", "peers", "decisions", "queue", "storm", "search", "mcp", "audit"}));
  app.add_option("--events", scale.events, "how many events the audit part has");
  app.add_flag("--quick", scale.quick, "shorter and smaller");
  CLI11_PARSE(app, argc, argv);
  try {
    Report report;
    if (only.empty() || only == "cycles") gate_cycles(report, scale);
    if (only.empty() || only == "peers") peers(report, scale);
    if (only.empty() || only == "decisions") decisions(report, scale);
    if (only.empty() || only == "mcp") mcp(report, scale);
    if (only.empty() || only == "queue") queue(report, scale);
    if (only.empty() || only == "storm") storm(report, scale);
    if (only.empty() || only == "search") search(report, scale);
    if (only.empty() || only == "audit") audit(report, scale);
    if (!json.empty()) std::ofstream(json) << report.json();
  } catch (const std::exception& error) {
    std::cerr << "af-bench: " << error.what() << "\n";
    return 1;
  }
  return 0;
}
