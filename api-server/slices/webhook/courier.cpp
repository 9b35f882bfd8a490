#include "slices/webhook/courier.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include "common/log.hpp"
#include "common/standard_webhooks.hpp"
#include "engine/periodic.hpp"
#include "identity/sealed.hpp"
#include "slices/webhook/follow.hpp"
#include "slices/webhook/target.hpp"
#include "slices/webhook/webhook.hpp"

namespace factory::webhook {

namespace {

constexpr int kPrunedAtOnce = 1000;

}  // namespace

struct Courier::Impl {
  Impl(CourierParts given, CourierOptions wanted)
      : parts(std::move(given)),
        options(wanted),
        client([this](std::string_view bytes) { return may_connect(bytes, parts.allowed); }),
        follower(parts.store, parts.deliveries, parts.source, parts.clock.now()) {
    parts.deliveries.recover(parts.clock.now());
  }

  // --- handing out --------------------------------------------------------------------------

  bool step(const std::stop_token& stop, storage::Newest newest) {
    const bool more = follower.follow(parts.clock.now(), newest);
    const std::vector<std::string> webhooks = follower.enabled();
    if (!parts.deliveries.any_due(webhooks, parts.clock.now())) return more;
    return hand_out(webhooks, stop) || more;
  }

  /// One delivery of each webhook that has room for one; false if nothing was taken.
  bool hand_out(const std::vector<std::string>& webhooks, const std::stop_token& stop) {
    bool taken = false;
    for (std::size_t i = 0; i < webhooks.size(); ++i) {
      // Another one is the first each time, so that many webhooks share few workers.
      const std::string& webhook = webhooks[(i + turn) % webhooks.size()];
      auto delivery = claim(webhook);
      if (!delivery) continue;
      taken = true;
      if (options.workers == 0) {
        carry(*delivery, stop);
        done(*delivery);
      } else {
        const std::lock_guard lock(mutex);
        // As many workers as were ever needed at once: a server without webhooks keeps none.
        if (!stopped && threads.size() < busy.size()) {
          threads.emplace_back([this](const std::stop_token& end) { work(end); });
        }
        jobs.push_back(std::move(*delivery));  // stop() gives back what nobody takes
        waiting.notify_one();
      }
    }
    ++turn;
    return taken;
  }

  std::optional<storage::Delivery> claim(const std::string& webhook) {
    std::set<std::string> under_way;
    {
      const std::lock_guard lock(mutex);
      if (stopped) return {};
      if (options.workers > 0 && static_cast<int>(busy.size()) >= options.workers) return {};
      const int room = failing.count(webhook) > 0 ? 1 : options.per_webhook;
      if (in_flight[webhook] >= room) return {};
      under_way = busy;
    }
    const Time now = parts.clock.now();
    auto delivery = parts.deliveries.claim(webhook, now, now + options.lease, under_way);
    if (!delivery) return {};
    const std::lock_guard lock(mutex);
    busy.insert(delivery->id);
    ++in_flight[webhook];
    return delivery;
  }

  void done(const storage::Delivery& delivery) {
    const std::lock_guard lock(mutex);
    busy.erase(delivery.id);
    if (--in_flight[delivery.webhook] == 0) in_flight.erase(delivery.webhook);
  }

  // --- carrying -----------------------------------------------------------------------------

  void work(const std::stop_token& stop) {
    for (;;) {
      storage::Delivery delivery;
      {
        std::unique_lock lock(mutex);
        if (!waiting.wait(lock, stop, [this] { return !jobs.empty(); })) return;
        delivery = std::move(jobs.front());
        jobs.pop_front();
      }
      carry(delivery, stop);
      done(delivery);
      poke();
    }
  }

  /// Whatever goes wrong here, the lease runs out, and the delivery is sent again under its id.
  void carry(const storage::Delivery& delivery, const std::stop_token& stop) {
    try {
      send(delivery, stop);
    } catch (const std::exception& error) {
      log(LogLevel::error, "a webhook delivery was not finished",
          {{"delivery", delivery.id}, {"webhook", delivery.webhook}, {"error", error.what()}});
    }
  }

  void send(const storage::Delivery& delivery, const std::stop_token& stop) {
    const State state = load(delivery.webhook);
    if (state.status != Status::enabled || stop.stop_requested()) {
      return parts.deliveries.release(delivery, parts.clock.now());
    }
    const Tried tried = attempt(client, parts.clock, options.timeouts, state.registered.url,
                                keys_of(state, delivery.webhook), delivery, stop);
    if (tried.outcome == Tried::Outcome::cancelled) {
      return parts.deliveries.release(delivery, parts.clock.now());
    }
    const Time now = parts.clock.now();
    const storage::DeliveryOutcome outcome =
        outcome_of(tried, delivery, now, options.patience, parts.ids.next(now).low);
    const storage::DeliveryHealth health =
        parts.deliveries.settle(delivery, tried.attempt, outcome);
    note(delivery.webhook, health);
    if (tried.outcome == Tried::Outcome::gone) {
      return disable(delivery.webhook, Cause::gone, "The receiver answered 410 (gone).");
    }
    if (tried.outcome == Tried::Outcome::delivered) return;
    if (outcome.status == storage::DeliveryStatus::dead) {
      log(LogLevel::error, "a webhook delivery is a dead letter now",
          {{"delivery", delivery.id}, {"webhook", delivery.webhook}});
    }
    const std::string why = given_up(health, now, options.patience);
    if (!why.empty()) disable(delivery.webhook, Cause::failing, why);
  }

  /// As it stands now: what was queued may not be wanted any more.
  [[nodiscard]] State load(const std::string& webhook) const {
    static const engine::SliceOf<Definition> slice;
    const engine::LoadedStream loaded = engine::load_stream(parts.store, slice, webhook);
    return *static_cast<const State*>(loaded.state.get());
  }

  [[nodiscard]] std::vector<std::string> keys_of(const State& state,
                                                 const std::string& webhook) const {
    std::vector<std::string> keys;
    for (const std::string& sealed : secrets_at(state, parts.clock.now())) {
      auto key = standard_webhooks::key_of(identity::open_text(sealed, parts.sealing_key));
      if (!key) {
        throw std::runtime_error("the secret of " + webhook +
                                 " cannot be read: is key.pepper another one than before?");
      }
      keys.push_back(std::move(*key));
    }
    return keys;
  }

  void note(const std::string& webhook, const storage::DeliveryHealth& health) {
    const std::lock_guard lock(mutex);
    if (health.failing_since) {
      failing.insert(webhook);
    } else {
      failing.erase(webhook);
    }
  }

  void disable(const std::string& webhook, Cause cause, const std::string& reason) {
    engine::Call call;
    call.command = {webhook, Command{Disable{cause, reason}}};
    const auto done = parts.runner.run(std::move(call));
    log(LogLevel::warning, done ? "a webhook was disabled" : "a webhook could not be disabled",
        {{"webhook", webhook}, {"why", done ? reason : done.error().detail}});
  }

  void start(Millis interval) {
    const std::lock_guard lock(mutex);  // the first step waits until `loop` is there
    loop = std::make_unique<engine::Periodic>(
        "webhooks", interval,
        [this](const std::stop_token& stop) { return step(stop, storage::Newest::later); });
  }

  void poke() {
    const std::lock_guard lock(mutex);
    if (loop) loop->poke();
  }

  void stop() {
    std::unique_ptr<engine::Periodic> last;
    {
      const std::lock_guard lock(mutex);
      stopped = true;
    }
    for (std::jthread& thread : threads) thread.request_stop();
    threads.clear();
    {
      const std::lock_guard lock(mutex);
      last = std::move(loop);
    }
    last.reset();
    try {
      for (const storage::Delivery& delivery : jobs) {
        parts.deliveries.release(delivery, parts.clock.now());
      }
    } catch (const storage::StoreFailure& error) {
      log(LogLevel::error, "deliveries wait for the end of their lease", {{"error", error.what()}});
    }
    jobs.clear();
  }

  CourierParts parts;
  CourierOptions options;
  HttpClient client;
  Follower follower;
  std::size_t turn = 0;
  std::mutex mutex;  ///< of what follows
  std::condition_variable_any waiting;
  std::deque<storage::Delivery> jobs;
  std::set<std::string> busy;            ///< ids under way
  std::map<std::string, int> in_flight;  ///< how many of them, by webhook
  std::set<std::string> failing;         ///< webhooks whose last attempt failed
  bool stopped = false;
  std::unique_ptr<engine::Periodic> loop;
  std::vector<std::jthread> threads;
};

Courier::Courier(CourierParts parts, CourierOptions options)
    : impl_(std::make_unique<Impl>(std::move(parts), options)) {}
Courier::~Courier() { stop(); }

void Courier::start(Millis interval) { impl_->start(interval); }
void Courier::poke() { impl_->poke(); }
bool Courier::step(const std::stop_token& stop) {
  return impl_->step(stop, storage::Newest::wanted);
}
void Courier::stop() { impl_->stop(); }

bool Courier::prune() {
  const Time now = impl_->parts.clock.now();
  return impl_->parts.deliveries.prune(now - impl_->options.keep_delivered,
                                       now - impl_->options.keep_dead, kPrunedAtOnce);
}

}  // namespace factory::webhook
