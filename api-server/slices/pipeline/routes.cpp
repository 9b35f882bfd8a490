#include "slices/pipeline/routes.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/text.hpp"
#include "domain/names.hpp"
#include "flows/new_plan.hpp"
#include "http/problem.hpp"
#include "slices/pipeline/pipeline.hpp"
#include "slices/pipeline/reported.hpp"
#include "slices/pipeline/routes_read.hpp"

namespace factory::pipeline {

namespace {

using http::Answer;
using http::Request;
using nlohmann::json;

constexpr int kMostSlugs = 5;                  ///< that are tried for one pipeline
constexpr std::size_t kMaxConfig = 64 * 1024;  ///< bytes of JSON text

std::string text(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

/// A name goes into lists, titles and chats: one line that shows something.
factory::Status check_name(const std::string& name) {
  const bool control = std::any_of(name.begin(), name.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
  if (control) return http::field_error("/name", "may not hold control characters");
  if (name.find_first_not_of(' ') == std::string::npos) {
    return http::field_error("/name", "must show something");
  }
  return Done{};
}

factory::Status check_assignee(const Services& services, const std::string& id) {
  if (id.empty() || services.people()->find(id) != nullptr) return Done{};
  return Error{ErrorCode::unprocessable,
               "There is nobody called " + excerpt(id, 100) + ".",
               "Name somebody who holds a key; `factory-api key list` shows them.",
               {{"/assignee_id", "is not the name of anybody who holds a key"}},
               {}};
}

Result<JsonText> read_config(const json& config) {
  JsonText text{config.dump()};
  if (text.text.size() <= kMaxConfig) return text;
  return Error{ErrorCode::payload_too_large,
               "The config is larger than 64 KiB.",
               "Keep large things elsewhere and name them in the config.",
               {{"/config", "may have at most 65536 bytes as JSON text"}},
               {}};
}

bool is_taken(const Error& error) {
  return error.code == ErrorCode::conflict && !error.fields.empty() &&
         error.fields.front().pointer == "/slug";
}

/// A slug that is made here holds a part of the id: where that meets another, a fresh id helps.
Result<Answer> create_named(const Services& services, const Request& request, Created created) {
  const bool given = !created.slug.empty();
  for (int attempt = 1;; ++attempt) {
    const std::string id = services.ids.next(services.clock.now()).make(Definition::prefix);
    if (!given) created.slug = make_slug(created.name, id);
    auto answer = http::create(services, request, id, Command{Create{created}});
    const bool unlucky = !given && !answer && is_taken(answer.error());
    if (!unlucky || attempt == kMostSlugs) return answer;
  }
}

Result<Answer> create(const Services& services, const Request& request) {
  const json& body = request.body;
  Created created;
  created.name = text(body, "name");
  created.description = text(body, "description");
  created.platform = text(body, "platform");
  created.assignee = text(body, "assignee_id");
  created.priority = enum_from<Priority>(text(body, "priority")).value_or(Priority::medium);
  if (factory::Status name = check_name(created.name); !name) return std::move(name.error());
  if (body.contains("slug")) {
    created.slug = text(body, "slug");
    if (!is_slug(created.slug)) return http::field_error("/slug", std::string(slug_form));
  }
  if (factory::Status known = check_assignee(services, created.assignee); !known) {
    return std::move(known.error());
  }
  auto config = read_config(body.value("config", json::object()));
  if (!config) return std::move(config.error());
  created.config = std::move(*config);
  auto plan = flows::plan_for(services.templates, text(body, "template"),
                              body.value("parameters", json::object()));
  if (!plan) return std::move(plan.error());
  created.plan = *plan;
  return create_named(services, request, std::move(created));
}

/// A command on the pipeline itself; the answer is its document.
Result<Answer> change(const Services& services, const Request& request, Command command) {
  const std::string& id = request.path.at("pipeline_id");
  if (!has_prefix(id, Definition::prefix)) {
    return Error{ErrorCode::not_found, "There is no pipeline " + id + ".", {}, {}, {}};
  }
  return http::command(services, request, id, std::move(command));
}

Result<Answer> patch(const Services& services, const Request& request) {
  const json& body = request.body;
  Update update;
  update.reason = text(body, "reason");
  update.priority = enum_from<Priority>(text(body, "priority"));
  if (body.contains("description")) update.description = text(body, "description");
  if (body.contains("assignee_id")) {
    update.assignee = text(body, "assignee_id");  // null: nobody
    if (factory::Status known = check_assignee(services, *update.assignee); !known) {
      return std::move(known.error());
    }
  }
  if (body.contains("config")) {
    auto config = read_config(body["config"]);
    if (!config) return std::move(config.error());
    update.config = std::move(*config);
  }
  return change(services, request, std::move(update));
}

Result<Answer> archive(const Services& services, const Request& request) {
  if (!request.query.value("archive", false)) {
    return Error{ErrorCode::invalid_request,
                 "Pipelines are archived, never deleted, and this must be said.",
                 "Send DELETE " + request.path.at("pipeline_id") +
                     "?archive=true; it cancels what is open in the pipeline.",
                 {{"query/archive", "must be true"}},
                 {}};
  }
  return change(services, request, Archive{text(request.query, "reason")});
}

Result<Answer> advance(const Services& services, const Request& request) {
  return change(services, request,
                Advance{text(request.body, "target_stage"), text(request.body, "notes"),
                        request.body.value("skip_validation", false)});
}

Result<Answer> complete_stage(const Services& services, const Request& request) {
  // Looked for first: nothing is stored for a pipeline that does not exist.
  const auto row =
      http::find_view(services, std::string(Definition::kind), request.path.at("pipeline_id"));
  if (!row) return row.error();
  auto evidence = read_evidence(services.blobs, request.body);
  if (!evidence) return std::move(evidence.error());
  return change(services, request,
                CompleteWork{request.path.at("stage"), text(request.body, "outcome") == "succeeded",
                             std::move(*evidence)});
}

/// Of a JSON body, or of the XML that the body itself is.
Result<ReportedTests> read_results(const Services& services, const Request& request) {
  const bool xml = request.content_type == "application/xml" || request.content_type == "text/xml";
  if (!xml) return read_tests(services.blobs, request.body, "");
  auto tests = read_junit(services.blobs, request.raw_body, XmlEncoding::declared);
  if (tests && request.query.contains("coverage")) {
    tests->summary.coverage = request.query["coverage"].get<double>();
  }
  return tests;
}

std::string receipt(const std::string& document, const std::string& stage,
                    const std::vector<std::string>& notes) {
  const json doc = json::parse(document);
  json answer{{"pipeline_id", doc.at("id")},
              {"stage", stage},
              {"current_stage", doc.at("current_stage")},
              {"status", doc.at("status")},
              {"open_fixes", doc.at("open_fixes")},
              {"notes", notes},
              {"checks_failing", json::array()},
              {"version", doc.at("version")}};
  for (const json& one : doc.at("stages")) {
    if (one.at("name") != stage) continue;
    answer["tests"] = one.at("evidence").at("tests");
    if (one.contains("checks_failing")) answer["checks_failing"] = one["checks_failing"];
  }
  const bool hold = answer["checks_failing"].empty();
  answer["summary"] = "Stage " + stage + ": " + tests_in_words(answer["tests"]) +
                      (hold ? ". Nothing that its checks ask for is missing."
                            : ". Its checks do not hold yet; see checks_failing.");
  return answer.dump();
}

Result<Answer> add_test_results(const Services& services, const Request& request) {
  const auto row =
      http::find_view(services, std::string(Definition::kind), request.path.at("pipeline_id"));
  if (!row) return row.error();
  auto tests = read_results(services, request);
  if (!tests) return std::move(tests.error());
  std::string stage = request.body.is_object() ? text(request.body, "stage") : "";
  if (stage.empty()) stage = text(request.query, "stage");
  if (stage.empty()) stage = json::parse(row->doc).at("current_stage").get<std::string>();
  Evidence evidence;
  evidence.tests = std::move(tests->summary);
  evidence.notes = join(tests->notes, "\n");
  return http::command(services, request, row->id, Command{AddEvidence{stage, std::move(evidence)}},
                       201, [&](const engine::Written& written) {
                         return receipt(written.view(row->id).doc, stage, tests->notes);
                       });
}

}  // namespace

void bind_routes(http::Handlers& handlers, const Services& services) {
  using Operation = Result<Answer> (*)(const Services&, const Request&);
  const auto bind = [&](const char* operation, Operation run) {
    handlers.bind(operation,
                  [&services, run](const Request& request) { return run(services, request); });
  };
  bind("pipeline.list", list);
  bind("pipeline.get", get);
  bind("pipeline.stages", stages);
  bind("pipeline.test_results", test_results);
  bind("pipeline.create", create);
  bind("pipeline.patch", patch);
  bind("pipeline.archive", archive);
  bind("pipeline.advance", advance);
  bind("pipeline.complete_stage", complete_stage);
  bind("pipeline.add_test_results", add_test_results);
  bind("pipeline.pause", [](const Services& s, const Request& request) {
    return change(s, request, Pause{text(request.body, "reason")});
  });
  bind("pipeline.resume",
       [](const Services& s, const Request& request) { return change(s, request, Resume{}); });
  bind("pipeline.fail", [](const Services& s, const Request& request) {
    return change(s, request, Fail{text(request.body, "reason")});
  });
  bind("pipeline.retry", [](const Services& s, const Request& request) {
    return change(s, request,
                  Retry{text(request.body, "target_stage"), text(request.body, "reason")});
  });
  bind("pipeline.start_stage", [](const Services& s, const Request& request) {
    return change(s, request, StartWork{request.path.at("stage")});
  });
}

}  // namespace factory::pipeline
