#include "tests/http/tls_client.hpp"

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "common/deleter.hpp"

namespace factory::test {
namespace {

http::Fd connected(const std::string& url) {
  http::Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1))));
  const timeval patience{10, 0};
  setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw std::system_error(errno, std::generic_category(), "connect");
  }
  return socket;
}

}  // namespace

struct TlsClient::Impl {
  http::Fd socket;
  std::unique_ptr<SSL_CTX, Deleter<SSL_CTX_free>> context{SSL_CTX_new(TLS_client_method())};
  std::unique_ptr<SSL, Deleter<SSL_free>> ssl;
  std::string input;

  bool fill() {
    std::array<char, 16384> bytes{};
    std::size_t count = 0;
    if (SSL_read_ex(ssl.get(), bytes.data(), bytes.size(), &count) != 1) return false;
    input.append(bytes.data(), count);
    return true;
  }
};

TlsClient::TlsClient(const std::string& url, int version) : impl_(std::make_unique<Impl>()) {
  impl_->socket = connected(url);
  SSL_CTX* const context = impl_->context.get();
  SSL_CTX_set_security_level(context, 0);  // so that it would speak what is out of date
  SSL_CTX_set_min_proto_version(context, version);
  SSL_CTX_set_max_proto_version(context, version);
  impl_->ssl.reset(SSL_new(context));
  SSL_set_fd(impl_->ssl.get(), impl_->socket.get());
  if (SSL_connect(impl_->ssl.get()) != 1) throw std::runtime_error("the server does not agree");
}

TlsClient::~TlsClient() = default;
TlsClient::TlsClient(TlsClient&&) noexcept = default;

void TlsClient::send(std::string_view bytes) {
  std::size_t count = 0;
  if (SSL_write_ex(impl_->ssl.get(), bytes.data(), bytes.size(), &count) != 1) {
    throw std::runtime_error("the server ended the connection");
  }
}

RawAnswer TlsClient::read() {
  std::string& input = impl_->input;
  std::size_t end = 0;
  while ((end = input.find("\r\n\r\n")) == std::string::npos) {
    if (!impl_->fill()) throw std::runtime_error("the connection ended in a head: " + input);
  }
  RawAnswer answer = read_head(std::string_view(input).substr(0, end + 2));
  input.erase(0, end + 4);
  const std::size_t length = std::stoul("0" + answer.header("content-length"));
  while (input.size() < length) {
    if (!impl_->fill()) throw std::runtime_error("the connection ended in a body");
  }
  answer.body = input.substr(0, length);
  input.erase(0, length);
  return answer;
}

bool TlsClient::closed_cleanly() {
  while (impl_->fill()) {
  }
  return (SSL_get_shutdown(impl_->ssl.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
}

std::int64_t TlsClient::serial() const {
  const std::unique_ptr<X509, Deleter<X509_free>> certificate{
      SSL_get1_peer_certificate(impl_->ssl.get())};
  std::int64_t number = 0;
  if (!certificate ||
      ASN1_INTEGER_get_int64(&number, X509_get0_serialNumber(certificate.get())) != 1) {
    throw std::runtime_error("the server showed no certificate");
  }
  return number;
}

std::string TlsClient::protocol() const { return SSL_get_version(impl_->ssl.get()); }

}  // namespace factory::test
