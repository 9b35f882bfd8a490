#include "engine/periodic.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <exception>

#include "common/log.hpp"
#include "common/scheduling.hpp"

namespace factory::engine {

namespace {

/// Linux has a niceness for each thread (sched(7)). That it is refused costs speed alone.
void step_back() {
  constexpr int nice = 10;
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), nice);
}

}  // namespace

Periodic::Periodic(std::string name, Millis interval, Step step, Urgency urgency)
    : name_(std::move(name)),
      interval_(interval),
      step_(std::move(step)),
      thread_([this, urgency](const std::stop_token& stop) {
        if (urgency == Urgency::patient) step_back();
        work_in_long_slices();
        loop(stop);
      }) {}

Periodic::~Periodic() {
  thread_.request_stop();
  thread_.join();
}

void Periodic::poke() {
  {
    const std::lock_guard lock(mutex_);
    poked_ = true;
  }
  wake_.notify_one();
}

void Periodic::loop(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    bool more = false;
    try {
      more = step_(stop);
    } catch (const std::exception& error) {
      log(LogLevel::error, "a background step failed", {{"step", name_}, {"error", error.what()}});
    }
    if (more) continue;
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, interval_, [this] { return poked_; });
    poked_ = false;
  }
}

}  // namespace factory::engine
