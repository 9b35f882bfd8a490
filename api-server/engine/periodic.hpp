#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

#include "common/clock.hpp"

namespace factory::engine {

/// A thread that does a step again and again: at once while there is more to do, else after
/// `interval` or when poked. What a step throws is logged, and the next interval tries again.
class Periodic {
 public:
  /// Returns true if there is more to do right now.
  using Step = std::function<bool(std::stop_token)>;
  /// patient: others who want the processor go first.
  enum class Urgency { prompt, patient };

  Periodic(std::string name, Millis interval, Step step, Urgency urgency = Urgency::prompt);
  ~Periodic();  ///< waits for the step at work, which sees its stop token
  Periodic(const Periodic&) = delete;
  Periodic& operator=(const Periodic&) = delete;

  void poke();

 private:
  void loop(const std::stop_token& stop);

  std::string name_;
  Millis interval_;
  Step step_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  bool poked_ = false;
  std::jthread thread_;
};

}  // namespace factory::engine
