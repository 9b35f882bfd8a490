#include "tests/e2e/event_receiver.hpp"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <set>

namespace factory::test {
namespace {

constexpr std::size_t most_told = 10;

std::string header(const std::string& request, const std::string& name) {
  const std::size_t at = request.find("\r\n" + name + ": ");
  if (at == std::string::npos) return "";
  const std::size_t from = at + name.size() + 4;
  return request.substr(from, request.find("\r\n", from) - from);
}

std::string place(const std::string& entity, std::int64_t sequence) {
  return entity + " " + std::to_string(sequence);
}

}  // namespace

EventReceiver::EventReceiver()
    : server_([this](const std::string& request) { return take(request); }) {}

std::string EventReceiver::take(const std::string& request) {
  const auto event = nlohmann::json::parse(request.substr(request.find("\r\n\r\n") + 4));
  Got got{header(request, "webhook-id"), std::stoll(event.at("sequence").get<std::string>()),
          event.at("type")};
  {
    const std::lock_guard lock(mutex_);
    got_[event.at("subject")].push_back(std::move(got));
    ++count_;
  }
  changed_.notify_all();
  return "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n";
}

void EventReceiver::wait_for(const std::string& entity) {
  std::unique_lock lock(mutex_);
  while (!got_.contains(entity)) {
    const std::size_t before = count_;
    if (!changed_.wait_for(lock, patience, [&] { return count_ != before; })) {
      throw std::runtime_error("nothing is told of " + entity);
    }
  }
}

void EventReceiver::register_at(Api& api) const {
  const Answer made =
      api.post("/v1/webhooks", {{"url", url()}, {"events", {"pipeline.*", "approval.*"}}});
  if (made.status != 201) throw std::runtime_error(made.body);
}

void EventReceiver::await_all(Api& api) {
  const auto hook = api.get("/v1/webhooks").json().at("webhooks").at(0);
  if (hook.at("status") != "enabled") throw std::runtime_error(hook.dump());
  // A last event of its own comes when all before it are in the queue.
  const auto last = api.post("/v1/pipelines", {{"name", "last"}, {"template", "one-gate"}}).json();
  wait_for(last.at("id"));
  const std::string path =
      "/v1/webhooks/" + hook.at("id").get<std::string>() + "/deliveries?limit=1&status=";
  const auto deadline = std::chrono::steady_clock::now() + patience;
  // What is given back by who was sending it is found by the second look.
  for (const char* const status : {"pending", "sending", "pending"}) {
    while (!api.get(path + status).json().at("deliveries").empty()) {
      if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("not all is sent");
    }
  }
}

std::map<std::string, std::vector<EventReceiver::Got>> EventReceiver::all() const {
  const std::lock_guard lock(mutex_);
  return got_;
}

std::vector<std::string> check_events(const EventReceiver& receiver, const Wanted& wanted) {
  std::vector<std::string> wrong;
  std::map<std::string, std::string> ids;     // by place
  std::map<std::string, std::string> places;  // by id
  for (const auto& [entity, got] : receiver.all()) {
    std::int64_t last = 0;
    for (const EventReceiver::Got& each : got) {
      const std::string here = place(entity, each.sequence);
      if (each.sequence < last) wrong.push_back(here + " came after " + std::to_string(last));
      last = std::max(last, each.sequence);
      if (ids.emplace(here, each.id).first->second != each.id) {
        wrong.push_back(here + " came under two ids");
      }
      if (each.id.empty() || places.emplace(each.id, here).first->second != here) {
        wrong.push_back(here + " shares its id with another");
      }
    }
  }
  for (const auto& [entity, version, type] : wanted) {
    if (!ids.contains(place(entity, version))) {
      wrong.push_back(place(entity, version) + " did not come: " + type);
    }
  }
  if (wrong.size() > most_told) {
    wrong.push_back("and " + std::to_string(wrong.size() - most_told) + " more");
    wrong.erase(wrong.begin() + most_told, wrong.end() - 1);
  }
  return wrong;
}

}  // namespace factory::test
