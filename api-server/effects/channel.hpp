#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "common/clock.hpp"
#include "common/http_client.hpp"
#include "common/smtp.hpp"
#include "domain/ladder.hpp"
#include "engine/outbox.hpp"

/// How somebody is told outside of the house: one interface, and what each channel takes.
namespace factory::effects {

/// What is told, whatever the channel makes of it.
struct Message {
  std::string id;    ///< of the effect: the same in each repetition
  std::string type;  ///< "task.reminded", "notification.digest"
  std::string title;
  std::string text;
  std::string url;  ///< where to look; may be empty
  Urgency severity = Urgency::info;
  Mention mention = Mention::nobody;
  std::vector<std::string> people;       ///< whom it tells, by name
  std::vector<std::string> discord_ids;  ///< of those of them who gave one
  std::vector<std::pair<std::string, std::string>> fields;
  std::optional<Time> deadline;
  Time at{};
  std::string data = "{}";  ///< JSON text of what it is about, for machines
};

/// Sends to one place (a shared channel, whose address is empty) or to one address. Thread-safe.
/// Neither the place nor a secret ever stands in an attempt's error.
class Channel {
 public:
  virtual ~Channel() = default;
  virtual engine::Attempt send(const Message& message, const std::string& address,
                               const std::stop_token& stop) = 0;
};

struct ChannelParts {
  HttpClient& client;
  const Clock& clock;
};

struct DiscordSettings {
  std::string url;        ///< of the webhook: a secret
  std::string alert_url;  ///< for what is urgent or critical; empty: the same
  std::string username;
};
struct SlackSettings {
  std::string url;
};
struct SignedWebhookSettings {
  std::string url;
  std::string key;  ///< bytes; what comes of "whsec_<base64>"
};
struct MailSettings {
  SmtpServer server;
  std::string from;
  std::string from_name;
};
/// A provider of text messages or calls: a POST in which {to}, {title}, {text} and {url} are put
/// in, encoded as the body's type asks.
struct ProviderSettings {
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  bool form = true;  ///< application/x-www-form-urlencoded; else JSON
};

/// Embeds of Discord within their documented limits; waits as its rate limit says.
std::unique_ptr<Channel> discord_channel(DiscordSettings settings, ChannelParts parts);
std::unique_ptr<Channel> slack_channel(SlackSettings settings, ChannelParts parts);
/// Signed as Standard Webhooks 1.0 says.
std::unique_ptr<Channel> webhook_channel(SignedWebhookSettings settings, ChannelParts parts);
std::unique_ptr<Channel> provider_channel(std::string name, ProviderSettings settings,
                                          ChannelParts parts);
std::unique_ptr<Channel> mail_channel(MailSettings settings);
/// A line on the server's log.
std::unique_ptr<Channel> log_channel();

/// What an HTTP answer means: 2xx is delivery; 429 and 503 are waited out as long as Retry-After
/// (at most an hour) says; another answer of 4xx would come again, and is given up; all else is
/// tried again. `who` stands in the error.
engine::Attempt judge(const std::string& who, const Result<HttpResponse>& answer);

/// Of a header field that counts seconds, with a fraction perhaps; nullopt if it is none.
std::optional<Millis> seconds_of(const HttpResponse& answer, const std::string& name);

/// "Look at it\n\nWhat…\nhttps://…" for people who read text.
std::string plain_text(const Message& message);

}  // namespace factory::effects
