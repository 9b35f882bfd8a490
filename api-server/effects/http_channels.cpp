// Channels that are one POST each: Slack's incoming webhook, a signed webhook, a provider of text
// messages or calls.
#include <nlohmann/json.hpp>

#include "common/standard_webhooks.hpp"
#include "common/text.hpp"
#include "effects/channel.hpp"
#include "http/target.hpp"

namespace factory::effects {

namespace {

using engine::Attempt;
using nlohmann::json;

constexpr Millis patience{10'000};
constexpr std::size_t longest_slack_text = 3'000;
constexpr std::size_t longest_sms = 600;

HttpRequest post(const std::string& url, const char* type, std::string body) {
  HttpRequest request;
  request.method = "POST";
  request.url = url;
  request.headers = {{"Content-Type", type}};
  request.body = std::move(body);
  request.timeout = patience;
  request.max_response_bytes = 1U << 20U;
  return request;
}

void replace_all(std::string& text, std::string_view what, std::string_view by) {
  for (std::size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
}

/// What Slack reads as its own marks.
std::string escaped(std::string text) {
  replace_all(text, "&", "&amp;");
  replace_all(text, "<", "&lt;");
  replace_all(text, ">", "&gt;");
  return text;
}

class Slack final : public Channel {
 public:
  Slack(SlackSettings settings, ChannelParts parts)
      : settings_(std::move(settings)), parts_(parts) {}

  Attempt send(const Message& message, const std::string& /*address*/,
               const std::stop_token& stop) override {
    std::string text = "*" + escaped(message.title) + "*";
    if (!message.text.empty()) text += "\n" + escaped(message.text);
    for (const auto& [name, value] : message.fields) {
      text += "\n" + escaped(name) + ": " + escaped(value);
    }
    text = excerpt(text, longest_slack_text);
    if (!message.url.empty()) text += "\n<" + message.url + ">";
    if (message.mention == Mention::here) text = "<!here> " + text;
    if (message.mention == Mention::everyone) text = "<!channel> " + text;
    return judge("slack",
                 parts_.client.send(
                     post(settings_.url, "application/json", json{{"text", text}}.dump()), stop));
  }

 private:
  const SlackSettings settings_;
  const ChannelParts parts_;
};

class SignedWebhook final : public Channel {
 public:
  SignedWebhook(SignedWebhookSettings settings, ChannelParts parts)
      : settings_(std::move(settings)), parts_(parts) {}

  Attempt send(const Message& message, const std::string& /*address*/,
               const std::stop_token& stop) override {
    const json body{{"type", message.type},
                    {"timestamp", format_time(message.at)},
                    {"data",
                     {{"title", message.title},
                      {"severity", name_of(message.severity)},
                      {"people", message.people},
                      {"url", message.url},
                      {"subject", json::parse(message.data)}}}};
    HttpRequest request = post(settings_.url, "application/json", body.dump());
    const Time now = parts_.clock.now();
    request.headers.emplace_back("webhook-id", message.id);
    request.headers.emplace_back("webhook-timestamp", standard_webhooks::timestamp(now));
    request.headers.emplace_back(
        "webhook-signature",
        standard_webhooks::signatures({settings_.key}, message.id, now, request.body));
    return judge("the webhook", parts_.client.send(request, stop));
  }

 private:
  const SignedWebhookSettings settings_;
  const ChannelParts parts_;
};

class Provider final : public Channel {
 public:
  Provider(std::string name, ProviderSettings settings, ChannelParts parts)
      : name_(std::move(name)), settings_(std::move(settings)), parts_(parts) {}

  Attempt send(const Message& message, const std::string& address,
               const std::stop_token& stop) override {
    const std::string text = excerpt(message.title + ". " + message.text, longest_sms);
    HttpRequest request = post(
        settings_.url, settings_.form ? "application/x-www-form-urlencoded" : "application/json",
        filled({{"{to}", address},
                {"{title}", message.title},
                {"{text}", text},
                {"{url}", message.url},
                {"{id}", message.id}}));
    for (const auto& header : settings_.headers) request.headers.push_back(header);
    request.headers.emplace_back("Idempotency-Key", message.id);
    return judge(name_, parts_.client.send(request, stop));
  }

 private:
  /// One pass over the template, so that nothing that is put in is taken for a place.
  [[nodiscard]] std::string filled(
      const std::vector<std::pair<std::string, std::string>>& values) const {
    std::string body;
    for (std::size_t at = 0; at < settings_.body.size();) {
      bool found = false;
      for (const auto& [place, value] : values) {
        if (settings_.body.compare(at, place.size(), place) != 0) continue;
        body += encoded(value);
        at += place.size();
        found = true;
        break;
      }
      if (!found) body += settings_.body[at++];
    }
    return body;
  }

  /// In a JSON text between quotes, or in a form.
  [[nodiscard]] std::string encoded(const std::string& value) const {
    if (settings_.form) return http::percent_encode(value);
    const std::string quoted = json(value).dump();
    return quoted.substr(1, quoted.size() - 2);
  }

  const std::string name_;
  const ProviderSettings settings_;
  const ChannelParts parts_;
};

}  // namespace

std::unique_ptr<Channel> slack_channel(SlackSettings settings, ChannelParts parts) {
  return std::make_unique<Slack>(std::move(settings), parts);
}

std::unique_ptr<Channel> webhook_channel(SignedWebhookSettings settings, ChannelParts parts) {
  return std::make_unique<SignedWebhook>(std::move(settings), parts);
}

std::unique_ptr<Channel> provider_channel(std::string name, ProviderSettings settings,
                                          ChannelParts parts) {
  return std::make_unique<Provider>(std::move(name), std::move(settings), parts);
}

}  // namespace factory::effects
