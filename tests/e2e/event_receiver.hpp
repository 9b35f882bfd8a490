#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

#include "tests/e2e/program.hpp"
#include "tests/support/tiny_server.hpp"

namespace factory::test {

/// What a webhook's receiver on 127.0.0.1 got of each entity, over however many lives of the
/// server.
class EventReceiver {
 public:
  struct Got {
    std::string id;  ///< webhook-id
    std::int64_t sequence = 0;
    std::string type;
  };

  EventReceiver();
  [[nodiscard]] std::string url() const { return server_.url("/hook"); }
  /// Has it told of what pipelines and approvals do from now on. Throws if that is refused.
  void register_at(Api& api) const;
  /// Waits until all that has happened by now was sent, however many wait before it. Throws if
  /// nothing comes for `patience`.
  void await_all(Api& api);
  /// By entity, in the order in which they came, repetitions included.
  [[nodiscard]] std::map<std::string, std::vector<Got>> all() const;

 private:
  /// As long as others come.
  void wait_for(const std::string& entity);
  std::string take(const std::string& request);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::vector<Got>> got_;
  std::size_t count_ = 0;  ///< of all that came
  TinyServer server_;      // last: its threads use the rest
};

/// Holds what came against what had to come: (entity, version, type), in order of the log. What is
/// wrong, in words, at most ten of them: something is missing, came under two ids, shares its id
/// with another, or came after a later one of its entity.
using Wanted = std::vector<std::tuple<std::string, std::int64_t, std::string>>;
std::vector<std::string> check_events(const EventReceiver& receiver, const Wanted& wanted);

}  // namespace factory::test
