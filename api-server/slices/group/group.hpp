#pragma once

#include <array>
#include <string>
#include <variant>
#include <vector>

#include "domain/decision.hpp"

/// A named set of persons and agents, which gate policies may ask for. Whoever is a member here
/// belongs to the group as if a key or user named it.
namespace factory::group {

enum class Status { none, active, deleted };

inline constexpr std::size_t most_members = 1000;

struct Created {
  static constexpr std::string_view type = "group.created";
  std::string name;
  std::string description;
  std::vector<std::string> members;
  std::string by;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("name", &Created::name), field("description", &Created::description),
                      field("members", &Created::members), field("by", &Created::by),
                      field("at", &Created::at)};
  }
};
struct MemberAdded {
  static constexpr std::string_view type = "group.member_added";
  std::string member;
  std::string by;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("member", &MemberAdded::member), field("by", &MemberAdded::by),
                      field("at", &MemberAdded::at)};
  }
};
struct MemberRemoved {
  static constexpr std::string_view type = "group.member_removed";
  std::string member;
  std::string by;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("member", &MemberRemoved::member), field("by", &MemberRemoved::by),
                      field("at", &MemberRemoved::at)};
  }
};
struct Deleted {
  static constexpr std::string_view type = "group.deleted";
  std::string by;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("by", &Deleted::by), field("at", &Deleted::at)};
  }
};
using Event = std::variant<Created, MemberAdded, MemberRemoved, Deleted>;

struct State {
  Status status = Status::none;
  Created created;
  std::vector<std::string> members;  ///< in order of name
  std::string deleted_by;
  Time deleted_at{};
};

struct Create {
  Created created;  ///< `at` and `by` are filled by decide
};
struct AddMember {
  std::string member;
};
struct RemoveMember {
  std::string member;
};
struct Delete {};
using Command = std::variant<Create, AddMember, RemoveMember, Delete>;

/// A deleted group's name can be given again.
Result<Decision<Event>> decide(const State& state, const Command& command, const Ctx& ctx);
State evolve(State state, const Event& event);
View view(const std::string& id, const State& state);

/// The stream of the group of this name: the same for every spelling, so that a name is given once.
std::string stream_of(std::string_view name);

struct Definition {
  using State = group::State;
  using Command = group::Command;
  using Event = group::Event;
  static constexpr std::string_view kind = "group";
  static constexpr std::string_view prefix = "group";
  static constexpr int view_version = 1;
  /// A group has no timers.
  static Command timer_fired(const std::string& /*name*/) { return Delete{}; }
};

}  // namespace factory::group

namespace factory {
template <>
struct EnumNames<group::Status> {
  static constexpr std::array<std::string_view, 3> names{"none", "active", "deleted"};
};
}  // namespace factory
