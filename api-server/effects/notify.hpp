#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "common/clock.hpp"
#include "effects/channel.hpp"
#include "effects/notify_settings.hpp"
#include "engine/outbox.hpp"
#include "engine/runner.hpp"
#include "storage/store.hpp"

namespace factory::effects {

/// What the notifier works with. References must outlive it.
struct NotifierParts {
  engine::Runner& runner;
  storage::Store& store;
  const Clock& clock;
  /// Of this server, for links; called when something is told.
  std::function<std::string()> public_url;
  /// An attempt that took so long and came to nothing hung.
  Millis hangs_after{3'000};
};

/// Carries out the effects "notify.<channel>". Before anything is sent it is looked at again:
/// what was decided, read or dismissed meanwhile, and what its recipient does not want, is
/// obsolete. Where more would go to one place within the window than the settings allow, one
/// message tells of all that waits there. A channel that hangs is left alone for a while, longer
/// each time, so that it does not keep the others waiting. Done at least once: a crash between
/// sending and noting it sends again, with the same id.
class Notifier {
 public:
  Notifier(NotifierParts parts, NotifySettings settings,
           std::map<NotifyChannel, std::unique_ptr<Channel>> channels);

  /// One handler for each channel that there is.
  std::map<std::string, engine::EffectHandler> handlers();

 private:
  engine::Attempt tell_all(NotifyChannel channel, const storage::EffectRow& effect,
                           const std::stop_token& stop);
  engine::Attempt tell_one(NotifyChannel channel, const storage::EffectRow& effect,
                           const std::stop_token& stop);
  engine::Attempt send(NotifyChannel channel, const Message& message, const std::string& address,
                       const std::stop_token& stop);
  /// For how long a channel is left alone; nullopt: it is not.
  std::optional<Millis> rests(NotifyChannel channel);
  bool still_waits(const std::string& stream);
  /// Writes down that these went out.
  void noted(NotifyChannel channel, const std::vector<std::string>& streams, bool in_digest);
  [[nodiscard]] std::string link(const std::string& path) const;
  /// For how long nothing may go there; nullopt: it may go now.
  std::optional<Millis> crowded(const std::string& place);
  void count(const std::string& place, const std::string& effect);
  /// Effects of the same kind that are due, too.
  std::vector<storage::EffectRow> waiting_beside(const storage::EffectRow& effect);

  const NotifierParts parts_;
  const NotifySettings settings_;
  std::map<NotifyChannel, std::unique_ptr<Channel>> channels_;
  std::mutex mutex_;
  std::map<std::string, std::deque<Time>> sent_;  ///< when, by place, within the window
  struct Rest {
    Time until{};
    Millis length{};
  };
  std::map<NotifyChannel, Rest> rests_;  ///< of those that hang
  std::set<std::string> covered_;        ///< effects that a digest told of
  std::deque<std::string> told_;         ///< the last effects that went out
};

/// The channels that the settings name.
std::map<NotifyChannel, std::unique_ptr<Channel>> make_channels(const NotifySettings& settings,
                                                                ChannelParts parts);

}  // namespace factory::effects
