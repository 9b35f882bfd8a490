#include "http/tls.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <ctime>
#include <stdexcept>

#include "common/deleter.hpp"
#include "common/log.hpp"

namespace factory::http {
namespace {

using Context = std::unique_ptr<SSL_CTX, Deleter<SSL_CTX_free>>;
using Session = std::unique_ptr<SSL, Deleter<SSL_free>>;
using Method = std::unique_ptr<BIO_METHOD, Deleter<BIO_meth_free>>;

/// What AEAD with forward secrecy leaves of TLS 1.2 (RFC 9325 section 4.2).
constexpr const char* kCiphers12 = "ECDHE+AESGCM:ECDHE+CHACHA20";

// --- The socket as OpenSSL sees it: its own BIO would raise SIGPIPE. ----------------------------

int socket_of(BIO* bio) { return *static_cast<const int*>(BIO_get_data(bio)); }

bool is_temporary(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

int bio_write(BIO* bio, const char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t sent =
      ::send(socket_of(bio), bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0 && is_temporary(errno)) BIO_set_retry_write(bio);
  return static_cast<int>(sent);
}

int bio_read(BIO* bio, char* target, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t count =
      ::recv(socket_of(bio), target, static_cast<std::size_t>(size), MSG_DONTWAIT);
  if (count < 0 && is_temporary(errno)) BIO_set_retry_read(bio);
  return static_cast<int>(count);
}

long bio_control(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

const BIO_METHOD* socket_method() {
  static const Method method = [] {
    Method made{BIO_meth_new(BIO_TYPE_SOURCE_SINK | BIO_get_new_index(), "socket")};
    if (!made) throw std::bad_alloc();
    BIO_meth_set_write(made.get(), &bio_write);
    BIO_meth_set_read(made.get(), &bio_read);
    BIO_meth_set_ctrl(made.get(), &bio_control);
    return made;
  }();
  return method.get();
}

// --- Errors -------------------------------------------------------------------------------------

/// The reason that OpenSSL has queued; the queue is empty afterwards.
std::string reason() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* const text = ERR_reason_error_string(code);
  return text == nullptr ? "no reason given" : text;
}

Error refused(std::string detail, std::string hint) {
  return {ErrorCode::invalid_request, std::move(detail), std::move(hint), {}, {}};
}

TlsSession::Step step_of(SSL* ssl, int result) {
  switch (SSL_get_error(ssl, result)) {
    case SSL_ERROR_NONE: return TlsSession::Step::done;
    case SSL_ERROR_WANT_READ: return TlsSession::Step::want_read;
    case SSL_ERROR_WANT_WRITE: return TlsSession::Step::want_write;
    default: break;
  }
  const unsigned long code = ERR_peek_error();
  ERR_clear_error();
  const bool http = ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) == SSL_R_HTTP_REQUEST;
  return http ? TlsSession::Step::plain_http : TlsSession::Step::end;
}

/// Whoever negotiates a protocol gets HTTP/1.1, or none (RFC 7301).
int choose_protocol(SSL* /*ssl*/, const unsigned char** chosen, unsigned char* size,
                    const unsigned char* offered, unsigned int offered_size, void* /*unused*/) {
  static constexpr std::array<unsigned char, 9> ours{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  unsigned char* found = nullptr;
  const int result = SSL_select_next_proto(
      &found, size, ours.data(), static_cast<unsigned int>(ours.size()), offered, offered_size);
  if (result != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
  *chosen = found;
  return SSL_TLSEXT_ERR_OK;
}

Context make_context(const TlsOptions& options) {
  Context context{SSL_CTX_new(TLS_server_method())};
  if (!context) throw std::runtime_error("OpenSSL gives no context: " + reason());
  SSL_CTX* const made = context.get();
  const int least = options.allow_1_2 ? TLS1_2_VERSION : TLS1_3_VERSION;
  if (SSL_CTX_set_min_proto_version(made, least) != 1 ||
      SSL_CTX_set_cipher_list(made, kCiphers12) != 1) {
    throw std::runtime_error("OpenSSL does not take the settings: " + reason());
  }
  SSL_CTX_set_options(made, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_mode(made, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                             SSL_MODE_RELEASE_BUFFERS);
  // Sessions are kept by the clients, in tickets; here nothing grows with them.
  SSL_CTX_set_session_cache_mode(made, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_alpn_select_cb(made, &choose_protocol, nullptr);
  return context;
}

std::int64_t end_of(const SSL_CTX* context) {
  const X509* const certificate = SSL_CTX_get0_certificate(context);
  std::tm parts{};
  if (certificate == nullptr || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &parts) != 1) {
    return 0;
  }
  return timegm(&parts);
}

Status check_key_file(const std::string& file) {
  struct stat about {};
  if (::stat(file.c_str(), &about) != 0) {
    return refused("The TLS key " + file + " cannot be read.", "Name a PEM file with --tls-key.");
  }
  if ((about.st_mode & S_IROTH) != 0) {
    return refused("The TLS key " + file + " can be read by everybody on this machine.",
                   "Take the right away: chmod o= " + file);
  }
  return Done{};
}

}  // namespace

// --- A session ----------------------------------------------------------------------------------

struct TlsContext::Loaded {
  Context context;
  std::int64_t ends = 0;
};

struct TlsSession::Impl {
  std::shared_ptr<const void> keeps;  ///< the context
  int socket = -1;                    ///< what the session's BIO reads and writes
  Session ssl;
  bool usable = true;
};

TlsSession::TlsSession(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsSession::~TlsSession() = default;

TlsSession::Step TlsSession::handshake() {
  ERR_clear_error();
  const Step step = step_of(impl_->ssl.get(), SSL_accept(impl_->ssl.get()));
  impl_->usable = step != Step::end && step != Step::plain_http;
  return step;
}

bool TlsSession::established() const { return SSL_is_init_finished(impl_->ssl.get()) == 1; }

TlsSession::Moved TlsSession::read(char* target, std::size_t size) {
  ERR_clear_error();
  std::size_t count = 0;
  const int result = SSL_read_ex(impl_->ssl.get(), target, size, &count);
  if (result == 1) return {Step::done, count};
  const Step step = step_of(impl_->ssl.get(), result);
  // "Nothing more comes" of the peer is no error: what is asked may still be answered.
  if (step == Step::end) impl_->usable = SSL_get_shutdown(impl_->ssl.get()) != 0;
  return {step == Step::plain_http ? Step::end : step, 0};
}

TlsSession::Moved TlsSession::write(std::string_view bytes) {
  ERR_clear_error();
  std::size_t count = 0;
  const int result = SSL_write_ex(impl_->ssl.get(), bytes.data(), bytes.size(), &count);
  if (result == 1) return {Step::done, count};
  const Step step = step_of(impl_->ssl.get(), result);
  if (step == Step::end) impl_->usable = false;
  return {step, 0};
}

void TlsSession::finish_writing() {
  if (!impl_->usable || !established()) return;
  ERR_clear_error();
  static_cast<void>(SSL_shutdown(impl_->ssl.get()));  // a peer that is gone need not be told
  ERR_clear_error();
}

// --- The context --------------------------------------------------------------------------------

TlsContext::TlsContext(TlsOptions options) : options_(std::move(options)) {}
TlsContext::~TlsContext() = default;

Result<std::shared_ptr<TlsContext>> TlsContext::open(const TlsOptions& options) {
  std::shared_ptr<TlsContext> made(new TlsContext(options));
  made->stamp_ = made->stamp();
  auto loaded = made->load();
  if (!loaded) return std::move(loaded.error());
  made->loaded_ = std::move(*loaded);
  return made;
}

Result<std::shared_ptr<const TlsContext::Loaded>> TlsContext::load() const {
  if (Status key = check_key_file(options_.key); !key) return std::move(key.error());
  auto loaded = std::make_shared<Loaded>();
  loaded->context = make_context(options_);
  SSL_CTX* const context = loaded->context.get();
  // The callback answers "no passphrase", else OpenSSL would ask on the terminal.
  SSL_CTX_set_default_passwd_cb(context, [](char*, int, int, void*) { return -1; });
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(context, options_.certificate.c_str()) != 1) {
    return refused(
        "The TLS certificate " + options_.certificate + " cannot be used: " + reason() + ".",
        "Name a PEM file with --tls-cert: the server's certificate, then its chain.");
  }
  if (SSL_CTX_use_PrivateKey_file(context, options_.key.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context) != 1) {
    return refused("The TLS key " + options_.key + " cannot be used with the certificate " +
                       options_.certificate + ": " + reason() + ".",
                   "Name the PEM file of the key that belongs to the certificate, not encrypted.");
  }
  loaded->ends = end_of(context);
  return std::shared_ptr<const Loaded>(std::move(loaded));
}

std::string TlsContext::stamp() const {
  std::string all;
  for (const std::string& file : {options_.certificate, options_.key}) {
    struct stat about {};
    if (::stat(file.c_str(), &about) != 0) continue;
    for (const auto part :
         {static_cast<std::int64_t>(about.st_ino), static_cast<std::int64_t>(about.st_size),
          static_cast<std::int64_t>(about.st_mtim.tv_sec),
          static_cast<std::int64_t>(about.st_mtim.tv_nsec)}) {
      all.append(std::to_string(part)).append(" ");
    }
  }
  return all;
}

bool TlsContext::refresh(bool always) {
  std::string now = stamp();
  {
    const std::lock_guard lock(mutex_);
    if (!always && now == stamp_) return false;
    stamp_ = std::move(now);
  }
  auto fresh = load();
  if (!fresh) {
    log(LogLevel::error, "the TLS certificate was not reloaded: the one before stays",
        {{"reason", fresh.error().detail}});
    return false;
  }
  const std::lock_guard lock(mutex_);
  loaded_ = std::move(*fresh);
  log(LogLevel::info, "the TLS certificate was reloaded", {{"file", options_.certificate}});
  return true;
}

std::int64_t TlsContext::expires_at() const {
  const std::lock_guard lock(mutex_);
  return loaded_->ends;
}

std::unique_ptr<TlsSession> TlsContext::session(int socket) {
  std::shared_ptr<const Loaded> loaded;
  {
    const std::lock_guard lock(mutex_);
    loaded = loaded_;
  }
  auto impl = std::make_unique<TlsSession::Impl>();
  impl->ssl.reset(SSL_new(loaded->context.get()));
  BIO* const bio = BIO_new(socket_method());
  if (!impl->ssl || bio == nullptr) {
    BIO_free(bio);
    throw std::bad_alloc();
  }
  impl->socket = socket;
  BIO_set_data(bio, &impl->socket);
  BIO_set_init(bio, 1);
  SSL_set_bio(impl->ssl.get(), bio, bio);
  SSL_set_accept_state(impl->ssl.get());
  impl->keeps = std::move(loaded);
  return std::unique_ptr<TlsSession>(new TlsSession(std::move(impl)));
}

}  // namespace factory::http
