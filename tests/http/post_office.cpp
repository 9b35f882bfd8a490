#include "tests/http/post_office.hpp"

#include <chrono>
#include <sstream>
#include <stdexcept>

#include "common/text.hpp"

namespace factory::test {

using nlohmann::json;

std::string Got::place() const {
  const json sent = event();
  return sent.at("subject").get<std::string>() + " " +
         std::to_string(std::stoll(sent.at("sequence").get<std::string>()));
}

Inbox::Inbox()
    : answer_([](const Got&) { return ok("thanks"); }),
      server_([this](const std::string& request) { return take(request); }) {}

void Inbox::answer(Answer answer) {
  const std::lock_guard lock(mutex_);
  answer_ = std::move(answer);
}

void Inbox::answer(int status, const std::string& headers) {
  answer([=](const Got&) {
    return "HTTP/1.1 " + std::to_string(status) + " Word\r\nContent-Length: 0\r\n" + headers +
           "\r\n";
  });
}

std::vector<Got> Inbox::got() const {
  const std::lock_guard lock(mutex_);
  return got_;
}

std::vector<std::string> Inbox::places() const {
  std::vector<std::string> all;
  for (const Got& one : got()) all.push_back(one.place());
  return all;
}

void Inbox::clear() {
  const std::lock_guard lock(mutex_);
  got_.clear();
}

void Inbox::wait_for(std::size_t count) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, std::chrono::seconds(30), [&] { return got_.size() >= count; })) {
    throw std::runtime_error("of " + std::to_string(count) + " deliveries came " +
                             std::to_string(got_.size()));
  }
}

std::string Inbox::take(const std::string& request) {
  Got got;
  const std::size_t end = request.find("\r\n\r\n");
  got.body = request.substr(end + 4);
  std::istringstream head(request.substr(0, end));
  for (std::string line; std::getline(head, line);) {
    const std::size_t colon = line.find(": ");
    if (colon == std::string::npos) continue;
    got.headers[ascii_lower(line.substr(0, colon))] =
        line.substr(colon + 2, line.find('\r') - colon - 2);
  }
  got.id = got.headers["webhook-id"];
  Answer answer;
  {
    const std::lock_guard lock(mutex_);
    got_.push_back(got);
    answer = answer_;
  }
  changed_.notify_all();
  return answer(got);
}

PostOffice::PostOffice(std::vector<std::string> may_call, int workers)
    : allowed(std::move(may_call)), site([this, workers](AppOptions& options) {
        options.webhooks.workers = workers;
        options.webhooks.timeouts = {Millis{1000}, Millis{1000}};
        options.webhook_allowed = AddressRanges::read(allowed).value();
      }) {}

json PostOffice::webhook(const Inbox& inbox, std::vector<std::string> events, const json& more) {
  json body{{"url", inbox.url()}, {"events", std::move(events)}};
  body.update(more);
  return site.owner("POST /v1/webhooks", body);
}

void PostOffice::run_for(Millis total, Millis step) {
  for (Millis gone{0}; gone < total; gone += step) {
    site.clock->advance(step);
    run();
  }
}

void PostOffice::group(const std::string& name) { site.owner("POST /v1/groups", {{"name", name}}); }

void PostOffice::change(const std::string& name) {
  bool& member = member_[name];
  if (member) {
    site.owner("DELETE /v1/groups/" + name + "/members/owner");
  } else {
    site.owner("POST /v1/groups/" + name + "/members", {{"name", "owner"}});
  }
  member = !member;
}

std::string PostOffice::entity(const std::string& name) {
  return site.owner("GET /v1/groups/" + name).at("id");
}

json PostOffice::deliveries(const json& webhook, const std::string& filter) {
  const std::string id = webhook.at("id");
  return site.owner("GET /v1/webhooks/" + id + "/deliveries?limit=100" + filter).at("deliveries");
}

json PostOffice::post(const json& webhook, const std::string& what, const json& body) {
  const std::string id = webhook.at("id");
  const bool bare = what == "enable" || what == "test" || what.ends_with("/replay");
  return site.owner("POST /v1/webhooks/" + id + "/" + what, bare ? json() : body);
}

json PostOffice::get(const json& webhook) {
  return site.owner("GET /v1/webhooks/" + webhook.at("id").get<std::string>());
}

}  // namespace factory::test
