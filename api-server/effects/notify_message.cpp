#include "effects/notify_message.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "engine/runner.hpp"
#include "flows/slices.hpp"
#include "slices/user/user.hpp"

namespace factory::effects {

namespace {

using nlohmann::json;

constexpr std::size_t most_listed = 20;

std::string text_of(const json& doc, const char* name) { return doc.value(name, std::string()); }

template <class Enum>
Enum enum_of(const json& doc, const char* name, Enum fallback) {
  return enum_from<Enum>(text_of(doc, name)).value_or(fallback);
}

void list_titles(Message& message, std::vector<std::string> titles) {
  const std::size_t all = titles.size() + 1;
  titles.insert(titles.begin(), message.title);
  message.type = "notification.digest";
  message.title = std::to_string(all) + " things wait for attention";
  message.text.clear();
  for (std::size_t i = 0; i < titles.size() && i < most_listed; ++i) {
    message.text += "- " + titles[i] + "\n";
  }
  if (titles.size() > most_listed) {
    message.text += "- and " + std::to_string(titles.size() - most_listed) + " more\n";
  }
  message.fields.clear();
  message.deadline.reset();
}

}  // namespace

Reach reach_of(const std::string& person, storage::Store& store) {
  Reach reach;
  const std::string stream = preference::stream_of(person);
  if (const engine::Slice* const slice = engine::slice_of(all_slices(), stream)) {
    const engine::LoadedStream loaded = engine::load_stream(store, *slice, stream);
    reach.set = static_cast<const preference::State*>(loaded.state.get())->set;
  }
  if (const auto account = store.get_view(user::stream_of(person))) {
    reach.account_email = text_of(json::parse(account->doc), "email");
  }
  return reach;
}

int step_of(const storage::EffectRow& effect) {
  const std::string subject = text_of(json::parse(effect.payload), "subject");
  const std::size_t slash = subject.rfind('/');
  if (slash == std::string::npos || subject.size() - slash > 4) return -1;
  int step = 0;
  for (const char c : subject.substr(slash + 1)) {
    if (c < '0' || c > '9') return -1;
    step = step * 10 + (c - '0');
  }
  return step;
}

std::optional<Message> message_of_step(const json& task, int step, storage::Store& store) {
  const json told = task.value("notified", json::array());
  const auto found = std::find_if(told.rbegin(), told.rend(), [&](const json& each) {
    return each.value("number", -1) == step;
  });
  if (found == told.rend()) return std::nullopt;
  Message message;
  message.type = "task.reminded";
  const bool approval = text_of(task, "type") == "approval";
  message.title = (approval ? "Approval required: " : "Waiting: ") + text_of(task, "title");
  message.text = text_of(task, "description");
  message.severity = enum_of(*found, "severity", Urgency::info);
  message.mention = enum_of(*found, "mention", Mention::nobody);
  message.people = found->value("to", std::vector<std::string>{});
  message.fields = {{"Pipeline", text_of(task, "pipeline_name")},
                    {"Stage", text_of(task, "stage")},
                    {"Priority", text_of(task, "priority")},
                    {"Step", text_of(*found, "step")}};
  std::erase_if(message.fields, [](const auto& field) { return field.second.empty(); });
  message.deadline = parse_time(text_of(task, "sla_deadline"));
  message.at = parse_time(text_of(*found, "at")).value_or(Time{});
  message.data = task.dump();
  if (message.mention == Mention::nobody) return message;
  for (const std::string& person : message.people) {
    const Reach reach = reach_of(person, store);
    const bool wanted = preference::wants(reach.set, NotifyChannel::discord, message.severity);
    if (!reach.set.discord.empty() && wanted) message.discord_ids.push_back(reach.set.discord);
  }
  return message;
}

Message message_of(const json& notification) {
  Message message;
  message.type = text_of(notification, "type");
  message.title = text_of(notification, "title");
  message.text = text_of(notification, "body");
  message.severity = enum_of(notification, "severity", Urgency::info);
  message.people = {text_of(notification, "recipient")};
  message.at = parse_time(text_of(notification, "created_at")).value_or(Time{});
  message.data = notification.dump();
  return message;
}

void add_to_digest(Message& message, const std::vector<storage::ViewRow>& others,
                   const std::string& url) {
  std::vector<std::string> titles;
  for (const storage::ViewRow& other : others) {
    const Message each = message_of(json::parse(other.doc));
    message.severity = std::max(message.severity, each.severity);
    titles.push_back(each.title);
  }
  list_titles(message, std::move(titles));
  message.url = url;
}

void add_to_digest(Message& message, const std::vector<storage::EffectRow>& others,
                   storage::Store& store) {
  std::vector<std::string> titles;
  std::set<std::string> ids(message.discord_ids.begin(), message.discord_ids.end());
  for (const storage::EffectRow& other : others) {
    const auto row = store.get_view(other.stream);
    if (!row) continue;
    const auto each = message_of_step(json::parse(row->doc), step_of(other), store);
    if (!each) continue;
    message.severity = std::max(message.severity, each->severity);
    message.mention = std::max(message.mention, each->mention);
    ids.insert(each->discord_ids.begin(), each->discord_ids.end());
    titles.push_back(each->title);
  }
  message.discord_ids.assign(ids.begin(), ids.end());
  list_titles(message, std::move(titles));
}

}  // namespace factory::effects
