#include "slices/webhook/attempt.hpp"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "common/standard_webhooks.hpp"
#include "common/text.hpp"

namespace factory::webhook {
namespace {

using nlohmann::json;
using Outcome = Tried::Outcome;

constexpr std::size_t kReadBytes = 16U << 10U;  // of an answer
constexpr std::size_t kShownBytes = 2U << 10U;  // of its body, in the log
constexpr std::size_t kShownHeader = 200;       // of each of its headers
constexpr std::size_t kShownHeaders = 30;
constexpr Millis kBusyHold{60'000};  // after 429 without Retry-After

HttpRequest request_for(const std::string& url, const std::vector<std::string>& keys,
                        const storage::Delivery& delivery, Time now, const Timeouts& timeouts) {
  HttpRequest request;
  request.method = "POST";
  request.url = url;
  request.headers = {{"Content-Type", "application/cloudevents+json; charset=utf-8"},
                     {"webhook-id", delivery.id},
                     {"webhook-timestamp", standard_webhooks::timestamp(now)},
                     {"webhook-signature",
                      standard_webhooks::signatures(keys, delivery.id, now, delivery.parcel.body)}};
  if (!delivery.parcel.traceparent.empty()) {
    request.headers.emplace_back("traceparent", delivery.parcel.traceparent);
  }
  request.body = delivery.parcel.body;
  request.timeout = timeouts.whole;
  request.connect_timeout = timeouts.connect;
  request.max_response_bytes = kReadBytes;
  request.cut_response = true;
  return request;
}

/// Valid UTF-8, whatever came.
std::string dumped(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// What was sent, but for the signatures: with one and the body, whoever reads the log could play
/// the delivery to the receiver again while it is fresh.
std::string shown_request(const HttpRequest& request) {
  json headers = json::object();
  for (const auto& [name, value] : request.headers) {
    headers[ascii_lower(name)] = name == "webhook-signature" ? "v1,(not shown)" : value;
  }
  return dumped(headers);
}

std::string shown_headers(const HttpResponse& response) {
  json headers = json::object();
  for (const auto& [name, value] : response.headers) {
    if (headers.size() == kShownHeaders) break;
    if (name == "set-cookie") continue;  // theirs alone
    headers[excerpt(name, kShownHeader)] = excerpt(value, kShownHeader);
  }
  return dumped(headers);
}

std::string shown_body(const std::string& body) {
  const std::string text = dumped(body.substr(0, kShownBytes));
  return json::parse(text).get<std::string>();
}

Outcome read_status(int status) {
  if (status >= 200 && status < 300) return Outcome::delivered;
  return status == 410 ? Outcome::gone : Outcome::failed;
}

std::string words_of(int status) {
  std::string words = "The receiver answered " + std::to_string(status);
  if (status >= 300 && status < 400) return words + "; redirections are not followed.";
  return words + ".";
}

bool asks_for_time(int status) { return status == 429 || status == 503; }

}  // namespace

Tried attempt(HttpClient& client, const Clock& clock, const Timeouts& timeouts,
              const std::string& url, const std::vector<std::string>& keys,
              const storage::Delivery& delivery, const std::stop_token& stop) {
  Tried tried;
  tried.attempt.attempt = delivery.attempts;
  tried.attempt.at = clock.now();
  const HttpRequest request = request_for(url, keys, delivery, tried.attempt.at, timeouts);
  tried.attempt.request_headers = shown_request(request);
  const auto begun = std::chrono::steady_clock::now();
  const Result<HttpResponse> answer = client.send(request, stop);
  tried.attempt.took = std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now() - begun);
  if (!answer) {
    const auto reason = answer.error().data.find("reason");
    const bool cancelled = reason != answer.error().data.end() && reason->second == "cancelled";
    tried.outcome = cancelled ? Outcome::cancelled : Outcome::failed;
    tried.attempt.error = answer.error().detail;
    return tried;
  }
  tried.outcome = read_status(answer->status);
  tried.attempt.status = answer->status;
  tried.attempt.response_headers = shown_headers(*answer);
  tried.attempt.response_body = shown_body(answer->body);
  if (tried.outcome != Outcome::delivered) tried.attempt.error = words_of(answer->status);
  if (asks_for_time(answer->status)) {
    tried.retry_after = answer->retry_after;
    if (answer->status == 429 && !tried.retry_after) tried.retry_after = kBusyHold;
  }
  return tried;
}

storage::DeliveryOutcome outcome_of(const Tried& tried, const storage::Delivery& delivery, Time now,
                                    const Patience& patience, std::uint64_t random) {
  using storage::DeliveryStatus;
  switch (tried.outcome) {
    case Outcome::delivered: return {DeliveryStatus::delivered, now, std::nullopt};
    case Outcome::gone: return {DeliveryStatus::dead, now, std::nullopt};
    case Outcome::cancelled: return {DeliveryStatus::pending, now, std::nullopt};
    case Outcome::failed: break;
  }
  const Time first = delivery.first_attempt.value_or(now);
  if (now - first >= patience.horizon && delivery.tries >= patience.least_tries) {
    return {DeliveryStatus::dead, now, std::nullopt};
  }
  Millis bound = patience.first_delay;
  for (int i = 1; i < delivery.tries && bound < patience.longest_delay; ++i) {
    bound *= patience.growth;
  }
  bound = std::min(bound, patience.longest_delay);
  storage::DeliveryOutcome outcome{DeliveryStatus::pending, now, std::nullopt};
  outcome.due =
      now +
      Millis{static_cast<std::int64_t>(random % static_cast<std::uint64_t>(bound.count() + 1))};
  if (tried.retry_after) {
    outcome.hold_until = now + std::min(*tried.retry_after, patience.longest_delay);
    outcome.due = std::max(outcome.due, *outcome.hold_until);
  }
  return outcome;
}

std::string given_up(const storage::DeliveryHealth& health, Time now, const Patience& patience) {
  if (health.dead_in_row >= patience.dead_in_row) {
    return std::to_string(health.dead_in_row) + " deliveries in a row were given up.";
  }
  if (health.failing_since && now - *health.failing_since >= patience.failing_for) {
    return "Nothing has come through since " + format_time(*health.failing_since) + ".";
  }
  return {};
}

}  // namespace factory::webhook
