#pragma once

#include <any>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/decision.hpp"
#include "engine/codec.hpp"

namespace factory::engine {

/// A command for one stream. `command` holds the slice's Command variant.
struct Command {
  std::string stream;
  std::any command;
  /// The id was drawn just now, so the stream cannot exist and is not looked for. The store checks
  /// it all the same when it commits.
  bool fresh = false;
};

/// One event as the engine passes it on: `event` holds the slice's Event variant.
struct AnyEvent {
  std::string type;
  std::string data;  ///< JSON text, if it is new; empty if it was read
  std::any event;
};

struct AnyDecision {
  std::vector<AnyEvent> events;
  std::vector<Timer> timers;
  std::vector<Effect> effects;
};

using StatePtr = std::shared_ptr<const void>;

/// A slice as the engine sees it, without its types. Stateless, thread-safe.
class Slice {
 public:
  virtual ~Slice() = default;
  [[nodiscard]] virtual std::string_view kind() const = 0;    ///< "pipeline"
  [[nodiscard]] virtual std::string_view prefix() const = 0;  ///< of its ids: "pipe"
  [[nodiscard]] virtual int view_version() const = 0;
  [[nodiscard]] virtual StatePtr initial() const = 0;
  [[nodiscard]] virtual Result<AnyDecision> decide(const StatePtr& state, const std::any& command,
                                                   const Ctx& ctx) const = 0;
  /// The state after all these events.
  [[nodiscard]] virtual StatePtr evolve(const StatePtr& state,
                                        const std::vector<AnyEvent>& events) const = 0;
  /// Throws std::runtime_error for a type that this slice does not know.
  [[nodiscard]] virtual AnyEvent decode(const std::string& type,
                                        const nlohmann::json& data) const = 0;
  [[nodiscard]] virtual View view(const std::string& id, const StatePtr& state) const = 0;
  [[nodiscard]] virtual std::any timer_fired(const std::string& name) const = 0;
  /// What is to be done where that was refused; empty: nothing.
  [[nodiscard]] virtual std::any timer_refused(const std::string& name) const = 0;
};

/// The functions of a slice, by the types that its Definition names (see SliceOf).
template <class D>
struct FunctionsOf {
  using State = typename D::State;
  using Event = typename D::Event;
  static Result<Decision<Event>> of_command(const State& state, const typename D::Command& command,
                                            const Ctx& ctx) {
    return decide(state, command, ctx);
  }
  static State of_event(State state, const Event& event) { return evolve(std::move(state), event); }
  static View of_state(const std::string& id, const State& state) { return view(id, state); }
};

/// Makes a Slice of a type that names the slice's types:
///   struct Definition {
///     using State, Command, Event;
///     static constexpr std::string_view kind, prefix; static constexpr int view_version;
///     static Command timer_fired(const std::string& name);
///     static Command timer_refused(const std::string& name);  // may be left out
///   };
/// The functions beside it in the slice's namespace are found by their arguments:
///   Result<Decision<Event>> decide(const State&, const Command&, const Ctx&);
///   State evolve(State, const Event&);
///   View view(const std::string& id, const State&);
/// Each alternative of Event has `static constexpr std::string_view type` and `fields()`.
template <class D>
class SliceOf final : public Slice {
 public:
  using State = typename D::State;
  using Event = typename D::Event;

  [[nodiscard]] std::string_view kind() const override { return D::kind; }
  [[nodiscard]] std::string_view prefix() const override { return D::prefix; }
  [[nodiscard]] int view_version() const override { return D::view_version; }
  [[nodiscard]] StatePtr initial() const override { return initial_; }

  [[nodiscard]] Result<AnyDecision> decide(const StatePtr& state, const std::any& command,
                                           const Ctx& ctx) const override {
    auto decision =
        FunctionsOf<D>::of_command(*static_cast<const State*>(state.get()),
                                   std::any_cast<const typename D::Command&>(command), ctx);
    if (!decision) return std::move(decision.error());
    AnyDecision any{{}, std::move(decision->timers), std::move(decision->effects)};
    for (Event& event : decision->events) {
      any.events.push_back(std::visit(
          [](auto& alternative) {
            std::string data = encode(alternative);
            return AnyEvent{std::string(alternative.type), std::move(data),
                            Event{std::move(alternative)}};
          },
          event));
    }
    return any;
  }

  [[nodiscard]] StatePtr evolve(const StatePtr& state,
                                const std::vector<AnyEvent>& events) const override {
    State next = *static_cast<const State*>(state.get());
    for (const AnyEvent& event : events) {
      next = FunctionsOf<D>::of_event(std::move(next), std::any_cast<const Event&>(event.event));
    }
    return std::make_shared<const State>(std::move(next));
  }

  [[nodiscard]] AnyEvent decode(const std::string& type,
                                const nlohmann::json& data) const override {
    Event event = decode_event<Event>(type, data);
    return AnyEvent{type, {}, std::move(event)};
  }

  [[nodiscard]] View view(const std::string& id, const StatePtr& state) const override {
    return FunctionsOf<D>::of_state(id, *static_cast<const State*>(state.get()));
  }

  [[nodiscard]] std::any timer_fired(const std::string& name) const override {
    return typename D::Command{D::timer_fired(name)};
  }
  [[nodiscard]] std::any timer_refused(const std::string& name) const override {
    if constexpr (requires { D::timer_refused(name); }) {
      return typename D::Command{D::timer_refused(name)};
    } else {
      return {};
    }
  }

 private:
  StatePtr initial_ = std::make_shared<const State>();
};

}  // namespace factory::engine
