#include <algorithm>
#include <mutex>
#include <nlohmann/json.hpp>

#include "common/text.hpp"
#include "effects/channel.hpp"

namespace factory::effects {

namespace {

using engine::Attempt;
using nlohmann::json;

// What Discord's documentation allows, in characters. Cutting counts bytes, of which there are
// never fewer.
constexpr std::size_t longest_title = 256;
constexpr std::size_t longest_text = 2'000;  ///< of 4,096, so that all together stay below 6,000
constexpr std::size_t longest_name = 256;
constexpr std::size_t longest_value = 1'024;
constexpr std::size_t most_fields = 25;
constexpr std::size_t longest_embed = 6'000;
constexpr std::size_t most_mentions = 100;  ///< ids in allowed_mentions
constexpr std::size_t longest_content = 2'000;

constexpr int color_of(Urgency severity) {
  switch (severity) {
    case Urgency::info: return 0x3498DB;
    case Urgency::warning: return 0xFFA500;
    case Urgency::urgent: return 0xE67E22;
    case Urgency::critical: return 0xE74C3C;
  }
  return 0;
}

/// At most so many bytes, with "…" if anything was cut.
std::string cut(const std::string& text, std::size_t most) {
  return text.size() <= most ? text : excerpt(text, most - std::string_view("…").size());
}

/// Without what Discord would read as a mention.
std::string harmless(std::string text) {
  for (std::size_t at = text.find('@'); at != std::string::npos; at = text.find('@', at + 4)) {
    text.insert(at + 1, "\u200b");
  }
  return text;
}

json embed_of(const Message& message) {
  json embed{{"title", cut(message.title, longest_title)},
             {"color", color_of(message.severity)},
             {"timestamp", format_time(message.at)}};
  std::size_t size = embed["title"].get_ref<const std::string&>().size();
  if (!message.text.empty()) embed["description"] = cut(message.text, longest_text);
  if (embed.contains("description")) {
    size += embed["description"].get_ref<const std::string&>().size();
  }
  if (!message.url.empty()) embed["url"] = message.url;
  json fields = json::array();
  const auto add = [&](const std::string& name, const std::string& value) {
    if (fields.size() == most_fields || value.empty()) return;
    const std::string short_name = cut(name, longest_name);
    const std::string short_value = cut(value, longest_value);
    if (size + short_name.size() + short_value.size() > longest_embed) return;
    size += short_name.size() + short_value.size();
    fields.push_back({{"name", short_name}, {"value", short_value}, {"inline", true}});
  };
  if (message.deadline) {
    const std::int64_t seconds = to_millis(*message.deadline) / 1000;
    add("SLA Deadline", "<t:" + std::to_string(seconds) + ":R>");
  }
  for (const auto& [name, value] : message.fields) add(name, value);
  if (!fields.empty()) embed["fields"] = std::move(fields);
  return embed;
}

json payload_of(const Message& message, const std::string& username) {
  json payload{{"embeds", json::array({embed_of(message)})}};
  if (!username.empty()) payload["username"] = username;
  std::string content;
  json allowed{{"parse", json::array()}};
  if (message.mention == Mention::here) content = "@here";
  if (message.mention == Mention::everyone) content = "@everyone";
  if (!content.empty()) allowed["parse"].push_back("everyone");
  if (message.mention != Mention::nobody && !message.discord_ids.empty()) {
    json ids = json::array();
    for (const std::string& id : message.discord_ids) {
      const std::string mention = " <@" + id + ">";
      if (ids.size() == most_mentions || content.size() + mention.size() > longest_content) break;
      content += mention;
      ids.push_back(id);
    }
    allowed["users"] = std::move(ids);
  }
  if (!content.empty()) payload["content"] = content.starts_with(' ') ? content.substr(1) : content;
  payload["allowed_mentions"] = std::move(allowed);
  return payload;
}

class Discord final : public Channel {
 public:
  Discord(DiscordSettings settings, ChannelParts parts)
      : settings_(std::move(settings)), parts_(parts) {}

  Attempt send(const Message& message, const std::string& /*address*/,
               const std::stop_token& stop) override {
    if (const auto wait = held()) {
      return {Attempt::Outcome::later, "discord's rate limit is waited out", wait};
    }
    Message safe = message;
    safe.title = harmless(std::move(safe.title));
    safe.text = harmless(std::move(safe.text));
    const bool alert = message.severity >= Urgency::urgent && !settings_.alert_url.empty();
    HttpRequest request;
    request.method = "POST";
    request.url = alert ? settings_.alert_url : settings_.url;
    request.headers = {{"Content-Type", "application/json"}};
    request.body = payload_of(safe, settings_.username).dump();
    request.timeout = Millis{10'000};
    const Result<HttpResponse> answer = parts_.client.send(request, stop);
    Attempt attempt = judge("discord", answer);
    if (answer) hold(*answer, attempt);
    return attempt;
  }

 private:
  /// For how long nothing may be sent yet.
  std::optional<Millis> held() {
    const std::lock_guard lock(mutex_);
    const Time now = parts_.clock.now();
    if (now >= until_) return std::nullopt;
    return until_ - now;
  }

  void hold(const HttpResponse& answer, Attempt& attempt) {
    const auto remaining = answer.headers.find("x-ratelimit-remaining");
    const bool spent = remaining != answer.headers.end() && remaining->second == "0";
    if (answer.status != 429 && !spent) return;
    const auto reset = seconds_of(answer, "x-ratelimit-reset-after");
    const Millis wait =
        std::clamp(std::max(reset.value_or(Millis{1000}), attempt.after.value_or(Millis{0})),
                   Millis{100}, Millis{3'600'000});
    if (answer.status == 429) attempt.after = wait;
    const std::lock_guard lock(mutex_);
    until_ = std::max(until_, parts_.clock.now() + wait);
  }

  const DiscordSettings settings_;
  const ChannelParts parts_;
  std::mutex mutex_;
  Time until_{};
};

}  // namespace

std::unique_ptr<Channel> discord_channel(DiscordSettings settings, ChannelParts parts) {
  return std::make_unique<Discord>(std::move(settings), parts);
}

}  // namespace factory::effects
