#include "http/tls.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "common/http_client.hpp"
#include "tests/http/rig.hpp"
#include "tests/http/tls_client.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/certificate.hpp"
#include "tests/support/temp_dir.hpp"

namespace factory::test {
namespace {

using std::chrono::milliseconds;

/// A server that speaks TLS with a certificate of its own.
struct Fixture {
  explicit Fixture(bool allow_1_2 = false, http::Limits limits = {}) {
    files = make_certificate(folder.path(), "server", 1);
    auto opened = http::TlsContext::open({files.certificate, files.key, allow_1_2});
    if (!opened) throw std::runtime_error(opened.error().detail);
    context = *opened;
    server = std::make_unique<http::Server>(rig.router(), limits, context);
    url = server->start("127.0.0.1", 0).value();
  }
  TempDir folder;
  CertificateFiles files;
  Rig rig;
  std::shared_ptr<http::TlsContext> context;
  std::unique_ptr<http::Server> server;
  std::string url;
};

Result<HttpResponse> get(const Fixture& https, const std::string& ca_file) {
  HttpRequest request;
  request.url = https.url + "/ping";
  request.ca_file = ca_file;
  HttpClient client;
  return client.send(request);
}

/// A file with another's content, and so another time and size.
void replace(const std::string& file, const std::string& by) { std::filesystem::rename(by, file); }

}  // namespace

TEST_CASE("https is spoken to whoever trusts the certificate") {
  const Fixture https;
  CHECK(https.url.starts_with("https://127.0.0.1:"));
  const auto answer = get(https, https.files.certificate);
  REQUIRE(answer.ok());
  CHECK(answer->status == 200);
  CHECK(answer->body == R"({"pong":true})");
  const auto distrusted = get(https, "");
  REQUIRE_FALSE(distrusted.ok());
  CHECK(distrusted.error().data.at("reason") == "certificate");
  CHECK_THAT(distrusted.error().hint, contains("FACTORY_CA_FILE"));
}

TEST_CASE("one connection serves many requests, large and pipelined ones too") {
  const Fixture https;
  TlsClient client(https.url);
  CHECK(client.protocol() == "TLSv1.3");
  const std::string fields = https.rig.as(Role::owner) + "Content-Type: application/json\r\n";
  const std::string big = R"({"name":"a","nested":{"x":")" + std::string(3'000'000, 'x') + "\"}}";
  const RawAnswer created = client.call(request("POST /v1/things", fields, big));
  CHECK(created.status == 201);
  CHECK(created.body.size() > big.size());
  client.send(request("GET /ping") + request("GET /ping") + request("GET /ping"));
  for (int i = 0; i < 3; ++i) CHECK(client.read().body == R"({"pong":true})");
  const std::string last = request("GET /ping", "Connection: close\r\n");
  for (const char c : last) client.send(std::string_view(&c, 1));
  CHECK(client.read().status == 200);
  CHECK(client.closed_cleanly());
}

TEST_CASE("TLS before 1.3 is spoken only where it is allowed, and before 1.2 never") {
  constexpr int tls_1_1 = 0x0302;
  constexpr int tls_1_2 = 0x0303;
  const Fixture strict;
  CHECK_THROWS(TlsClient(strict.url, tls_1_2));
  CHECK(TlsClient(strict.url).call(request("GET /ping")).status == 200);
  const Fixture lenient(true);
  TlsClient old(lenient.url, tls_1_2);
  CHECK(old.protocol() == "TLSv1.2");
  CHECK(old.call(request("GET /ping")).status == 200);
  CHECK(TlsClient(lenient.url).protocol() == "TLSv1.3");
  CHECK_THROWS(TlsClient(lenient.url, tls_1_1));
}

TEST_CASE("whoever speaks plain HTTP on the port of TLS is told so") {
  const Fixture https;
  RawClient plain(https.url);
  const RawAnswer answer = plain.call(request("GET /ping"));
  CHECK(answer.status == 400);
  CHECK_THAT(answer.body, contains("https://"));
  CHECK(plain.wait_closed());
  CHECK(https.rig.calls == 0);
  RawClient noise(https.url);
  noise.send(std::string(500, '\x16'));
  CHECK_THROWS_WITH(noise.read(), contains("ended"));  // behind an alert, perhaps
  CHECK(TlsClient(https.url).call(request("GET /ping")).status == 200);
}

TEST_CASE("a handshake that does not come is given up, and holds up nobody") {
  http::Limits limits;
  limits.head_time = milliseconds(150);
  limits.workers = 2;
  const Fixture https(false, limits);
  std::vector<RawClient> slow;
  for (int i = 0; i < 8; ++i) {
    slow.emplace_back(https.url);
    slow.back().send(std::string("\x16\x03\x01\x02\x00\x01", 6));  // the begin of a ClientHello
  }
  CHECK(TlsClient(https.url).call(request("GET /ping")).status == 200);
  const auto began = std::chrono::steady_clock::now();
  for (RawClient& client : slow) CHECK(client.wait_closed());
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(5));
}

TEST_CASE("a slow head over TLS is told that it took too long") {
  http::Limits limits;
  limits.head_time = milliseconds(150);
  const Fixture https(false, limits);
  TlsClient client(https.url);
  client.send("GET /ping HTTP/1.1\r\n");
  CHECK(client.read().status == 408);
  CHECK(client.closed_cleanly());
}

TEST_CASE("a new certificate is taken for new connections, and a bad one is not") {
  Fixture https;
  TlsClient before(https.url);
  CHECK(before.serial() == 1);
  CHECK_FALSE(https.context->refresh());
  const CertificateFiles next = make_certificate(https.folder.path(), "next", 2);
  replace(https.files.certificate, next.certificate);
  // Only half of the pair has come: the old one stays, and it is tried once only.
  CHECK_FALSE(https.context->refresh());
  CHECK_FALSE(https.context->refresh());
  CHECK(TlsClient(https.url).serial() == 1);
  replace(https.files.key, next.key);
  CHECK(https.context->refresh());
  CHECK(TlsClient(https.url).serial() == 2);
  CHECK(before.call(request("GET /ping")).status == 200);
  std::ofstream(https.files.certificate) << "no certificate\n";
  CHECK_FALSE(https.context->refresh(true));
  CHECK(TlsClient(https.url).serial() == 2);
}

TEST_CASE("a pair that cannot be used is told in words") {
  const TempDir folder;
  const CertificateFiles one = make_certificate(folder.path(), "one");
  const CertificateFiles two = make_certificate(folder.path(), "two");
  const auto complaint = [](const std::string& certificate, const std::string& key) {
    const auto opened = http::TlsContext::open({certificate, key, false});
    return opened ? std::string() : opened.error().detail;
  };
  CHECK(complaint(one.certificate, one.key).empty());
  CHECK_THAT(complaint(one.certificate, two.key), contains("cannot be used with the certificate"));
  CHECK_THAT(complaint(one.key, one.key), contains("certificate"));
  CHECK_THAT(complaint((folder / "none").string(), one.key), contains("cannot be used"));
  CHECK_THAT(complaint(one.certificate, (folder / "none").string()), contains("cannot be read"));
  ::chmod(one.key.c_str(), 0644);
  CHECK_THAT(complaint(one.certificate, one.key), contains("read by everybody"));
}

}  // namespace factory::test
