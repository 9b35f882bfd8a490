#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "common/addresses.hpp"
#include "common/otlp.hpp"
#include "core.hpp"
#include "effects/notify_settings.hpp"
#include "http/edge.hpp"
#include "http/services.hpp"
#include "http/tls.hpp"
#include "http/watch.hpp"
#include "identity/login_config.hpp"
#include "slices/asset/limits.hpp"
#include "slices/webhook/courier.hpp"

namespace factory {

struct AppOptions {
  CoreOptions core;
  std::string host = "127.0.0.1";
  std::uint16_t port = 8080;       ///< 0 takes a free one
  std::string announce_url;        ///< empty: nothing is announced
  effects::NotifySettings notify;  ///< channels through which people are told
  Millis seal_interval{60'000};
  http::EdgeOptions edge;
  std::string public_url;               ///< without a slash at its end; empty: where it listens
  identity::LoginConfig logins;         ///< where somebody may log in besides here
  std::optional<http::TlsOptions> tls;  ///< none: plain HTTP
  Millis tls_interval{10'000};          ///< how often its files are looked at
  int archive_after_days = 0;           ///< closed pipelines go into the archive; 0: they stay
  int notification_days = 90;           ///< how long read ones are kept; 0: for ever
  int access_days = 90;                 ///< how long the access trail is kept
  asset::Limits assets;
  Millis collect_interval{24 * 3'600'000LL};  ///< how often blobs that nothing needs are removed
  bool metrics_public = false;                ///< /metrics answers whoever asks
  http::AccessLog access_log = http::AccessLog::failed;
  bool check_answers = false;  ///< an answer that its schema refuses becomes a 500; for tests
  webhook::CourierOptions webhooks;
  AddressRanges webhook_allowed;     ///< that webhooks may point to besides public addresses
  std::optional<OtlpSettings> otlp;  ///< nullopt: no spans are made
};

/// The whole server: core, background work and HTTP edge. While it serves, `server.json` in the
/// data folder says where.
class App {
 public:
  /// Serves when it returns. Throws std::runtime_error in words for the user.
  explicit App(AppOptions options);
  ~App();  ///< stop()
  App(const App&) = delete;
  App& operator=(const App&) = delete;

  [[nodiscard]] const std::string& url() const;
  [[nodiscard]] Core& core();
  /// What the handlers work with.
  [[nodiscard]] const Services& services() const;
  /// What carries events to webhooks.
  webhook::Courier& courier();

  /// Reads again what may change while it serves: the certificate. From any thread.
  void reload();

  /// Takes no new requests, finishes what runs, signs the log, gives up the folder. Idempotent.
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace factory
