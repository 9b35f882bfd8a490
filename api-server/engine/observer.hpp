#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>

#include "common/clock.hpp"

namespace factory::engine {

/// Is told what the engine does, to count it. Called from the threads that do it, while others wait
/// for them: it must be quick, and it never throws.
class Observer {
 public:
  virtual ~Observer() = default;
  /// So many commands were written with one flush, which took so long.
  virtual void committed(std::size_t commands, std::chrono::nanoseconds took) noexcept = 0;
  /// A timer was fired so long after it was due.
  virtual void timer_fired(Millis late) noexcept = 0;
  /// An attempt at an effect came to "done", "obsolete", "pending" (to be tried again) or "dead".
  virtual void effect_attempted(std::string_view outcome) noexcept = 0;
};

}  // namespace factory::engine
