#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "tests/http/raw_client.hpp"

namespace factory::test {

/// A TLS client that trusts everybody and waits on its socket, at most 10 s for each step.
class TlsClient {
 public:
  /// `version`: 0x0304 (TLS 1.3), 0x0303 (1.2), …: the only one that it speaks. Throws
  /// std::runtime_error if the server does not agree.
  explicit TlsClient(const std::string& url, int version = 0x0304);
  ~TlsClient();
  TlsClient(TlsClient&&) noexcept;

  void send(std::string_view bytes);
  RawAnswer read();
  RawAnswer call(std::string_view bytes) {
    send(bytes);
    return read();
  }
  /// True if the server ended the connection as TLS wants it, with "nothing more comes".
  bool closed_cleanly();
  /// Of the certificate that the server showed.
  [[nodiscard]] std::int64_t serial() const;
  [[nodiscard]] std::string protocol() const;  ///< "TLSv1.3"

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace factory::test
