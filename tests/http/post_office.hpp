#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "common/addresses.hpp"
#include "tests/http/site.hpp"
#include "tests/support/tiny_server.hpp"

namespace factory::test {

/// One request that a receiver got.
struct Got {
  std::string id;
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;
  [[nodiscard]] nlohmann::json event() const { return nlohmann::json::parse(body); }
  /// "group_1 3": what it is about, and its place there.
  [[nodiscard]] std::string place() const;
};

/// A receiver on 127.0.0.1 that keeps what it gets and answers as it is told.
class Inbox {
 public:
  using Answer = std::function<std::string(const Got&)>;  ///< raw, or TinyServer::hang

  /// Says 200 until it is told otherwise.
  Inbox();
  void answer(Answer answer);
  void answer(int status, const std::string& headers = {});

  [[nodiscard]] std::string url() const { return server_.url("/hook"); }
  [[nodiscard]] std::vector<Got> got() const;
  [[nodiscard]] std::vector<std::string> places() const;
  void clear();
  /// Returns when `count` have come; throws after half a minute.
  void wait_for(std::size_t count);
  TinyServer& server() { return server_; }

 private:
  std::string take(const std::string& request);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Answer answer_;
  std::vector<Got> got_;
  TinyServer server_;  // last: its threads use the rest
};

/// A server whose deliveries are carried by hand: run() does all that is due and returns.
class PostOffice {
 public:
  explicit PostOffice(std::vector<std::string> may_call = {"127.0.0.1"}, int workers = 0);

  /// Registers a webhook; its document, with the secret.
  nlohmann::json webhook(const Inbox& inbox, std::vector<std::string> events = {"group.*"},
                         const nlohmann::json& more = nlohmann::json::object());
  void run() {
    while (site.app().courier().step({})) {
    }
  }
  /// Moves the clock by `total`, in steps, and does what is due at each.
  void run_for(Millis total, Millis step = Millis{600'000});
  /// Makes a group; further changes of it are events of the same entity.
  void group(const std::string& name);
  void change(const std::string& name);
  [[nodiscard]] std::string entity(const std::string& name);
  nlohmann::json deliveries(const nlohmann::json& webhook, const std::string& filter = "");
  nlohmann::json post(const nlohmann::json& webhook, const std::string& what,
                      const nlohmann::json& body = nlohmann::json::object());
  nlohmann::json get(const nlohmann::json& webhook);

  std::vector<std::string> allowed;
  Site site;

 private:
  std::map<std::string, bool> member_;
};

inline constexpr Millis one_hour{3'600'000};

}  // namespace factory::test
