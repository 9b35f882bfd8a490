#include <csignal>
#include <filesystem>
#include <optional>

#include "mcp-stdio/bridge.hpp"
#include "tests/e2e/program.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/certificate.hpp"
#include "tests/support/temp_dir.hpp"

/// The program with a certificate of its own, and those who call it.
namespace factory::test {
namespace {

using nlohmann::json;
using std::chrono::steady_clock;

/// The status of /healthz, or the reason why there is no answer.
std::string health(const std::string& url, const std::string& ca_file) {
  HttpRequest request;
  request.url = url + "/healthz";
  request.ca_file = ca_file;
  HttpClient client;  // a new one, so that no old connection is used
  const auto answer = client.send(request);
  return answer ? std::to_string(answer->status) : answer.error().data.at("reason");
}

mcp::BackendAnswer blockers(const std::string& data, const std::string& ca_file) {
  mcp::BackendSettings settings;
  settings.data_folder = data;
  settings.ca_file = ca_file;
  const auto catalog = Catalog::embedded(CatalogExtent::client);
  mcp::Bridge bridge(catalog, settings, false);
  return bridge.call(catalog->tool("factory_get_blockers")->http, json::object(), {});
}

}  // namespace

TEST_CASE("tls: the program serves https, and its own tools reach it", "[tls]") {
  const TempDir folder;
  const CertificateFiles files = make_certificate(folder.path(), "server", 1);
  const std::string data = (folder / "data").string();
  Program program({"serve", "--listen", "127.0.0.1:0", "--data", data},
                  {{"FACTORY_TLS_CERT", files.certificate}, {"FACTORY_TLS_KEY", files.key}});
  const std::string url = program.ready_url();
  CHECK(url.starts_with("https://127.0.0.1:"));
  CHECK(health(url, files.certificate) == "200");
  CHECK(health(url, "") == "certificate");

  const Environment trusting{{"FACTORY_CA_FILE", files.certificate}};
  const Ran made =
      run_program({"key", "create", "--name", "ada", "--role", "viewer", "--data", data}, trusting);
  INFO(made.err);
  CHECK(made.code == 0);
  const Ran distrusting = run_program({"key", "list", "--data", data});
  CHECK(distrusting.code == 1);
  CHECK_THAT(distrusting.err, contains("FACTORY_CA_FILE"));
  CHECK_FALSE(blockers(data, files.certificate).failed);
  const mcp::BackendAnswer refused = blockers(data, "");
  CHECK(refused.failed);
  CHECK_THAT(refused.document.dump(), contains("FACTORY_CA_FILE"));

  // A new pair and SIGHUP: who comes next gets the new one.
  const CertificateFiles next = make_certificate(folder.path(), "next", 2);
  std::filesystem::copy(next.certificate, files.certificate,
                        std::filesystem::copy_options::overwrite_existing);
  std::filesystem::copy(next.key, files.key, std::filesystem::copy_options::overwrite_existing);
  program.signal(SIGHUP);
  const auto deadline = steady_clock::now() + patience;
  while (health(url, next.certificate) != "200" && steady_clock::now() < deadline) {
  }
  CHECK(health(url, next.certificate) == "200");
  program.signal(SIGTERM);
  CHECK(program.wait() == 0);
}

TEST_CASE("tls: what cannot be is told before anything is served", "[tls]") {
  const TempDir folder;
  const CertificateFiles files = make_certificate(folder.path(), "server");
  const std::string data = (folder / "data").string();
  struct Row {
    std::vector<std::string> flags;
    int code;
    const char* says;
  };
  const std::vector<Row> rows{
      {{"--tls-cert", files.certificate}, 2, "belong together"},
      {{"--tls-cert", files.certificate, "--tls-key", files.certificate}, 1, "read by everybody"},
      {{"--tls-cert", files.key, "--tls-key", files.key}, 1, "cannot be used"},
      {{"--tls-cert", files.certificate, "--tls-key", files.key, "--tls-min", "1.1"}, 2, "tls-min"},
      {{"--cors-origin", "*"}, 2, "cors-origin"},
      {{"--trusted-proxy", "proxy.example"}, 2, "trusted-proxy"},
      {{"--rate-limit", "-1"}, 2, "rate-limit"},
  };
  for (const Row& row : rows) {
    std::vector<std::string> words{"serve", "--listen", "127.0.0.1:0", "--data", data};
    words.insert(words.end(), row.flags.begin(), row.flags.end());
    const Ran ran = run_program(words);
    INFO(ran.err);
    CHECK(ran.code == row.code);
    CHECK_THAT(ran.err, contains(row.says));
    CHECK(ran.out.empty());
  }
}

TEST_CASE("edge: limits and origins are set by flag, repeated, and by environment", "[edge]") {
  const TempDir folder;
  Program program({"serve", "--listen", "127.0.0.1:0", "--data", (folder / "data").string(),
                   "--cors-origin", "https://a.example", "--cors-origin", "https://b.example"},
                  {{"FACTORY_TRUSTED_PROXIES", "127.0.0.1"}, {"FACTORY_RATE_LIMIT", "2"}});
  const std::string url = program.ready_url();
  HttpClient client;
  const auto call = [&](const std::string& origin) {
    HttpRequest request;
    request.url = url + "/healthz";
    request.headers = {{"Origin", origin}, {"X-Forwarded-For", "203.0.113.7"}};
    return client.send(request).value();
  };
  const HttpResponse first = call("https://b.example");
  CHECK(first.headers.find("access-control-allow-origin")->second == "https://b.example");
  CHECK(first.headers.find("ratelimit-policy")->second == R"("default";q=2;w=60)");
  CHECK(call("https://c.example").headers.count("access-control-allow-origin") == 0);
  CHECK(call("https://a.example").status == 429);
  program.signal(SIGTERM);
  CHECK(program.wait() == 0);
}

}  // namespace factory::test
