#include "cli/serve.hpp"

#include <malloc.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <iostream>
#include <optional>

#include "app.hpp"
#include "cli/admin.hpp"
#include "cli/edge_settings.hpp"
#include "common/log.hpp"
#include "common/paths.hpp"

namespace factory::cli {

namespace {

struct Address {
  std::string host;
  std::uint16_t port = 0;
};

/// "127.0.0.1:8080", "[::1]:8080", "localhost:0".
std::optional<Address> parse_address(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == text.size()) return std::nullopt;
  Address address{text.substr(0, colon), 0};
  if (address.host.front() == '[' && address.host.back() == ']') {
    address.host = address.host.substr(1, address.host.size() - 2);
  }
  unsigned port = 0;
  for (const char digit : text.substr(colon + 1)) {
    if (digit < '0' || digit > '9') return std::nullopt;
    port = port * 10 + static_cast<unsigned>(digit - '0');
    if (port > 65'535) return std::nullopt;
  }
  address.port = static_cast<std::uint16_t>(port);
  return address;
}

std::optional<Settings> read_settings(const Options& options) {
  SettingsInput input{options.flags, factory_environment(), {}};
  Settings settings = load_settings(serve_settings(), input);
  if (const std::string file = settings.text("config"); !file.empty()) {
    input.file = file;
    settings = load_settings(serve_settings(), input);
  }
  for (const FieldError& slip : settings.warnings) {
    std::cerr << "factory-api: " << slip.pointer << " " << slip.detail << "\n";
  }
  if (settings.errors.empty()) return settings;
  for (const FieldError& error : settings.errors) {
    std::cerr << "factory-api: " << error.pointer << " " << error.detail << "\n";
  }
  return std::nullopt;
}

std::optional<http::AccessLog> access_log(const std::string& word) {
  if (word == "none") return http::AccessLog::none;
  if (word == "failed") return http::AccessLog::failed;
  if (word == "all") return http::AccessLog::all;
  return std::nullopt;
}

sigset_t awaited_signals(bool reloads) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  // Without anything to read again it ends the program, as of old.
  if (reloads) sigaddset(&set, SIGHUP);
  return set;
}

/// What reading schemas and templates took for a moment goes back to the system.
void give_back_memory() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

}  // namespace

int run_serve(const Options& options) {
  const std::optional<Settings> settings = read_settings(options);
  if (!settings) return 2;
  const auto address = parse_address(settings->text("listen"));
  if (!address) {
    std::cerr << "factory-api: listen: " << settings->text("listen")
              << " is no address and port, as in 127.0.0.1:8080\n";
    return 2;
  }
  if (!set_log_level(settings->text("log-level"))) {
    std::cerr << "factory-api: log-level: use debug, info, warning or error\n";
    return 2;
  }
  const auto access = access_log(settings->text("access-log"));
  if (!access) {
    std::cerr << "factory-api: access-log: use none, failed or all\n";
    return 2;
  }
  std::atomic<bool> failed = false;
  AppOptions wanted;
  wanted.core.data = settings->given("data") ? settings->text("data") : default_data_dir().string();
  wanted.core.failed = [&failed](const std::string&) {
    failed = true;
    kill(getpid(), SIGTERM);
  };
  wanted.host = address->host;
  wanted.port = address->port;
  wanted.access_log = *access;
  wanted.metrics_public = settings->yes_no("metrics-public");
  wanted.otlp = OtlpSettings::from_environment(otel_environment(), "factory-api");
  wanted.announce_url = settings->text("announce-url");
  wanted.archive_after_days = static_cast<int>(settings->number("archive-after-days"));
  wanted.notification_days = static_cast<int>(settings->number("notification-days"));
  wanted.access_days = static_cast<int>(settings->number("access-days"));
  wanted.seal_interval = Millis{settings->number("seal-seconds") * 1000};
  wanted.assets.bytes = static_cast<std::uint64_t>(settings->number("max-asset-bytes"));
  wanted.assets.media_types = settings->list("asset-types");
  wanted.assets.keep_archived = Millis{settings->number("asset-retention-days") * 86'400'000};
  wanted.collect_interval = Millis{settings->number("gc-hours") * 3'600'000};
  if (const Status edge = read_edge(*settings, wanted); !edge) {
    std::cerr << "factory-api: " << edge.error().detail << "\n" << edge.error().hint << "\n";
    return 2;
  }
  // Blocked before any thread is made, so that only the wait below takes them.
  const sigset_t signals = awaited_signals(wanted.tls.has_value());
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  try {
    App app(std::move(wanted));
    give_back_memory();
    std::cout << R"({"event":"ready","url":")" << app.url() << "\"}" << std::endl;
    int signal = 0;
    while (sigwait(&signals, &signal) == 0 && signal == SIGHUP) app.reload();
    app.stop();
  } catch (const std::exception& error) {
    std::cerr << "factory-api: " << error.what() << "\n";
    return 1;
  }
  return failed ? 1 : 0;
}

}  // namespace factory::cli
