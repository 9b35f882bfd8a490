#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "domain/decision.hpp"

/// A comment: what a person or an agent says about a pipeline, a task or an approval. Each is a
/// stream of its own, so that those who talk never wait for each other, nor for the pipeline.
namespace factory::comment {

enum class Status { none, posted, deleted };
enum class SubjectType { pipeline, task, approval };
/// What a comment decides at a gate together with saying why.
enum class Verdict { approve, reject };

/// Bytes of UTF-8.
inline constexpr std::size_t longest_text = 16'384;
/// Names after an @ that are looked at; further ones are text like any other.
inline constexpr std::size_t most_mentions = 50;
/// How often one comment can be changed: each text stays in the trail.
inline constexpr int most_edits = 100;

/// What is talked about.
struct Subject {
  SubjectType kind = SubjectType::pipeline;
  std::string id;
  std::string title;        ///< as it was called then
  std::string pipeline_id;  ///< that it belongs to; empty: none
  /// An approval and its task are one matter: the id of the other one. Empty: there is none.
  std::string related;
  static constexpr auto fields() {
    return std::tuple{field("type", &Subject::kind), field("id", &Subject::id),
                      field("title", &Subject::title), field("pipeline_id", &Subject::pipeline_id),
                      field("related", &Subject::related)};
  }
};

/// The names after an @ in a text, found among everybody.
struct Mentions {
  std::vector<std::string> people;   ///< as they are spelled, in order of name
  std::vector<std::string> unknown;  ///< as they were written; nobody is called so
};

// --- events -----------------------------------------------------------------------------------

/// Whoever is mentioned can be told of it by this event alone.
struct Posted {
  static constexpr std::string_view type = "comment.posted";
  Subject subject;
  std::string text;                           ///< Markdown, never rendered here
  std::vector<std::string> mentions;          ///< persons and agents
  std::vector<std::string> unknown_mentions;  ///< names that nobody had
  std::optional<Verdict> decision = std::nullopt;
  std::string approval_id;  ///< where the decision was given; empty: none
  std::string digest;       ///< of what the decider was shown; empty: none was named
  std::string by;
  bool by_agent = false;
  std::string channel;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("subject", &Posted::subject),
                      field("text", &Posted::text),
                      field("mentions", &Posted::mentions),
                      field("unknown_mentions", &Posted::unknown_mentions),
                      field("decision", &Posted::decision),
                      field("approval_id", &Posted::approval_id),
                      field("digest", &Posted::digest),
                      field("by", &Posted::by),
                      field("by_agent", &Posted::by_agent),
                      field("channel", &Posted::channel),
                      field("at", &Posted::at)};
  }
};

struct Edited {
  static constexpr std::string_view type = "comment.edited";
  std::string text;
  std::vector<std::string> mentions;
  std::vector<std::string> unknown_mentions;
  std::vector<std::string> newly_mentioned;  ///< those of `mentions` whom no text before named
  std::string by;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("text", &Edited::text),
                      field("mentions", &Edited::mentions),
                      field("unknown_mentions", &Edited::unknown_mentions),
                      field("newly_mentioned", &Edited::newly_mentioned),
                      field("by", &Edited::by),
                      field("at", &Edited::at)};
  }
};

struct Deleted {
  static constexpr std::string_view type = "comment.deleted";
  std::string by;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("by", &Deleted::by), field("at", &Deleted::at)};
  }
};

using Event = std::variant<Posted, Edited, Deleted>;

// --- state ------------------------------------------------------------------------------------

struct State {
  Status status = Status::none;
  Posted posted;                  ///< text and mentions are kept current
  std::vector<std::string> told;  ///< everybody whom some text mentioned, in order of name
  int edits = 0;
  std::optional<Time> edited_at;
  std::optional<Deleted> deleted;
};

// --- commands ---------------------------------------------------------------------------------

/// The subject must be there: whoever makes the command has looked.
struct Post {
  Subject subject;
  std::string text;
  std::optional<Verdict> decision = std::nullopt;
  std::string approval_id = {};  ///< the gate that `decision` is for
  std::string digest = {};
};
/// Only by whoever wrote it. The same text again changes nothing.
struct Edit {
  std::string text;
};
/// By whoever wrote it, or an admin. The text is shown no more and stays in the trail; a decision
/// that came with it stands.
struct Delete {};
using Command = std::variant<Post, Edit, Delete>;

// --- the slice --------------------------------------------------------------------------------

Result<Decision<Event>> decide(const State& state, const Command& command, const Ctx& ctx);
State evolve(State state, const Event& event);
View view(const std::string& id, const State& state);

/// The tags of a comment's view: by what it is about (an approval's are its task's, too), and by
/// the pipeline that it belongs to.
inline constexpr std::string_view subject_tag = "comment.subject";
inline constexpr std::string_view pipeline_tag = "comment.pipeline";

struct Definition {
  using State = comment::State;
  using Command = comment::Command;
  using Event = comment::Event;
  static constexpr std::string_view kind = "comment";
  static constexpr std::string_view prefix = "cmt";
  static constexpr int view_version = 1;
  /// A comment has no timers.
  static Command timer_fired(const std::string& /*name*/) { return Delete{}; }
};

}  // namespace factory::comment

namespace factory {
template <>
struct EnumNames<comment::Status> {
  static constexpr std::array<std::string_view, 3> names{"none", "posted", "deleted"};
};
template <>
struct EnumNames<comment::SubjectType> {
  static constexpr std::array<std::string_view, 3> names{"pipeline", "task", "approval"};
};
template <>
struct EnumNames<comment::Verdict> {
  static constexpr std::array<std::string_view, 2> names{"approve", "reject"};
};
}  // namespace factory
