#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <utility>

#include "common/text.hpp"
#include "slices/comment/comment.hpp"
#include "slices/comment/mentions.hpp"

namespace factory::comment {
namespace {

using Outcome = Result<Decision<Event>>;

constexpr std::size_t longest_title = 300;

Error refuse(ErrorCode code, std::string detail, std::string hint) {
  return {code, std::move(detail), std::move(hint), {}, {}};
}

Error no_such_comment() {
  return refuse(ErrorCode::not_found, "There is no such comment.",
                "The list of comments of a pipeline, task or approval has the ids.");
}

[[noreturn]] void impossible() { throw std::logic_error("a comment has no such status"); }

factory::Status check_text(const std::string& text) {
  const bool blank = text.find_first_not_of(" \t\r\n") == std::string::npos;
  if (!blank && text.size() <= longest_text) return Done{};
  const std::string what = blank ? "must say something" : "must be at most 16384 bytes of UTF-8";
  return Error{ErrorCode::invalid_request,
               "The text of a comment " + what + ".",
               blank ? "" : "Put long texts into an asset and name it here.",
               {{"/text", what}},
               {}};
}

Outcome only(Event event) {
  Decision<Event> decision;
  decision.events.push_back(std::move(event));
  return decision;
}

Outcome post(const Post& command, const Ctx& ctx) {
  if (auto status = check_text(command.text); !status) return std::move(status.error());
  Posted event;
  event.subject = command.subject;
  event.subject.title = excerpt(event.subject.title, longest_title);
  event.text = command.text;
  Mentions mentions = find_mentions(command.text, *ctx.people);
  event.mentions = std::move(mentions.people);
  event.unknown_mentions = std::move(mentions.unknown);
  if (command.decision) {
    event.decision = command.decision;
    event.approval_id = command.approval_id;
    event.digest = command.digest;
  }
  event.by = ctx.actor.id;
  event.by_agent = ctx.actor.type == ActorType::agent;
  event.channel = ctx.actor.channel;
  event.at = ctx.now;
  return only(std::move(event));
}

Outcome edit(const State& state, const Edit& command, const Ctx& ctx) {
  if (ctx.actor.id != state.posted.by) {
    return refuse(ErrorCode::forbidden, "This comment is " + state.posted.by + "'s.",
                  "Post one of your own; nobody changes the words of another.");
  }
  if (auto status = check_text(command.text); !status) return std::move(status.error());
  if (command.text == state.posted.text) return Decision<Event>{};
  if (state.edits >= most_edits) {
    return refuse(ErrorCode::conflict, "This comment was changed 100 times.", "Post a new one.");
  }
  Edited event;
  event.text = command.text;
  Mentions mentions = find_mentions(command.text, *ctx.people);
  event.mentions = std::move(mentions.people);
  event.unknown_mentions = std::move(mentions.unknown);
  std::set_difference(event.mentions.begin(), event.mentions.end(), state.told.begin(),
                      state.told.end(), std::back_inserter(event.newly_mentioned));
  event.by = ctx.actor.id;
  event.at = ctx.now;
  return only(std::move(event));
}

Outcome remove(const State& state, const Ctx& ctx) {
  if (ctx.actor.id == state.posted.by || ctx.actor.is_admin()) {
    return only(Deleted{ctx.actor.id, ctx.now});
  }
  return refuse(ErrorCode::forbidden, "This comment is " + state.posted.by + "'s.",
                "Ask " + state.posted.by + ", or an admin.");
}

struct Decider {
  const State& state;
  const Ctx& ctx;

  Outcome operator()(const Post& command) const {
    switch (state.status) {
      case Status::none: return post(command, ctx);
      case Status::posted:
      case Status::deleted:
        return refuse(ErrorCode::conflict, "There is a comment of this id already.", "");
    }
    impossible();
  }
  Outcome operator()(const Edit& command) const {
    switch (state.status) {
      case Status::none: return no_such_comment();
      case Status::posted: return edit(state, command, ctx);
      case Status::deleted:
        return refuse(ErrorCode::conflict, "This comment was deleted.", "Post a new one.");
    }
    impossible();
  }
  Outcome operator()(const Delete&) const {
    switch (state.status) {
      case Status::none: return no_such_comment();
      case Status::posted: return remove(state, ctx);
      case Status::deleted: return Decision<Event>{};
    }
    impossible();
  }
};

}  // namespace

Result<Decision<Event>> decide(const State& state, const Command& command, const Ctx& ctx) {
  return std::visit(Decider{state, ctx}, command);
}

}  // namespace factory::comment
