#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"
#include "effects/channel.hpp"

namespace factory::effects {

/// Through what people are told outside of the house. A channel without settings is passed over.
struct NotifySettings {
  std::optional<DiscordSettings> discord;
  std::optional<SlackSettings> slack;
  std::optional<SignedWebhookSettings> webhook;
  std::optional<MailSettings> email;
  std::optional<ProviderSettings> sms;
  std::optional<ProviderSettings> phone;
  bool log = false;
  int digest_above = 5;           ///< so many messages to one place within the window, then one
  Millis digest_window{600'000};  ///< of them all

  /// The kinds of effects that are carried out: "notify.email".
  [[nodiscard]] std::vector<std::string> kinds() const;
};

/// Reads the JSON file of the channels, which nobody else may read: it may hold secrets.
/// `not_found` if there is none; `invalid_request` that names every field that is wrong.
Result<NotifySettings> read_notify_settings(const std::string& file);

/// The same of text. A secret is a text, {"file": path} of a file that nobody else may read, or
/// {"env": name} of an environment variable.
Result<NotifySettings> parse_notify_settings(std::string_view text);

}  // namespace factory::effects
