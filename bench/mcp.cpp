#include <nlohmann/json.hpp>

#include "bench/one_gate.hpp"
#include "bench/parts.hpp"
#include "bench/process.hpp"

namespace factory::bench {

namespace {

using nlohmann::json;

const json meta{{"io.modelcontextprotocol/protocolVersion", "2026-07-28"},
                {"io.modelcontextprotocol/clientCapabilities", json::object()}};

std::string request(int id, const std::string& method, json params = json::object()) {
  params["_meta"] = meta;
  return json{{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", std::move(params)}}
      .dump();
}

void check(const std::string& line) {
  const json reply = json::parse(line);
  if (!reply.contains("result") || reply["result"].value("isError", false)) {
    throw std::runtime_error("factory-mcp answered: " + line.substr(0, 400));
  }
}

double start_to_first_list() {
  const auto from = Clock::now();
  Process mcp({program("factory-mcp"), "--no-autostart"});
  mcp.write_line(request(1, "tools/list"));
  check(mcp.read_line());
  return milliseconds_since(from);
}

}  // namespace

void mcp(Report& report, const Scale& scale) {
  report.heading("factory-mcp");
  std::vector<double> starts;
  for (int i = 0; i < (scale.quick ? 20 : 100); ++i) starts.push_back(start_to_first_list());
  report.figure("process start to the first tools/list, p50", percentile(starts, 0.5), "ms", "10");

  const Folder folder;
  write_one_gate_template(folder.path());
  const Server server(folder.path());
  ::setenv("FACTORY_URL", server.url().c_str(), 1);
  ::setenv("FACTORY_TOKEN", server.token().c_str(), 1);
  Process mcp({program("factory-mcp")});
  HttpConnection http(server.url(), server.token());
  std::vector<double> bare;
  std::vector<double> calls;
  const json arguments{{"name", "factory_get_blockers"}, {"arguments", json::object()}};
  for (int i = 1; i <= (scale.quick ? 500 : 3000); ++i) {
    auto from = Clock::now();
    if (http.get("/v1/blockers").status != 200) throw std::runtime_error("blockers");
    bare.push_back(milliseconds_since(from));
    from = Clock::now();
    mcp.write_line(request(i, "tools/call", arguments));
    check(mcp.read_line());
    calls.push_back(milliseconds_since(from));
  }
  const double bare_median = percentile(bare, 0.5);
  report.figure("bare HTTP call, p50", bare_median, "ms");
  report.figure("the same through factory-mcp, p50", percentile(calls, 0.5), "ms", "bare + 0.2");
  report.figure("overhead, p50", percentile(calls, 0.5) - bare_median, "ms", "0.2");
  report.figure("memory of factory-mcp", mcp.resident_mib(), "MiB", "15");
}

}  // namespace factory::bench
