#include <utility>

#include "slices/notification/notification.hpp"

namespace factory::notification {
namespace {

struct Evolver {
  State& state;

  void operator()(const Created& event) const {
    state.status = Status::unread;
    state.created = event;
  }
  void operator()(const MarkedRead& event) const {
    state.status = Status::read;
    state.read_at = event.at;
  }
  void operator()(const Dismissed& event) const {
    state.status = Status::dismissed;
    state.dismissed_at = event.at;
  }
  void operator()(const Delivered& event) const {
    state.delivered.insert_or_assign(event.channel, event);
  }
};

}  // namespace

State evolve(State state, const Event& event) {
  std::visit(Evolver{state}, event);
  return state;
}

}  // namespace factory::notification
