#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "common/mcp/features.hpp"
#include "common/mcp/jsonrpc.hpp"
#include "common/mcp/versions.hpp"

namespace factory::mcp {

struct Method;

/// One connection: messages in, messages out, in both eras at once. A modern request carries all
/// that it needs; `initialize` fixes the revision of the legacy requests that follow.
///
/// Lists and the like are answered within receive(); what asks the backend is handed to `run`, so
/// that any number of requests can be under way, and be answered in any order.
class Session {
 public:
  /// Takes one encoded message, without a line feed. Called from any thread.
  using Send = std::function<void(std::string)>;
  /// Runs the job soon, on another thread or at once; false if it takes no more jobs now.
  using Run = std::function<bool(std::function<void()>)>;

  /// `features` must outlive this, and this all jobs given to `run`.
  Session(const Features& features, Send send, Run run);

  /// Takes one line from the client. Never throws for what it says. One thread at a time.
  void receive(std::string_view line);

  /// Takes the beginning of a line that was longer than `limit` bytes and has been thrown away:
  /// the request is refused under its id, if that can be read. Same thread as receive().
  void receive_oversized(std::string_view beginning, std::size_t limit);

  /// Cancels what is under way; nothing is sent for it any more. Thread-safe.
  void stop();

  /// How many requests are under way. Thread-safe.
  [[nodiscard]] std::size_t in_flight() const;

 private:
  struct Flight {
    std::stop_source stop;
    bool cancelled = false;  ///< under mutex_
  };
  class Batch;
  /// Takes the answer to one request, or nothing if there is none to send.
  using Finish = std::function<void(std::optional<nlohmann::json>)>;
  struct Resolved {
    const Method* method = nullptr;
    const Revision* revision = nullptr;
    std::optional<RpcError> error;
  };

  void receive_batch(std::vector<Message> messages);
  void handle(Message message, bool in_batch, const Finish& finish);
  void handle_request(Request request, bool in_batch, const Finish& finish);
  void handle_notification(const Notification& notification);
  void start_job(Request request, const Resolved& resolved, const Finish& finish);
  /// Takes the flight off the list; false if it was cancelled.
  bool land(const std::string& key, const Flight& flight);
  [[nodiscard]] Resolved resolve(const Request& request) const;
  [[nodiscard]] nlohmann::json answer(const nlohmann::json& id, const Revision& revision,
                                      Outcome outcome) const;
  Outcome run_method(const Method& method, const Call& call);
  Outcome initialize(const Call& call);
  Outcome set_log_level(const Call& call);
  void cancel(const nlohmann::json& params);
  /// Says that something cannot be answered, as its id cannot be read.
  void complain(const RpcError& error);
  void send(const nlohmann::json& message);

  const Features& features_;
  Send send_;
  Run run_;
  const Revision* legacy_ = nullptr;  ///< set by `initialize`
  int log_level_ = 0;                 ///< of legacy clients, see log_level_rank()
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Flight>> flights_;  ///< by id_key()
  friend struct Method;
};

}  // namespace factory::mcp
