#include "slices/asset/routes.hpp"

#include <utility>

#include "slices/asset/asset.hpp"
#include "slices/asset/download.hpp"
#include "slices/asset/upload.hpp"

namespace factory::asset {
namespace {

using http::Answer;
using http::Request;
using nlohmann::json;

Result<Answer> upload(const Services& services, const Request& request, const Limits& limits) {
  UploadForm form(services, request, limits);
  Result<Upload> read = form.read();
  if (!read) return std::move(read.error());
  Request known = request;
  if (!known.idempotency_key.empty()) {
    known.fingerprint = form.fingerprint();
    if (auto first = http::given_before(services.store, known)) return *std::move(first);
  }
  const std::string id = stream_of(read->pipeline_id, read->path);
  Result<Answer> answer = http::command(services, known, id, Command{std::move(*read)}, 201);
  if (answer) answer->headers.emplace_back("Location", "/v1/assets/" + id);
  return answer;
}

/// What lists show: all but the versions before the latest.
void make_compact(json& doc) { doc.erase("versions"); }

Result<Answer> list(const Services& services, const Request& request,
                    const std::string& pipeline_id) {
  const json& wanted = request.query;
  storage::ViewQuery query;
  query.kind = Definition::kind;
  query.descending = true;
  const std::string status = wanted.value("status", std::string("active"));
  if (status != "all") query.statuses = {status};
  query.tag = pipeline_id.empty() ? storage::Tag{"asset", "", 0, 0}
                                  : storage::Tag{"asset.pipeline", pipeline_id, 0, 0};
  for (const auto& [name, key] : {std::pair{"type", "asset.type"}, {"stage", "asset.stage"}}) {
    if (wanted.contains(name)) query.also.push_back({key, wanted[name].get<std::string>(), 0, 0});
  }
  return http::page(services, request, std::move(query), "assets", make_compact);
}

Result<Answer> list_of_pipeline(const Services& services, const Request& request) {
  const std::string& id = request.path.at("pipeline_id");
  if (const auto row = http::find_view(services, "pipeline", id); !row) return row.error();
  return list(services, request, id);
}

Result<Answer> get(const Services& services, const Request& request) {
  auto row = http::find_view(services, std::string(Definition::kind), request.path.at("asset_id"));
  if (!row) return std::move(row.error());
  Answer answer;
  answer.body = std::move(row->doc);
  answer.etag = row->version;
  return answer;
}

Result<Answer> archive(const Services& services, const Request& request, const Limits& limits) {
  const std::string& id = request.path.at("asset_id");
  if (const auto row = http::find_view(services, std::string(Definition::kind), id); !row) {
    return row.error();
  }
  return http::command(
      services, request, id,
      Command{Archive{request.query.value("reason", std::string()), limits.keep_archived}});
}

}  // namespace

void bind_routes(http::Handlers& handlers, const Services& services, const Limits& limits) {
  using Operation = Result<Answer> (*)(const Services&, const Request&);
  const auto bind = [&](const char* operation, Operation run) {
    handlers.bind(operation,
                  [&services, run](const Request& request) { return run(services, request); });
  };
  handlers.bind("asset.upload", [&services, limits](const Request& request) {
    return upload(services, request, limits);
  });
  handlers.bind("asset.archive", [&services, limits](const Request& request) {
    return archive(services, request, limits);
  });
  bind("asset.list", [](const Services& s, const Request& request) {
    return list(s, request, request.query.value("pipeline_id", std::string()));
  });
  bind("asset.list_of_pipeline", list_of_pipeline);
  bind("asset.get", get);
  bind("asset.download", download);
  bind("asset.diff", diff);
}

}  // namespace factory::asset
