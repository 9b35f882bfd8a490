#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "app.hpp"
#include "common/log.hpp"
#include "common/paths.hpp"
#include "tests/http/raw_client.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/temp_dir.hpp"

namespace factory::test {

/// What came back, its body read.
struct Reply {
  int status = 0;
  nlohmann::json body;
};

/// The whole server on a free port, with a clock that is moved by hand. It can be started again in
/// the same folder.
class Site {
 public:
  static constexpr const char* phrase = "correct horse battery staple";

  /// `edit` changes what the server is started with, each time.
  explicit Site(std::function<void(AppOptions&)> edit = {}) : edit_(std::move(edit)) {
    set_log_level(LogLevel::error);  // what is refused on purpose need not be read
    start();
    const std::string file = read_secret_file(folder_.string() + "/owner.key").value();
    owner_ = file.substr(0, file.find('\n'));
  }

  void start() {
    app_.reset();
    AppOptions options;
    options.core.data = folder_.string();
    options.core.clock = clock;
    options.port = 0;
    options.check_answers = true;
    if (edit_) edit_(options);
    app_ = std::make_unique<App>(std::move(options));
  }

  /// "POST /v1/users" with this token (empty: none) and body (null: none).
  Reply call(const std::string& line, const std::string& token,
             const nlohmann::json& body = nullptr, const std::string& fields = {}) {
    RawClient client(app_->url());
    std::string head = fields;
    if (!token.empty()) head += "Authorization: Bearer " + token + "\r\n";
    if (!body.is_null()) head += "Content-Type: application/json\r\n";
    const RawAnswer answer =
        client.call(request(line, head, body.is_null() ? std::string() : body.dump()));
    return {answer.status, nlohmann::json::parse(answer.body, nullptr, false)};
  }
  /// The same by the owner, who must succeed.
  nlohmann::json owner(const std::string& line, const nlohmann::json& body = nullptr) {
    Reply reply = call(line, owner_, body);
    if (reply.status >= 300) throw std::runtime_error(line + ": " + reply.body.dump());
    return std::move(reply.body);
  }
  nlohmann::json key(const std::string& name, const std::string& role,
                     const nlohmann::json& more = nlohmann::json::object()) {
    nlohmann::json body{{"name", name}, {"role", role}};
    body.update(more);
    return owner("POST /v1/keys", body);
  }
  nlohmann::json user(const std::string& name, const std::string& role) {
    return owner("POST /v1/users", {{"name", name}, {"role", role}, {"password", phrase}});
  }
  Reply login(const std::string& name, const std::string& password = phrase) {
    return call("POST /v1/auth/login", "", {{"user", name}, {"password", password}});
  }
  int whoami(const std::string& token) { return call("GET /v1/whoami", token).status; }

  App& app() { return *app_; }
  Core& core() { return app_->core(); }
  [[nodiscard]] const std::string& owner_token() const { return owner_; }

  const std::shared_ptr<FakeClock> clock = std::make_shared<FakeClock>();

 private:
  std::function<void(AppOptions&)> edit_;
  TempDir folder_;
  std::unique_ptr<App> app_;
  std::string owner_;
};

inline constexpr Millis one_minute{60'000};

}  // namespace factory::test
