#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "common/result.hpp"

namespace factory::http {

struct TlsOptions {
  std::string certificate;  ///< PEM file: the server's own first, then its chain
  std::string key;          ///< PEM file, not readable for others
  bool allow_1_2 = false;   ///< TLS 1.3 alone otherwise
};

/// TLS on one accepted socket. Never waits and never raises a signal; used by one thread at a time.
class TlsSession {
 public:
  enum class Step {
    done,
    want_read,   ///< again once something has come in
    want_write,  ///< again once something can be sent
    end,         ///< closed, broken, or against the protocol: of no use any more
    plain_http,  ///< a handshake that was no TLS but an HTTP request
  };
  struct Moved {
    Step step;
    std::size_t bytes;  ///< with `done`: how many, never 0
  };

  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  Step handshake();
  [[nodiscard]] bool established() const;
  /// With room for 16 KiB nothing that came in stays behind unseen by poll(2).
  Moved read(char* target, std::size_t size);
  /// Call it again with the same bytes after want_read or want_write.
  Moved write(std::string_view bytes);
  /// Tells the peer that nothing more comes (RFC 8446 section 6.1), if that can go out at once.
  void finish_writing();

 private:
  friend class TlsContext;
  struct Impl;
  explicit TlsSession(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// The server's certificate and what it agrees to: TLS 1.3 (1.2 if it is allowed, then only with
/// forward secrecy and authenticated ciphers), no renegotiation, no compression, no early data.
/// Thread-safe.
class TlsContext {
 public:
  /// `invalid_request` in words for the user: a file that cannot be read, a key that does not
  /// belong to the certificate or that others can read.
  static Result<std::shared_ptr<TlsContext>> open(const TlsOptions& options);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  /// A session on a non-blocking socket, which must outlive it.
  std::unique_ptr<TlsSession> session(int socket);

  /// Reads the files again if they have changed since they were last tried; `always`: in any case.
  /// New connections get the new certificate. One that is not sound is logged as an error, and the
  /// old one stays. True if a new one was taken.
  bool refresh(bool always = false);

  /// When the certificate ends, in seconds since 1970.
  [[nodiscard]] std::int64_t expires_at() const;

 private:
  struct Loaded;
  explicit TlsContext(TlsOptions options);
  [[nodiscard]] Result<std::shared_ptr<const Loaded>> load() const;
  [[nodiscard]] std::string stamp() const;

  const TlsOptions options_;
  mutable std::mutex mutex_;
  std::string stamp_;  ///< of the files when they were last tried
  std::shared_ptr<const Loaded> loaded_;
};

}  // namespace factory::http
