#include "common/json_writer.hpp"
#include "slices/comment/comment.hpp"

namespace factory::comment {
namespace {

std::string document(const std::string& id, const State& state) {
  const Posted& posted = state.posted;
  JsonWriter doc;
  doc.begin_object().put("id", id).put("status", name_of(state.status));
  doc.put("entity_type", name_of(posted.subject.kind)).put("entity_id", posted.subject.id);
  doc.put("entity_title", posted.subject.title);
  doc.put_some("pipeline_id", posted.subject.pipeline_id);
  doc.put("text", posted.text).put("mentions", posted.mentions);
  doc.put("unknown_mentions", posted.unknown_mentions);
  if (posted.decision) {
    doc.put("decision", name_of(*posted.decision)).put("approval_id", posted.approval_id);
  }
  doc.put("created_by", posted.by);
  doc.put("created_by_type", name_of(posted.by_agent ? ActorType::agent : ActorType::person));
  doc.put("channel", posted.channel).put("created_at", posted.at);
  doc.put("edits", state.edits).put_some("edited_at", state.edited_at);
  if (state.deleted) {
    doc.put("deleted_by", state.deleted->by).put("deleted_at", state.deleted->at);
  }
  return doc.end_object().take();
}

}  // namespace

View view(const std::string& id, const State& state) {
  const Posted& posted = state.posted;
  View view;
  view.status = name_of(state.status);
  view.doc = document(id, state);
  // What was deleted is found no more.
  if (state.status == Status::posted) {
    view.text = "Comment by " + posted.by + " on " + posted.subject.title + '\n' + posted.text;
  }
  const std::int64_t at = to_millis(posted.at);
  view.index.push_back({std::string(subject_tag), posted.subject.id, 0, at});
  if (!posted.subject.related.empty()) {
    view.index.push_back({std::string(subject_tag), posted.subject.related, 0, at});
  }
  if (!posted.subject.pipeline_id.empty()) {
    view.index.push_back({std::string(pipeline_tag), posted.subject.pipeline_id, 0, at});
  }
  return view;
}

}  // namespace factory::comment
