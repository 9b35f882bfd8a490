#include <utility>

#include "common/digest.hpp"
#include "common/ids.hpp"
#include "slices/asset/asset.hpp"

namespace factory::asset {
namespace {

using Outcome = Result<Decision<Event>>;

constexpr const char* kPurge = "purge";

Outcome add_version(const State& state, const Upload& command, const Ctx& ctx) {
  if (state.versions.size() >= static_cast<std::size_t>(kMostVersions)) {
    return Error{ErrorCode::unprocessable,
                 command.path + " has " + std::to_string(kMostVersions) +
                     " versions, the most that an asset may have.",
                 "Upload it under another path.",
                 {},
                 {}};
  }
  Version version = command.version;
  version.number = static_cast<int>(state.versions.size()) + 1;
  version.by = ctx.actor.id;
  version.at = ctx.now;
  Decision<Event> decision;
  if (state.status == Status::none) {
    decision.events.emplace_back(Created{command.pipeline_id, command.path, std::move(version)});
  } else {
    decision.events.emplace_back(Updated{command.pipeline_id, command.path, std::move(version)});
    if (state.archived) decision.timers.push_back({kPurge, std::nullopt});
  }
  return decision;
}

Outcome archive(const Archive& command, const Ctx& ctx) {
  Decision<Event> decision;
  decision.events.emplace_back(Archived{command.reason, ctx.actor.id, ctx.now});
  if (command.keep > Millis{0}) decision.timers.push_back({kPurge, ctx.now + command.keep});
  return decision;
}

struct Decider {
  const State& state;
  const Ctx& ctx;

  Outcome operator()(const Upload& command) const {
    switch (state.status) {
      case Status::none:
      case Status::active:
      case Status::archived: break;
    }
    return add_version(state, command, ctx);
  }

  Outcome operator()(const Archive& command) const {
    switch (state.status) {
      case Status::none: return Error{ErrorCode::not_found, "There is no such asset.", "", {}, {}};
      case Status::active: return archive(command, ctx);
      case Status::archived: break;
    }
    return Decision<Event>{};
  }

  Outcome operator()(const Purge& /*command*/) const {
    Decision<Event> decision;
    decision.timers.push_back({kPurge, std::nullopt});
    switch (state.status) {
      case Status::none:
      case Status::active: break;
      case Status::archived: decision.events.emplace_back(Purged{ctx.now}); break;
    }
    return decision;
  }
};

}  // namespace

Result<Decision<Event>> decide(const State& state, const Command& command, const Ctx& ctx) {
  return std::visit(Decider{state, ctx}, command);
}

std::string stream_of(const std::string& pipeline_id, const std::string& path) {
  return derived_id(Definition::prefix, sha256(pipeline_id + "\n", path));
}

}  // namespace factory::asset
