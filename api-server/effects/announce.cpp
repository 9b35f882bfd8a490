#include "effects/announce.hpp"

#include <nlohmann/json.hpp>

namespace factory::effects {

namespace {

using engine::Attempt;
using nlohmann::json;

/// Whether the announcement says that something waits: then it must wait still.
bool tells_of_waiting(const std::string& subject) {
  for (const char* word : {"pending", "created", "warning", "breached", "escalated"}) {
    if (subject.find(word) != std::string::npos) return true;
  }
  return false;
}

bool waits(const storage::ViewRow& row) {
  return row.status == "pending" || row.status == "claimed" || row.status == "in_progress" ||
         row.status == "escalated";
}

}  // namespace

engine::EffectHandler announce_to(const std::string& url, HttpClient& client, storage::Store& store,
                                  const Clock& clock) {
  return [url, &client, &store, &clock](const storage::EffectRow& effect,
                                        const std::stop_token& stop) {
    const json payload = json::parse(effect.payload);
    const std::string subject = payload.at("subject").get<std::string>();
    const auto row = store.get_view(effect.stream);
    if (!row || (tells_of_waiting(subject) && !waits(*row))) {
      return Attempt{Attempt::Outcome::obsolete, ""};
    }
    HttpRequest request;
    request.method = "POST";
    request.url = url;
    request.headers = {{"Content-Type", "application/json"}, {"Idempotency-Key", effect.id}};
    if (const auto trace = payload.find("traceparent"); trace != payload.end()) {
      request.headers.emplace_back("traceparent", trace->get<std::string>());
    }
    request.body = json{{"id", effect.id},
                        {"type", subject},
                        {"at", format_time(clock.now())},
                        {"data", json::parse(row->doc)}}
                       .dump();
    request.timeout = Millis{15'000};
    const Result<HttpResponse> answer = client.send(request, stop);
    if (!answer) return Attempt{Attempt::Outcome::retry, answer.error().detail};
    if (answer->status >= 200 && answer->status < 300) return Attempt{};
    return Attempt{Attempt::Outcome::retry,
                   "the receiver answered " + std::to_string(answer->status)};
  };
}

}  // namespace factory::effects
