#include "effects/channel.hpp"

#include <algorithm>

#include "common/log.hpp"

namespace factory::effects {

namespace {

using engine::Attempt;

constexpr Millis longest_wait{3'600'000};

class Log final : public Channel {
 public:
  Attempt send(const Message& message, const std::string& /*address*/,
               const std::stop_token& /*stop*/) override {
    std::string people;
    for (const std::string& name : message.people) people += (people.empty() ? "" : ", ") + name;
    log(message.severity >= Urgency::urgent ? LogLevel::warning : LogLevel::info,
        "something waits for people",
        {{"type", message.type},
         {"title", message.title},
         {"severity", std::string(name_of(message.severity))},
         {"people", people},
         {"url", message.url}});
    return {};
  }
};

}  // namespace

std::unique_ptr<Channel> log_channel() { return std::make_unique<Log>(); }

std::optional<Millis> seconds_of(const HttpResponse& answer, const std::string& name) {
  const auto found = answer.headers.find(name);
  if (found == answer.headers.end() || found->second.empty() || found->second.size() > 20) {
    return std::nullopt;
  }
  const std::string& text = found->second;
  const std::size_t point = std::min(text.find('.'), text.size());
  std::int64_t millis = 0;
  std::int64_t worth = 1000;  // of the last digit behind the point
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i == point) continue;
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    const std::int64_t digit = text[i] - '0';
    if (i < point) millis = std::min<std::int64_t>(millis * 10 + digit * 1000, 1'000'000'000);
    if (i > point) {
      worth /= 10;
      millis += digit * worth;
    }
  }
  return Millis{millis};
}

Attempt judge(const std::string& who, const Result<HttpResponse>& answer) {
  if (!answer) return {Attempt::Outcome::retry, who + " was not reached", {}};
  const int status = answer->status;
  if (status >= 200 && status < 300) return {};
  Attempt attempt{Attempt::Outcome::retry, who + " answered " + std::to_string(status), {}};
  if (status == 429 || status == 503) {
    attempt.after = seconds_of(*answer, "retry-after");
    if (attempt.after) attempt.after = std::clamp(*attempt.after, Millis{1000}, longest_wait);
    return attempt;
  }
  const bool again = status == 408 || status == 425 || status >= 500;
  if (!again) attempt.outcome = Attempt::Outcome::give_up;
  return attempt;
}

std::string plain_text(const Message& message) {
  std::string text = message.title + "\n";
  if (!message.text.empty()) text += "\n" + message.text + "\n";
  for (const auto& [name, value] : message.fields) text += "\n" + name + ": " + value;
  if (!message.fields.empty()) text += "\n";
  if (!message.url.empty()) text += "\n" + message.url + "\n";
  return text;
}

}  // namespace factory::effects
