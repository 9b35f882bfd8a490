#pragma once

#include <array>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "domain/decision.hpp"

/// A session: somebody has signed in, and goes on with access tokens that live for minutes and a
/// refresh token that is replaced at each use.
namespace factory::session {

enum class Status { none, active, ended, expired, revoked };

/// How long a refresh token is good for, from its last use on.
inline constexpr Millis refresh_lifetime{7LL * 24 * 3'600'000};

struct Started {
  static constexpr std::string_view type = "session.started";
  std::string user;     ///< the name
  std::string user_id;  ///< the user's stream
  std::string channel = "rest";
  std::string how;           ///< password, or oidc:<issuer>
  std::string refresh_hash;  ///< keyed; the token itself is nowhere
  std::string address;
  std::string user_agent;
  Time expires_at{};
  Time at{};
  int password_number = 0;  ///< which of the user's passwords was checked; 0: none
  static constexpr auto fields() {
    return std::tuple{field("user", &Started::user),
                      field("user_id", &Started::user_id),
                      field("channel", &Started::channel),
                      field("how", &Started::how),
                      field("refresh_hash", &Started::refresh_hash),
                      field("address", &Started::address),
                      field("user_agent", &Started::user_agent),
                      field("expires_at", &Started::expires_at),
                      field("at", &Started::at),
                      field("password_number", &Started::password_number)};
  }
};
struct Refreshed {
  static constexpr std::string_view type = "session.refreshed";
  int generation = 1;
  std::string refresh_hash;
  Time expires_at{};
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("generation", &Refreshed::generation),
                      field("refresh_hash", &Refreshed::refresh_hash),
                      field("expires_at", &Refreshed::expires_at), field("at", &Refreshed::at)};
  }
};
/// A refresh token came a second time: one of the two who sent it has stolen it.
struct ReuseDetected {
  static constexpr std::string_view type = "session.reuse_detected";
  int generation = 0;
  std::string address;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("generation", &ReuseDetected::generation),
                      field("address", &ReuseDetected::address), field("at", &ReuseDetected::at)};
  }
};
struct Ended {
  static constexpr std::string_view type = "session.ended";
  std::string by;
  std::string reason;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("by", &Ended::by), field("reason", &Ended::reason),
                      field("at", &Ended::at)};
  }
};
struct Expired {
  static constexpr std::string_view type = "session.expired";
  Time at{};
  static constexpr auto fields() { return std::tuple{field("at", &Expired::at)}; }
};
using Event = std::variant<Started, Refreshed, ReuseDetected, Ended, Expired>;

struct State {
  Status status = Status::none;
  Started started;
  int generation = 0;  ///< of the refresh token that stands
  std::string refresh_hash;
  Time expires_at{};
  Time refreshed_at{};
  std::string ended_by;
  std::string end_reason;
  Time ended_at{};
};

struct Start {
  Started started;  ///< `at` and `expires_at` are filled by decide
};
/// The refresh token of `generation` came, whose hash is `hash`; `next_hash` is that of the one
/// that takes its place.
struct Refresh {
  int generation = 0;
  std::string hash;
  std::string next_hash;
  std::string address;
};
struct End {
  std::string reason;
};
struct Expire {};
using Command = std::variant<Start, Refresh, End, Expire>;

/// A refresh token of an earlier generation ends the session and is recorded.
Result<Decision<Event>> decide(const State& state, const Command& command, const Ctx& ctx);
State evolve(State state, const Event& event);
View view(const std::string& id, const State& state);  ///< never holds a hash

struct Definition {
  using State = session::State;
  using Command = session::Command;
  using Event = session::Event;
  static constexpr std::string_view kind = "session";
  static constexpr std::string_view prefix = "sess";
  static constexpr int view_version = 1;
  static Command timer_fired(const std::string& /*name*/) { return Expire{}; }
};

}  // namespace factory::session

namespace factory {
template <>
struct EnumNames<session::Status> {
  static constexpr std::array<std::string_view, 5> names{"none", "active", "ended", "expired",
                                                         "revoked"};
};
}  // namespace factory
