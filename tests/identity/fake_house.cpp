#include "tests/identity/fake_house.hpp"

namespace factory::test {

FakeHouse::FakeHouse() : server_(std::make_unique<http::Server>(*this)) {
  url_ = server_->start("127.0.0.1", 0).value();
}

void FakeHouse::say(const std::string& path, const nlohmann::json& body, int status) {
  const std::lock_guard lock(mutex_);
  pages_[path].text = body.dump();
  pages_[path].status = status;
}

int FakeHouse::calls(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  const auto page = pages_.find(path);
  return page == pages_.end() ? 0 : page->second.calls;
}

std::string FakeHouse::body(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  return pages_.at(path).body;
}

std::string FakeHouse::authorization(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  return pages_.at(path).authorization;
}

http::Outgoing FakeHouse::answer(http::Incoming& request) {
  const http::Head& head = request.head();
  const auto body = request.read_body(0);
  const std::lock_guard lock(mutex_);
  Page& page = pages_[std::string(head.target)];
  ++page.calls;
  page.body = body ? *body : "";
  page.authorization = head.header("Authorization");
  http::Outgoing outgoing;
  outgoing.status = page.status;
  outgoing.headers.emplace_back("Content-Type", "application/json");
  outgoing.body = page.text;
  return outgoing;
}

http::Outgoing FakeHouse::refuse(const http::Refusal& /*refusal*/) {
  http::Outgoing outgoing;
  outgoing.status = 400;
  return outgoing;
}

}  // namespace factory::test
