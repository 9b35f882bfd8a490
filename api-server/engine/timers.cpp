#include "engine/timers.hpp"

#include "common/log.hpp"

namespace factory::engine {

namespace {

/// A timer that its stream's decision left standing would fire for ever: it is taken away here,
/// unless it was moved meanwhile.
void cancel_spent(Runner& runner, const Clock& clock, const std::vector<storage::TimerRow>& fired) {
  runner.with_store([&](storage::Store& store) {
    storage::Commit commit;
    for (const storage::TimerRow& still : store.due_timers(clock.now(), most_timers_at_once)) {
      for (const storage::TimerRow& timer : fired) {
        const bool same = still.stream == timer.stream && still.name == timer.name;
        if (same && still.due == timer.due) {
          commit.timers.push_back({timer.stream, timer.name, std::nullopt});
        }
      }
    }
    if (!commit.timers.empty()) store.commit({&commit, 1});
  });
}

/// Does what the slice wants where its timer was refused; false if that has to wait.
bool do_instead(Runner& runner, const Slice& slice, const storage::TimerRow& timer) {
  Call call;
  call.command = {timer.stream, slice.timer_refused(timer.name)};
  if (!call.command.command.has_value()) return true;
  const Result<Reply> answer = runner.run(std::move(call));
  if (answer) return true;
  log(LogLevel::error, "nothing comes of a timer",
      {{"stream", timer.stream}, {"timer", timer.name}, {"why", answer.error().detail}});
  return answer.error().code != ErrorCode::unavailable;
}

}  // namespace

int fire_timers(Runner& runner, storage::Store& store, const Clock& clock,
                const std::vector<std::shared_ptr<const Slice>>& slices,
                const TimerCommand& command, Observer* observer) {
  const std::vector<storage::TimerRow> due = store.due_timers(clock.now(), most_timers_at_once);
  if (due.empty()) return 0;
  std::vector<std::future<Result<Reply>>> answers;
  answers.reserve(due.size());
  for (const storage::TimerRow& timer : due) {
    Call call;
    const Slice* slice = slice_of(slices, timer.stream);
    call.command.stream = timer.stream;
    if (slice != nullptr && command) call.command.command = command(*slice, timer);
    if (slice != nullptr && !call.command.command.has_value()) {
      call.command.command = slice->timer_fired(timer.name);
    }
    answers.push_back(runner.submit(std::move(call)));
  }
  std::vector<storage::TimerRow> spent;
  for (std::size_t i = 0; i < due.size(); ++i) {
    const Result<Reply> answer = answers[i].get();
    if (!answer && answer.error().code == ErrorCode::unavailable) continue;
    if (!answer) {
      log(LogLevel::warning, "a timer was refused",
          {{"stream", due[i].stream}, {"timer", due[i].name}, {"why", answer.error().detail}});
      const Slice* const slice = slice_of(slices, due[i].stream);
      if (slice != nullptr && !do_instead(runner, *slice, due[i])) continue;
    }
    if (observer != nullptr) observer->timer_fired(clock.now() - due[i].due);
    spent.push_back(due[i]);
  }
  if (!spent.empty()) cancel_spent(runner, clock, spent);
  return static_cast<int>(due.size());
}

}  // namespace factory::engine
