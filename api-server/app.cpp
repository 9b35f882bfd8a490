#include "app.hpp"

#include <unistd.h>
#include <filesystem>
#include <future>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

#include "common/http_client.hpp"
#include "common/log.hpp"
#include "common/paths.hpp"
#include "effects/announce.hpp"
#include "effects/notify.hpp"
#include "engine/follower.hpp"
#include "engine/outbox.hpp"
#include "engine/periodic.hpp"
#include "engine/timers.hpp"
#include "http/docs.hpp"
#include "http/gauges.hpp"
#include "http/router.hpp"
#include "http/server.hpp"
#include "http/services.hpp"
#include "http/system_routes.hpp"
#include "identity/login_routes.hpp"
#include "identity/routes.hpp"
#include "identity/sign_in_proven.hpp"
#include "queries/routes.hpp"
#include "queries/search_text.hpp"
#include "queries/trail_routes.hpp"
#include "slices/agent/routes.hpp"
#include "slices/asset/collect.hpp"
#include "slices/asset/routes.hpp"
#include "slices/comment/routes.hpp"
#include "slices/gate/routes.hpp"
#include "slices/group/routes.hpp"
#include "slices/key/routes.hpp"
#include "slices/notification/routes.hpp"
#include "slices/pipeline/routes.hpp"
#include "slices/preference/routes.hpp"
#include "slices/report/plan.hpp"
#include "slices/report/routes.hpp"
#include "slices/task/routes.hpp"
#include "slices/template/routes.hpp"
#include "slices/user/routes.hpp"
#include "slices/webhook/routes.hpp"
#include "storage/access_log.hpp"

namespace factory {

namespace {

/// How long an Idempotency-Key and a finished effect are remembered.
constexpr Millis remembered{48 * 3'600'000LL};
/// Pipelines, or tens of notifications, that one step of the archive's clock looks at.
constexpr std::int64_t archived_at_once = 1000;

CoreOptions core_options(AppOptions& options, engine::Observer& observer) {
  options.core.observer = &observer;
  options.core.effect_kinds = options.notify.kinds();
  if (!options.announce_url.empty()) options.core.effect_kinds.emplace_back("announce");
  return std::move(options.core);
}

}  // namespace

struct App::Impl {
  explicit Impl(AppOptions options)
      : spans(options.otlp ? std::make_unique<SpanExporter>(*options.otlp) : nullptr),
        core(core_options(options, metrics)),
        access({core.data() + "/access", options.access_days, 10'000, 64U << 20U, &core.clock()}),
        services{core.runner(),   core.store(),     core.search(),
                 core.blobs(),    core.clock(),     core.ids(),
                 core.catalog(),  core.templates(), [this] { return core.registry().people(); },
                 &core.identity()} {
    open_webhooks(options);
    bind_routes(options);
    open_tls(options);
    open_logins(options);
    router = std::make_unique<http::Router>(http::RouterParts{
        core.catalog().routes(),
        core.catalog().roles(),
        handlers,
        authenticate(),
        {&metrics, spans.get(), options.access_log},
        options.check_answers,
        [this](const http::Request& request) { return http::given_before(core.store(), request); },
        options.edge,
        &access,
        options.metrics_public ? std::set<std::string>{"system.metrics"} : std::set<std::string>{},
        [this](const Principal& principal) { return core.registry().stands(principal); }});
    server = std::make_unique<http::Server>(*router, http::Limits{}, tls);
    start_background(options);
    auto started = server->start(options.host, options.port);
    if (!started) throw std::runtime_error(started.error().detail);
    url = std::move(started).value();
    public_url_set.set_value(options.public_url.empty() ? url : options.public_url);
    const auto written = write_file_private(
        server_file(), nlohmann::json{{"url", url}, {"pid", getpid()}}.dump() + "\n");
    if (!written) throw std::runtime_error(written.error().detail);
  }

  void open_webhooks(const AppOptions& options) {
    deliveries = storage::open_sqlite_deliveries(core.data() + "/deliveries.db");
    const std::string source =
        options.public_url.empty() ? "urn:agent-factory" : options.public_url;
    courier = std::make_unique<webhook::Courier>(
        webhook::CourierParts{core.runner(), core.store(), *deliveries, core.clock(), core.ids(),
                              core.identity().pepper.webhook_key(), source,
                              options.webhook_allowed},
        options.webhooks);
    webhook::bind_routes(handlers, services, {*deliveries, options.webhook_allowed, source, [this] {
                                                courier->poke();
                                              }});
  }

  void open_tls(AppOptions& options) {
    options.edge.https = options.tls.has_value();
    if (!options.tls) return;
    auto opened = http::TlsContext::open(*options.tls);
    if (!opened) throw std::runtime_error(opened.error().detail + " " + opened.error().hint);
    tls = std::move(opened).value();
    if (from_millis(tls->expires_at() * 1000) < core.clock().now()) {
      log(LogLevel::warning, "the TLS certificate has expired",
          {{"file", options.tls->certificate}});
    }
  }

  /// One way in for keys and for the access tokens of sessions.
  http::Authenticate authenticate() {
    const http::AuthParts parts{
        [this](const std::string& id) { return core.registry().key(id); },
        [this](std::string_view token) { return core.identity().pepper.key_hash(token); },
        &core.clock(),
        [this](std::string_view token) { return core.identity().tokens.open(token); }};
    return [parts](const http::Head& head) { return http::authenticate(head, parts); };
  }

  void bind_routes(const AppOptions& options) {
    asset::bind_routes(handlers, services, options.assets);
    http::bind_system_routes(handlers, services);
    identity::bind_routes(handlers, services);
    user::bind_routes(handlers, services);
    user::bind_delegation_routes(handlers, services);
    group::bind_routes(handlers, services);
    http::bind_docs_routes(handlers);
    handlers.bind("system.metrics", http::metrics_handler(services, metrics, core.data()));
    if (spans) metrics.set_dropped_spans([this] { return spans->dropped(); });
    pipeline::bind_routes(handlers, services);
    gate::bind_routes(handlers, services);
    comment::bind_routes(handlers, services);
    task::bind_routes(handlers, services);
    notification::bind_routes(handlers, services);
    preference::bind_routes(handlers, services);
    key::bind_routes(handlers, services);
    agent::bind_routes(handlers, services, core.agents());
    pipeline_template::bind_routes(handlers, services);
    report::bind_routes(handlers, services, report::load_plan(core.catalog(), core.data()));
    queries::bind_routes(handlers, services);
    queries::bind_trail_routes(
        handlers, services,
        {core.seal_key(), access, core.archive_folder(),
         [this](Millis older_than, std::int64_t most) { return core.archive(older_than, most); }});
  }

  void start_background(const AppOptions& options) {
    using engine::Periodic;
    const auto every = [this](const char* name, Millis interval, Periodic::Step step,
                              Periodic::Urgency urgency = Periodic::Urgency::prompt) {
      background.push_back(std::make_unique<Periodic>(name, interval, std::move(step), urgency));
    };
    // Those of the last moment wait for the next turn: whoever decides at once is told of nothing.
    every("timers", Millis{200}, [this](const std::stop_token&) {
      return core.fire_timers() == engine::most_timers_at_once;
    });
    const auto index = [this](const std::stop_token&) {
      const auto enrich = [this](const auto& row, auto& documents) {
        queries::add_texts(core.blobs(), row, documents);
      };
      return engine::follow_log(core.store(), core.search(), enrich, storage::Newest::later);
    };
    every("search", Millis{200}, index, Periodic::Urgency::patient);
    if (options.webhooks.workers > 0) courier->start(Millis{200});
    every("webhook log", Millis{600'000},
          [this](const std::stop_token&) { return courier->prune(); });
    every("seal", options.seal_interval, [this](const std::stop_token&) {
      core.seal();
      return false;
    });
    every("blobs", options.collect_interval, [this](const std::stop_token& stop) {
      collect_blobs(stop);
      return false;
    });
    every("purge", Millis{3'600'000}, [this](const std::stop_token&) {
      core.runner().with_store(
          [this](storage::Store& store) { store.purge(core.clock().now() - remembered); });
      return false;
    });
    if (options.archive_after_days > 0) {
      const Millis age{options.archive_after_days * 86'400'000LL};
      every("archive", Millis{3'600'000}, [this, age](const std::stop_token&) {
        return core.archive(age, archived_at_once).more;
      });
    }
    if (options.notification_days > 0) {
      const Millis age{options.notification_days * 86'400'000LL};
      every("old notifications", Millis{3'600'000}, [this, age](const std::stop_token&) {
        return core.archive_notifications(age, archived_at_once).more;
      });
    }
    if (tls) {
      every("tls", options.tls_interval, [this](const std::stop_token&) {
        tls->refresh();
        return false;
      });
    }
    every("identity", Millis{300'000}, [this](const std::stop_token&) {
      core.identity().keyring.tend(core.clock().now());
      core.keep_last_used();
      return false;
    });
    bind_effects(options);
    if (effects.empty()) return;
    every("effects", Millis{200}, [this](const std::stop_token& stop) {
      const auto next = core.store().next_effect();
      if (!next || *next > core.clock().now()) return false;
      const int taken =
          engine::run_effects(core.runner(), core.clock(), core.ids(), effects, {}, stop, &metrics);
      // However much is on its way out, it is in no hurry while others wait for the writer.
      return taken > 0 && core.runner().waiting() == 0;
    });
  }

  /// What is carried out outside of the house.
  void bind_effects(const AppOptions& options) {
    if (!options.announce_url.empty()) {
      effects["announce"] =
          effects::announce_to(options.announce_url, client, core.store(), core.clock());
    }
    const auto base_url = [this] {  // empty until it serves
      const bool known = public_url_known.wait_for(Millis{0}) == std::future_status::ready;
      return known ? public_url_known.get() : std::string();
    };
    notifier = std::make_unique<effects::Notifier>(
        effects::NotifierParts{core.runner(), core.store(), core.clock(), base_url}, options.notify,
        effects::make_channels(options.notify, {client, core.clock()}));
    effects.merge(notifier->handlers());
  }

  void collect_blobs(const std::stop_token& stop) {
    const asset::Collected found = collector.run(asset::kGrace, false, stop);
    if (found.removed == 0) return;
    log(LogLevel::info, "blobs that nothing needs were removed",
        {{"blobs", std::to_string(found.removed)}, {"bytes", std::to_string(found.bytes)}});
  }

  void stop() {
    if (stopped) return;
    stopped = true;
    if (server) server->stop();
    background.clear();
    courier->stop();
    try {
      core.keep_last_used();
      core.seal();
    } catch (const std::exception& error) {
      log(LogLevel::error, "the last seal was not written", {{"error", error.what()}});
    }
    core.runner().stop();
    std::error_code ignored;  // gone already: nothing to take away
    std::filesystem::remove(server_file(), ignored);
  }

  /// The address that browsers know this server by; waits until it is known.
  [[nodiscard]] std::string public_url() const { return public_url_known.get(); }

  void open_logins(AppOptions& options) {
    logins = std::make_unique<identity::Logins>(identity::LoginParts{
        std::move(options.logins), core.clock(), [this] { return public_url(); },
        [this](const identity::ProvenUser& user, const identity::ProviderConfig& provider,
               const http::Request& request) {
          return identity::sign_in_proven(services, user, provider, request);
        }});
    logins->bind(handlers);
  }

  [[nodiscard]] std::string server_file() const { return core.data() + "/server.json"; }

  http::Metrics metrics;
  std::unique_ptr<SpanExporter> spans;
  Core core;
  storage::AccessLog access;
  Services services;
  http::Handlers handlers;
  asset::Collector collector{core.store(), core.blobs(), core.archive_folder()};
  HttpClient client;
  std::unique_ptr<storage::Deliveries> deliveries;
  std::unique_ptr<webhook::Courier> courier;
  std::unique_ptr<effects::Notifier> notifier;
  std::map<std::string, engine::EffectHandler> effects;
  std::shared_ptr<http::TlsContext> tls;
  std::promise<std::string> public_url_set;
  std::shared_future<std::string> public_url_known{public_url_set.get_future()};
  std::unique_ptr<identity::Logins> logins;
  std::unique_ptr<http::Router> router;
  std::unique_ptr<http::Server> server;
  std::vector<std::unique_ptr<engine::Periodic>> background;
  std::string url;
  bool stopped = false;
};

App::App(AppOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}

App::~App() { stop(); }

const std::string& App::url() const { return impl_->url; }
Core& App::core() { return impl_->core; }
void App::reload() {
  if (impl_->tls) impl_->tls->refresh(true);
}
webhook::Courier& App::courier() { return *impl_->courier; }
const Services& App::services() const { return impl_->services; }
void App::stop() { impl_->stop(); }

}  // namespace factory
