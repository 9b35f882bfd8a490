#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "http/message.hpp"
#include "http/server.hpp"

namespace factory::test {

/// An identity provider's server that answers as a test wants, on a free port.
class FakeHouse final : public http::Application {
 public:
  FakeHouse();

  /// What a path answers with: status 200 unless another is given.
  void say(const std::string& path, const nlohmann::json& body, int status = 200);
  [[nodiscard]] const std::string& url() const { return url_; }
  [[nodiscard]] int calls(const std::string& path) const;
  /// The last form that came to a path, and its Authorization.
  [[nodiscard]] std::string body(const std::string& path) const;
  [[nodiscard]] std::string authorization(const std::string& path) const;
  void stop() { server_->stop(); }

  http::Outgoing answer(http::Incoming& request) override;
  http::Outgoing refuse(const http::Refusal& refusal) override;

 private:
  struct Page {
    int status = 404;
    std::string text;
    int calls = 0;
    std::string body, authorization;
  };
  mutable std::mutex mutex_;
  std::map<std::string, Page> pages_;
  std::unique_ptr<http::Server> server_;
  std::string url_;
};

}  // namespace factory::test
