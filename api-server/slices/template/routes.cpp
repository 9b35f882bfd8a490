#include "slices/template/routes.hpp"

#include <nlohmann/json.hpp>

#include "common/schema.hpp"
#include "common/text.hpp"
#include "slices/template/template.hpp"

namespace factory::pipeline_template {

namespace {

using http::Answer;
using http::Request;
using nlohmann::json;

/// The document as the view shows it; what is in the book may be newer than the last commit.
json document(const Loaded& loaded) {
  json doc = json::parse(view(stream_of(loaded), State{true, loaded}).doc);
  doc.erase("template_version");
  doc["version"] = loaded.version;
  return doc;
}

Answer answer_with(const json& body) {
  Answer answer;
  answer.body = body.dump();
  return answer;
}

Answer list(const Book& book) {
  json templates = json::array();
  std::vector<std::string> names;
  for (const auto& loaded : book.all()) {
    json doc = document(*loaded);
    doc.erase("definition");
    templates.push_back(std::move(doc));
    names.push_back(loaded->name);
  }
  return answer_with({{"templates", std::move(templates)},
                      {"next_cursor", nullptr},
                      {"summary", std::to_string(names.size()) +
                                      (names.size() == 1 ? " template: " : " templates: ") +
                                      join(names, ", ", 50) + "."}});
}

Result<Answer> get(const Book& book, const std::string& name) {
  if (const auto loaded = book.find(name)) return answer_with(document(*loaded));
  std::vector<std::string> names;
  for (const auto& one : book.all()) names.push_back(one->name);
  const std::string meant = nearest(name, names);
  return Error{ErrorCode::not_found,
               "There is no template " + excerpt(name, 100) + ".",
               meant.empty() ? "GET /v1/templates lists them." : "Did you mean " + meant + "?",
               {},
               {}};
}

}  // namespace

void bind_routes(http::Handlers& handlers, const Services& services) {
  handlers.bind("template.list", [&services](const Request& /*request*/) -> Result<Answer> {
    return list(services.templates);
  });
  handlers.bind("template.get", [&services](const Request& request) {
    return get(services.templates, request.path.at("name"));
  });
}

}  // namespace factory::pipeline_template
