#include <set>

#include "common/json_writer.hpp"
#include "slices/asset/asset.hpp"

namespace factory::asset {
namespace {

void put_content(JsonWriter& doc, const Version& version) {
  doc.put("stage", version.stage).put("type", name_of(version.kind));
  doc.put("media_type", version.media_type).put("size", version.size);
  doc.put("digest", version.digest).put_some("generated_by", version.generated_by);
  doc.put("uploaded_by", version.by);
}

std::string document(const std::string& id, const State& state) {
  const Version& latest = state.versions.back();
  JsonWriter doc;
  doc.begin_object().put("id", id).put("status", name_of(state.status));
  doc.put("pipeline_id", state.pipeline_id).put("path", state.path);
  doc.put("name", state.path.substr(state.path.rfind('/') + 1));
  put_content(doc, latest);
  doc.put("latest_version", latest.number).put("created_at", state.versions.front().at);
  if (state.archived) {
    doc.put("archived_by", state.archived->by).put("archived_at", state.archived->at);
    doc.put_some("archive_reason", state.archived->reason);
  }
  doc.key("versions").begin_array();
  for (const Version& version : state.versions) {
    doc.begin_object().put("version", version.number);
    put_content(doc, version);
    doc.put("created_at", version.at);
    if (version.number <= state.purged) doc.put("purged", true);
    doc.end_object();
  }
  return doc.end_array().end_object().take();
}

std::vector<IndexEntry> index_of(const State& state) {
  const Version& latest = state.versions.back();
  const std::int64_t at = to_millis(latest.at);
  std::vector<IndexEntry> index{{"asset", "", 0, at},
                                {"asset.pipeline", state.pipeline_id, 0, at},
                                {"asset.stage", latest.stage, 0, at},
                                {"asset.type", std::string(name_of(latest.kind)), 0, at}};
  std::set<std::string> digests;
  for (const Version& version : state.versions) {
    if (version.number <= state.purged || !digests.insert(version.digest).second) continue;
    index.push_back({std::string(kBlobTag), version.digest, 0, to_millis(version.at)});
  }
  return index;
}

}  // namespace

View view(const std::string& id, const State& state) {
  return {std::string(name_of(state.status)), document(id, state), state.path, index_of(state)};
}

}  // namespace factory::asset
