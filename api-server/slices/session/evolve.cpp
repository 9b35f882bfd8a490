#include <utility>

#include "slices/session/session.hpp"

namespace factory::session {
namespace {

struct Evolver {
  State& state;

  void operator()(const Started& event) const {
    state.status = Status::active;
    state.started = event;
    state.generation = 1;
    state.refresh_hash = event.refresh_hash;
    state.expires_at = event.expires_at;
    state.refreshed_at = event.at;
  }
  void operator()(const Refreshed& event) const {
    state.generation = event.generation;
    state.refresh_hash = event.refresh_hash;
    state.expires_at = event.expires_at;
    state.refreshed_at = event.at;
  }
  void operator()(const ReuseDetected& event) const {
    close(Status::revoked, "system", "a refresh token was used twice", event.at);
  }
  void operator()(const Ended& event) const {
    close(Status::ended, event.by, event.reason, event.at);
  }
  void operator()(const Expired& event) const {
    close(Status::expired, "system", "not used for seven days", event.at);
  }

 private:
  void close(Status status, std::string by, std::string reason, Time at) const {
    state.status = status;
    state.ended_by = std::move(by);
    state.end_reason = std::move(reason);
    state.ended_at = at;
  }
};

}  // namespace

State evolve(State state, const Event& event) {
  std::visit(Evolver{state}, event);
  return state;
}

}  // namespace factory::session
