#include "cli/edge_settings.hpp"

namespace factory::cli {

namespace {

using http::RateClass;

Error wrong(std::string detail, std::string hint) {
  return {ErrorCode::invalid_request, std::move(detail), std::move(hint), {}, {}};
}

Status read_tls(const Settings& settings, AppOptions& options) {
  const std::string& least = settings.text("tls-min");
  if (least != "1.2" && least != "1.3") {
    return wrong("tls-min: " + least + " is no version of TLS that is spoken here.",
                 "Use 1.3, or 1.2 for clients that know nothing newer.");
  }
  http::TlsOptions tls{settings.text("tls-cert"), settings.text("tls-key"), least == "1.2"};
  if (tls.certificate.empty() && tls.key.empty()) return Done{};
  if (tls.certificate.empty() || tls.key.empty()) {
    return wrong("tls-cert and tls-key belong together, and one is missing.",
                 "Name both PEM files, or none for plain HTTP.");
  }
  options.tls = std::move(tls);
  return Done{};
}

Status read_logins(const Settings& settings, AppOptions& options) {
  std::string url = settings.text("public-url");
  while (url.ends_with('/')) url.pop_back();
  if (!url.empty() && !url.starts_with("https://") && !url.starts_with("http://")) {
    return wrong("public-url: " + url + " is no http or https address.",
                 "Give the address that browsers use, as https://factory.example.com.");
  }
  options.public_url = std::move(url);
  const bool named = settings.given("providers");
  auto logins = identity::read_login_config(named ? settings.text("providers")
                                                  : options.core.data + "/providers.json");
  if (logins) {
    options.logins = std::move(*logins);
  } else if (named || logins.error().code != ErrorCode::not_found) {
    return std::move(logins.error());
  }
  return Done{};
}

Status read_webhooks(const Settings& settings, AppOptions& options) {
  auto ranges = AddressRanges::read(settings.list("webhook-allow-private"));
  if (!ranges) {
    return wrong("webhook-allow-private: this is no address or range of addresses.",
                 "Give ranges as 10.0.0.0/8 or fd00::/8, single addresses, or all.");
  }
  options.webhook_allowed = std::move(*ranges);
  return Done{};
}

Status read_channels(const Settings& settings, AppOptions& options) {
  const bool named = settings.given("channels");
  auto channels = effects::read_notify_settings(named ? settings.text("channels")
                                                      : options.core.data + "/channels.json");
  if (channels) {
    options.notify = std::move(*channels);
  } else if (named || channels.error().code != ErrorCode::not_found) {
    return std::move(channels.error());
  }
  return Done{};
}

}  // namespace

Status read_edge(const Settings& settings, AppOptions& options) {
  if (Status tls = read_tls(settings, options); !tls) return tls;
  if (Status logins = read_logins(settings, options); !logins) return logins;
  if (Status channels = read_channels(settings, options); !channels) return channels;
  const auto requests = [&](const char* name) {
    return static_cast<std::uint32_t>(settings.number(name));
  };
  http::EdgeOptions& edge = options.edge;
  edge.rates.of(RateClass::standard).requests = requests("rate-limit");
  edge.rates.of(RateClass::login).requests = requests("rate-limit-login");
  edge.rates.of(RateClass::destructive).requests = requests("rate-limit-destructive");
  edge.cors_origins = settings.list("cors-origin");
  for (const std::string& origin : edge.cors_origins) {
    if (Status checked = http::check_origin(origin); !checked) {
      checked.error().detail = "cors-origin: " + checked.error().detail;
      return checked;
    }
  }
  edge.trusted_proxies = settings.list("trusted-proxy");
  for (const std::string& proxy : edge.trusted_proxies) {
    if (!http::network_of(proxy)) {
      return wrong("trusted-proxy: \"" + proxy + "\" is no IP address.",
                   "Give the address that the proxy connects from, as 10.0.0.2.");
    }
  }
  return read_webhooks(settings, options);
}

}  // namespace factory::cli
