#include "effects/notify.hpp"

#include <algorithm>
#include <chrono>
#include <future>
#include <nlohmann/json.hpp>

#include "common/log.hpp"
#include "common/text.hpp"
#include "effects/notify_message.hpp"
#include "slices/notification/notification.hpp"

namespace factory::effects {

namespace {

using engine::Attempt;
using nlohmann::json;

constexpr int most_in_digest = 100;
constexpr std::size_t most_remembered = 1000;
constexpr Millis shortest_rest{30'000};
constexpr Millis longest_rest{300'000};

Attempt obsolete() { return {Attempt::Outcome::obsolete, "", {}}; }

Attempt later(Millis wait, std::string why) {
  return {Attempt::Outcome::later, std::move(why), std::max(wait, Millis{1000})};
}

bool is_open(const storage::ViewRow& row) {
  return row.status == "pending" || row.status == "claimed" || row.status == "in_progress" ||
         row.status == "escalated";
}

std::string text_of(const json& doc, const char* name) { return doc.value(name, std::string()); }

}  // namespace

Notifier::Notifier(NotifierParts parts, NotifySettings settings,
                   std::map<NotifyChannel, std::unique_ptr<Channel>> channels)
    : parts_(std::move(parts)), settings_(std::move(settings)), channels_(std::move(channels)) {}

std::map<std::string, engine::EffectHandler> Notifier::handlers() {
  std::map<std::string, engine::EffectHandler> all;
  for (const auto& [channel, sender] : channels_) {
    all[effect_kind(channel)] = [this, which = channel](const storage::EffectRow& effect,
                                                        const std::stop_token& stop) {
      return is_shared(which) ? tell_all(which, effect, stop) : tell_one(which, effect, stop);
    };
  }
  return all;
}

std::string Notifier::link(const std::string& path) const {
  return path.empty() ? "" : parts_.public_url() + path;
}

Attempt Notifier::send(NotifyChannel channel, const Message& message, const std::string& address,
                       const std::stop_token& stop) {
  const auto begun = std::chrono::steady_clock::now();
  Attempt attempt = channels_.at(channel)->send(message, address, stop);
  const bool slow = std::chrono::steady_clock::now() - begun >= parts_.hangs_after;
  const std::lock_guard lock(mutex_);
  if (attempt.outcome != Attempt::Outcome::retry || !slow) {
    rests_.erase(channel);
    return attempt;
  }
  Rest& rest = rests_[channel];
  rest.length = std::clamp(2 * rest.length, shortest_rest, longest_rest);
  rest.until = parts_.clock.now() + rest.length;
  return attempt;
}

std::optional<Millis> Notifier::rests(NotifyChannel channel) {
  const Time now = parts_.clock.now();
  const std::lock_guard lock(mutex_);
  const auto found = rests_.find(channel);
  if (found == rests_.end() || found->second.until <= now) return std::nullopt;
  return found->second.until - now;
}

bool Notifier::still_waits(const std::string& stream) {
  const auto row = parts_.store.get_view(stream);
  return row && is_open(*row);
}

std::optional<Millis> Notifier::crowded(const std::string& place) {
  const Time now = parts_.clock.now();
  const std::lock_guard lock(mutex_);
  std::deque<Time>& times = sent_[place];
  while (!times.empty() && now - times.front() >= settings_.digest_window) times.pop_front();
  if (times.size() < static_cast<std::size_t>(settings_.digest_above)) return std::nullopt;
  return settings_.digest_window - (now - times.front());
}

void Notifier::count(const std::string& place, const std::string& effect) {
  const std::lock_guard lock(mutex_);
  sent_[place].push_back(parts_.clock.now());
  told_.push_back(effect);
  if (told_.size() > most_remembered) told_.pop_front();
}

/// What this batch has sent is leased until its end, and waits no more.
std::vector<storage::EffectRow> Notifier::waiting_beside(const storage::EffectRow& effect) {
  std::vector<storage::EffectRow> others;
  const Time now = parts_.clock.now();
  for (const char* const status : {"leased", "pending"}) {
    for (auto& each : parts_.store.list_effects(status, most_in_digest)) {
      const bool due = each.status == "leased" || each.due <= now;
      if (each.kind == effect.kind && each.id != effect.id && due) {
        others.push_back(std::move(each));
      }
    }
  }
  const std::lock_guard lock(mutex_);
  std::erase_if(others, [this](const storage::EffectRow& each) {
    return std::find(told_.begin(), told_.end(), each.id) != told_.end();
  });
  return others;
}

/// To where several read: one message of a task's step, or one of all that waits to go there.
Attempt Notifier::tell_all(NotifyChannel channel, const storage::EffectRow& effect,
                           const std::stop_token& stop) {
  {
    const std::lock_guard lock(mutex_);
    if (covered_.erase(effect.id) > 0) return {};
  }
  const auto row = parts_.store.get_view(effect.stream);
  if (!row || !is_open(*row)) return obsolete();
  const json task = json::parse(row->doc);
  auto message = message_of_step(task, step_of(effect), parts_.store);
  if (!message) return obsolete();
  if (const auto left = rests(channel)) return later(*left, "the channel hangs");
  message->id = effect.id;
  message->url = link("/v1/tasks/" + row->id);
  const std::string place = effect.kind;
  const auto wait = crowded(place);
  if (wait && message->severity < Urgency::critical) return later(*wait, "told of in a digest");
  const std::vector<storage::EffectRow> others = waiting_beside(effect);
  const bool digest = others.size() + 1 > static_cast<std::size_t>(settings_.digest_above);
  if (digest) add_to_digest(*message, others, parts_.store);
  Attempt attempt = send(channel, *message, "", stop);
  if (attempt.outcome != Attempt::Outcome::done) return attempt;
  count(place, effect.id);
  const std::lock_guard lock(mutex_);
  if (digest) {
    for (const storage::EffectRow& other : others) covered_.insert(other.id);
  }
  return attempt;
}

/// To one person: a notification, or one message of all that was not sent to them yet.
Attempt Notifier::tell_one(NotifyChannel channel, const storage::EffectRow& effect,
                           const std::stop_token& stop) {
  const auto row = parts_.store.get_view(effect.stream);
  if (!row || row->status != name_of(notification::Status::unread)) return obsolete();
  const json told = json::parse(row->doc);
  for (const json& sent : told.at("delivered_via")) {
    if (sent.at("channel") == name_of(channel)) return obsolete();
  }
  if (told.value("waits", false) && told.at("entity_type") == "task" &&
      !still_waits(told.at("entity_id"))) {
    return obsolete();
  }
  const std::string recipient = told.at("recipient");
  const Reach reach = reach_of(recipient, parts_.store);
  Message message = message_of(told);
  const std::string address = channel == NotifyChannel::email ? reach.email() : reach.set.phone;
  if (address.empty() || !preference::wants(reach.set, channel, message.severity)) {
    return obsolete();
  }
  if (const auto left = rests(channel)) return later(*left, "the channel hangs");
  const bool pressing = message.severity == Urgency::critical;
  if (!pressing && reach.set.quiet) {
    if (const auto left = reach.set.quiet->left(parts_.clock.now())) {
      return later(*left, "waits for the end of quiet hours");
    }
  }
  const std::string place = effect.kind + ":" + recipient;
  const auto wait = crowded(place);
  if (wait && !pressing) return later(*wait, "told of in a digest");
  storage::ViewQuery query;
  query.tag = storage::Tag{notification::unsent_key(channel, recipient), "", 0, 0};
  query.limit = most_in_digest;
  std::vector<storage::ViewRow> unsent = parts_.store.query_views(query).rows;
  std::erase_if(unsent, [&](const storage::ViewRow& each) {
    const json doc = json::parse(each.doc);
    return each.id == row->id || (doc.value("waits", false) && doc.at("entity_type") == "task" &&
                                  !still_waits(doc.at("entity_id")));
  });
  const bool digest = unsent.size() + 1 > static_cast<std::size_t>(settings_.digest_above);
  message.id = effect.id;
  message.url = link(text_of(told, "action_url"));
  if (digest) add_to_digest(message, unsent, link("/v1/notifications"));
  Attempt attempt = send(channel, message, address, stop);
  if (attempt.outcome != Attempt::Outcome::done) return attempt;
  count(place, effect.id);
  std::vector<std::string> told_of{row->id};
  if (digest) {
    for (const storage::ViewRow& other : unsent) told_of.push_back(other.id);
  }
  noted(channel, told_of, digest);
  return attempt;
}

/// While others wait for the writer they go one by one, each with a flush that is due anyway.
void Notifier::noted(NotifyChannel channel, const std::vector<std::string>& streams,
                     bool in_digest) {
  for (std::size_t at = 0; at < streams.size();) {
    const std::size_t end = parts_.runner.waiting() > 0 ? at + 1 : streams.size();
    std::vector<std::future<Result<engine::Reply>>> answers;
    for (std::size_t i = at; i < end; ++i) {
      engine::Call call;
      call.command = {streams[i],
                      notification::Command{notification::MarkDelivered{channel, in_digest}}};
      answers.push_back(parts_.runner.submit(std::move(call)));
    }
    for (auto& answer : answers) {
      const auto done = answer.get();
      const std::string& stream = streams[at++];
      if (done) continue;
      log(LogLevel::warning, "that a notification was sent could not be noted",
          {{"notification", stream}, {"why", done.error().detail}});
    }
  }
}

std::map<NotifyChannel, std::unique_ptr<Channel>> make_channels(const NotifySettings& settings,
                                                                ChannelParts parts) {
  std::map<NotifyChannel, std::unique_ptr<Channel>> all;
  if (settings.discord) all[NotifyChannel::discord] = discord_channel(*settings.discord, parts);
  if (settings.slack) all[NotifyChannel::slack] = slack_channel(*settings.slack, parts);
  if (settings.webhook) all[NotifyChannel::webhook] = webhook_channel(*settings.webhook, parts);
  if (settings.email) all[NotifyChannel::email] = mail_channel(*settings.email);
  if (settings.sms) all[NotifyChannel::sms] = provider_channel("sms", *settings.sms, parts);
  if (settings.phone) all[NotifyChannel::phone] = provider_channel("phone", *settings.phone, parts);
  if (settings.log) all[NotifyChannel::log] = log_channel();
  return all;
}

}  // namespace factory::effects
