#include "slices/comment/routes.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "http/auth.hpp"
#include "queries/listing.hpp"
#include "queries/words.hpp"
#include "slices/comment/comment.hpp"

namespace factory::comment {
namespace {

using http::Answer;
using http::Request;
using nlohmann::json;

/// How the routes of a type of subject call it.
struct Place {
  SubjectType type;
  const char* kind;       ///< of its view
  const char* parameter;  ///< of the path
  const char* title;      ///< the member that says what it is called
};

constexpr Place of_pipeline{SubjectType::pipeline, "pipeline", "pipeline_id", "name"};
constexpr Place of_task{SubjectType::task, "task", "task_id", "title"};
constexpr Place of_approval{SubjectType::approval, "gate", "approval_id", "title"};

Subject subject_of(const Place& place, const storage::ViewRow& row, const json& doc) {
  Subject subject;
  subject.kind = place.type;
  subject.id = row.id;
  subject.title = doc.value(place.title, "");
  switch (place.type) {
    case SubjectType::pipeline: subject.pipeline_id = row.id; break;
    case SubjectType::task:
      subject.pipeline_id = doc.value("pipeline_id", "");
      subject.related = doc.value("approval_id", "");
      break;
    case SubjectType::approval:
      subject.pipeline_id = doc.value("pipeline_id", "");
      subject.related = doc.value("task_id", "");
      break;
  }
  return subject;
}

/// The gate that a decision about this is given at; empty: it has none.
std::string gate_of(const Subject& subject) {
  switch (subject.kind) {
    case SubjectType::pipeline: return "";
    case SubjectType::task: return subject.related;
    case SubjectType::approval: return subject.id;
  }
  return "";
}

/// Whether the request may decide so: the route itself asks for the right to comment alone.
factory::Status check_right(const Services& services, const Request& request, Verdict verdict) {
  return http::require_decision_scope(services, request, verdict == Verdict::reject,
                                      "A comment with this decision");
}

Result<Post> read_post(const Services& services, const Request& request, Subject subject) {
  Post post;
  post.text = request.body.at("text").get<std::string>();
  if (request.body.contains("decision")) {
    post.decision = enum_from<Verdict>(request.body["decision"].get<std::string>());
    post.approval_id = gate_of(subject);
    post.digest = request.body.value("digest", "");
    if (post.approval_id.empty()) {
      return Error{ErrorCode::unprocessable,
                   "Nothing is decided at a gate here.",
                   "Comment on the approval, or on its task; complete other tasks by their route.",
                   {{"/decision", "is for approvals and their tasks"}},
                   {}};
    }
    auto allowed = check_right(services, request, *post.decision);
    if (!allowed) return std::move(allowed.error());
  }
  post.subject = std::move(subject);
  return post;
}

/// The comment, with what became of the approval that it decided.
std::string posted(const engine::Written& written, const std::string& id,
                   const std::string& approval_id) {
  const std::string& doc = written.view(id).doc;
  if (approval_id.empty()) return doc;
  const json approval{{"id", approval_id}, {"status", written.view(approval_id).status}};
  return doc.substr(0, doc.rfind('}')) + R"(,"approval":)" + approval.dump() + "}";
}

Result<Answer> post(const Services& services, const Request& request, const Place& place) {
  const auto row = http::find_view(services, place.kind, request.path.at(place.parameter));
  if (!row) return row.error();
  auto command = read_post(services, request, subject_of(place, *row, json::parse(row->doc)));
  if (!command) return std::move(command.error());
  const std::string id =
      services.ids.next(services.clock.now()).make(std::string(Definition::prefix));
  const std::string approval_id = command->approval_id;
  return http::create(
      services, request, id, Command{std::move(*command)},
      [&](const engine::Written& written) { return posted(written, id, approval_id); });
}

std::string summary_of(const queries::Listed& listed, bool newest_first, Time now) {
  if (listed.docs.empty()) return "Nobody has said anything here.";
  std::string text = queries::count_words(static_cast<std::int64_t>(listed.docs.size()), "comment");
  if (!listed.next_cursor.empty()) text += " on this page, more follow";
  const json& last = newest_first ? listed.docs.front() : listed.docs.back();
  text += newest_first ? ". The newest by " : ". The last of them by ";
  text += last.value("created_by", "");
  if (const auto at = parse_time(last.value("created_at", ""))) {
    text += ", " + queries::duration_words(now - *at) + " ago";
  }
  return text + ".";
}

Result<Answer> list(const Services& services, const Request& request, const Place& place) {
  const auto row = http::find_view(services, place.kind, request.path.at(place.parameter));
  if (!row) return row.error();
  storage::ViewQuery query;
  query.kind = Definition::kind;
  const bool whole = request.query.value("whole", false);
  query.tag = storage::Tag{std::string(whole ? pipeline_tag : subject_tag), row->id, 0, 0};
  query.descending = request.query.value("order", "oldest") == "newest";
  const bool newest_first = query.descending;
  auto listed = queries::list(services, request, std::move(query));
  if (!listed) return std::move(listed.error());
  std::string summary = summary_of(*listed, newest_first, services.clock.now());
  return queries::list_answer(std::move(*listed), "comments", std::move(summary));
}

Result<Answer> get(const Services& services, const Request& request) {
  const auto row =
      http::find_view(services, std::string(Definition::kind), request.path.at("comment_id"));
  if (!row) return row.error();
  Answer answer;
  answer.body = row->doc;
  answer.etag = row->version;
  return answer;
}

Result<Answer> run(const Services& services, const Request& request, Command command) {
  const std::string& id = request.path.at("comment_id");
  if (!has_prefix(id, Definition::prefix)) {
    return Error{ErrorCode::not_found, "There is no comment " + id + ".", "", {}, {}};
  }
  return http::command(services, request, id, std::move(command));
}

}  // namespace

void bind_routes(http::Handlers& handlers, const Services& services) {
  for (const auto& [of, place] : {std::pair<std::string, Place>{"pipeline", of_pipeline},
                                  {"task", of_task},
                                  {"approval", of_approval}}) {
    handlers.bind("comment.post_" + of, [&services, place = place](const Request& request) {
      return post(services, request, place);
    });
    handlers.bind("comment.list_" + of, [&services, place = place](const Request& request) {
      return list(services, request, place);
    });
  }
  handlers.bind("comment.get",
                [&services](const Request& request) { return get(services, request); });
  handlers.bind("comment.edit", [&services](const Request& request) {
    return run(services, request, Edit{request.body.at("text").get<std::string>()});
  });
  handlers.bind("comment.delete",
                [&services](const Request& request) { return run(services, request, Delete{}); });
}

}  // namespace factory::comment
