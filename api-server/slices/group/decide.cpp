#include <algorithm>
#include <set>
#include <utility>

#include "domain/names.hpp"
#include "slices/group/group.hpp"

namespace factory::group {
namespace {

using Outcome = Result<Decision<Event>>;

constexpr std::size_t kLongestDescription = 500;

Error refuse(ErrorCode code, std::string detail, std::string hint = {},
             std::vector<FieldError> fields = {}) {
  return {code, std::move(detail), std::move(hint), std::move(fields), {}};
}

Error wrong(std::string pointer, std::string detail) {
  std::string sentence = "The group's " + pointer.substr(1) + " " + detail + ".";
  return refuse(ErrorCode::invalid_request, std::move(sentence), {},
                {{std::move(pointer), std::move(detail)}});
}

Error no_such_group() { return refuse(ErrorCode::not_found, "There is no such group."); }

Outcome only(Event event) {
  Decision<Event> decision;
  decision.events.push_back(std::move(event));
  return decision;
}

bool has(const State& state, const std::string& member) {
  return std::binary_search(state.members.begin(), state.members.end(), member);
}

factory::Status check_member(const std::string& member, const std::string& pointer,
                             const Ctx& ctx) {
  if (ctx.people->find(member) != nullptr) return Done{};
  return refuse(ErrorCode::unprocessable, "There is nobody named " + member + ".",
                "Name an active user or the owner of an active key.",
                {{pointer, "is nobody's name"}});
}

Outcome create(const Create& command, const Ctx& ctx) {
  Created created = command.created;
  if (!is_name(created.name)) return wrong("/name", std::string(name_form));
  if (created.description.size() > kLongestDescription) {
    return wrong("/description", "must be at most 500 long");
  }
  if (created.members.size() > most_members) return wrong("/members", "must be at most 1000");
  for (std::size_t i = 0; i < created.members.size(); ++i) {
    const std::string pointer = "/members/" + std::to_string(i);
    if (factory::Status known = check_member(created.members[i], pointer, ctx); !known) {
      return std::move(known.error());
    }
  }
  const std::set<std::string> distinct(created.members.begin(), created.members.end());
  created.members.assign(distinct.begin(), distinct.end());
  created.by = ctx.actor.id;
  created.at = ctx.now;
  return only(std::move(created));
}

Outcome add(const State& state, const AddMember& command, const Ctx& ctx) {
  if (has(state, command.member)) return Decision<Event>{};
  if (factory::Status known = check_member(command.member, "/name", ctx); !known) {
    return std::move(known.error());
  }
  if (state.members.size() >= most_members) {
    return refuse(ErrorCode::conflict, state.created.name + " has 1000 members already.",
                  "Make a second group.");
  }
  return only(MemberAdded{command.member, ctx.actor.id, ctx.now});
}

struct Decider {
  const State& state;
  const Ctx& ctx;

  Outcome operator()(const Create& command) const {
    switch (state.status) {
      case Status::none:
      case Status::deleted: return create(command, ctx);
      case Status::active: break;
    }
    return refuse(ErrorCode::conflict, "There is a group named " + state.created.name + " already.",
                  "Choose another name, or change that group.", {{"/name", "is taken"}});
  }
  Outcome operator()(const AddMember& command) const {
    switch (state.status) {
      case Status::none:
      case Status::deleted: return no_such_group();
      case Status::active: break;
    }
    return add(state, command, ctx);
  }
  Outcome operator()(const RemoveMember& command) const {
    switch (state.status) {
      case Status::none:
      case Status::deleted: return no_such_group();
      case Status::active: break;
    }
    if (!has(state, command.member)) return Decision<Event>{};
    return only(MemberRemoved{command.member, ctx.actor.id, ctx.now});
  }
  Outcome operator()(const Delete&) const {
    switch (state.status) {
      case Status::none: return no_such_group();
      case Status::active: return only(Deleted{ctx.actor.id, ctx.now});
      case Status::deleted: break;
    }
    return Decision<Event>{};
  }
};

}  // namespace

Result<Decision<Event>> decide(const State& state, const Command& command, const Ctx& ctx) {
  return std::visit(Decider{state, ctx}, command);
}

}  // namespace factory::group
