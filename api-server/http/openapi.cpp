#include "http/openapi.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>
#include <utility>

#include "common/text.hpp"

namespace factory::http {
namespace {

using openapi::component_name;
using openapi::Json;
using openapi::reference;

constexpr const char* kDescription =
    "Pipelines of work that agents do and people decide about.\n\n"
    "JSON in and out, UTF-8. An error is a problem document (RFC 9457, application/problem+json) "
    "whose `code` is for programs and whose `hint` says what to do next. An unknown member or "
    "query "
    "parameter is an error that names it. Lists take `limit` and `cursor`; `next_cursor` of an "
    "answer is the `cursor` of the next page.\n\n"
    "`x-scope` of an operation is the scope that a caller's role must have: `any` is whoever is "
    "known, `public` everybody. GET /v1/whoami lists a caller's scopes.";

/// The first clause: viewers list operations by it.
std::string headline(const std::string& summary) {
  std::size_t end = summary.size();
  for (const char* mark : {". ", "; ", ": "}) end = std::min(end, summary.find(mark));
  return end == summary.size() ? summary : summary.substr(0, end) + ".";
}

/// Builds one document.
class Builder {
 public:
  Builder(std::span<const EmbeddedFile> files, std::string_view version) {
    document_ = {
        {"openapi", "3.1.0"},
        {"info", {{"title", "Agent Factory"}, {"version", version}, {"description", kDescription}}},
        {"servers", {{{"url", "/"}, {"description", "This server."}}}},
        {"security", {{{"bearer", Json::array()}}, {{"api_key", Json::array()}}}},
        {"paths", Json::object()},
        {"components", openapi::shared_components()}};
    for (const EmbeddedFile& file : files) files_.emplace(file.path, file.text);
  }

  std::string build() {
    errors_ = read("errors.json");
    need_component("defs/problem.json");
    for (const auto& [path, text] : files_) {
      if (!path.starts_with("routes/")) continue;
      const Json file = read(path);
      for (const Json& route : file.at("routes")) add_route(route);
    }
    add_components();
    drop_unused();
    return document_.dump();
  }

 private:
  Json read(std::string_view path) const {
    const auto found = files_.find(path);
    if (found == files_.end()) throw std::runtime_error("there is no " + std::string(path));
    Json content = Json::parse(found->second, nullptr, false);
    if (content.is_discarded()) throw std::runtime_error(std::string(path) + " is no JSON");
    return content;
  }

  void need_component(const std::string& file) {
    if (seen_.insert(file).second) needed_.push_back(file);
  }

  /// The schema with references to components instead of files.
  Json linked(Json schema) {
    if (schema.is_object() && schema.contains("$ref")) {
      const std::string file = schema.at("$ref").get<std::string>();
      need_component(file);
      schema["$ref"] = "#/components/schemas/" + component_name(file);
      return schema;
    }
    if (!schema.is_structured()) return schema;
    for (Json& part : schema) part = linked(std::move(part));
    return schema;
  }

  void add_components() {
    // What a definition refers to joins the end of the list while it is gone through.
    std::size_t done = 0;
    while (done < needed_.size()) {
      const std::string file = needed_[done++];
      Json schema = linked(read(file));
      if (file == "defs/problem.json") name_codes(schema);
      document_["components"]["schemas"][component_name(file)] = std::move(schema);
    }
  }

  void name_codes(Json& problem) const {
    Json& codes = problem["properties"]["code"]["enum"] = Json::array();
    for (const auto& [code, error] : errors_.items()) codes.push_back(code);
  }

  /// Headers and parameters that no operation mentions.
  void drop_unused() {
    const std::string text = document_.dump();
    for (const char* kind : {"headers", "parameters"}) {
      Json& all = document_["components"][kind];
      for (auto it = all.begin(); it != all.end();) {
        const std::string target = "#/components/" + std::string(kind) + "/" + it.key() + "\"";
        it = text.find(target) == std::string::npos ? all.erase(it) : std::next(it);
      }
    }
  }

  void add_route(const Json& route) {
    const std::string operation = route.at("operation");
    const std::string scope = route.at("scope");
    const std::string method = route.at("method");
    const bool has_body = route.contains("body") || route.contains("body_types");
    Json entry{{"operationId", operation},
               {"tags", {operation.substr(0, operation.find('.'))}},
               {"summary", headline(route.at("summary"))},
               {"x-scope", scope}};
    if (entry["summary"] != route.at("summary")) entry["description"] = route.at("summary");
    if (scope == "public") entry["security"] = Json::array();
    if (Json parameters = parameters_of(route); !parameters.empty()) {
      entry["parameters"] = std::move(parameters);
    }
    if (has_body) entry["requestBody"] = body_of(route);
    entry["responses"][std::to_string(route.at("success").get<int>())] = success_of(route);
    entry["responses"].update(openapi::problem_responses(route.at("errors"), scope == "public",
                                                         has_body, errors_,
                                                         document_["components"]["responses"]));
    document_["paths"][route.at("path").get<std::string>()][ascii_lower(method)] = std::move(entry);
  }

  Json parameters_of(const Json& route) {
    Json parameters = Json::array();
    const Json in_path = route.value("path_params", Json::object());
    for (const auto& [name, schema] : in_path.items()) {
      parameters.push_back(parameter(route, "path", name, schema, true));
    }
    if (route.contains("query")) {
      const Json& query = route.at("query");
      const Json required = query.value("required", Json::array());
      const Json in_query = query.value("properties", Json::object());
      for (const auto& [name, schema] : in_query.items()) {
        const bool must = std::find(required.begin(), required.end(), name) != required.end();
        parameters.push_back(parameter(route, "query", name, schema, must));
      }
    }
    if (route.at("method") != "GET" && route.at("scope") != "public") {
      parameters.push_back(reference("parameters", "IdempotencyKey"));
      if (route.contains("path_params")) parameters.push_back(reference("parameters", "IfMatch"));
    }
    return parameters;
  }

  Json parameter(const Json& route, const char* place, const std::string& name, Json schema,
                 bool required) {
    Json made{{"name", name}, {"in", place}};
    if (required) made["required"] = true;
    if (schema.contains("description")) {
      made["description"] = schema["description"];
      schema.erase("description");
    }
    if (schema.value("type", Json()) == "array") made["explode"] = false;
    made["schema"] = linked(std::move(schema));
    Json examples = Json::object();
    for (const Json& example : working_examples(route)) {
      const auto values = example.find(place);
      if (values == example.end() || !values->contains(name)) continue;
      examples[key_of(example)] = {{"summary", example.at("name")}, {"value", values->at(name)}};
    }
    if (!examples.empty()) made["examples"] = std::move(examples);
    return made;
  }

  /// Those that are not there to be refused.
  static Json working_examples(const Json& route) {
    Json working = Json::array();
    for (const Json& example : route.value("examples", Json::array())) {
      if (example.at("status").get<int>() < 400) working.push_back(example);
    }
    return working;
  }

  static std::string key_of(const Json& example) {
    std::string key = example.at("name");
    for (char& c : key) {
      const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
      if (!plain) c = '_';
    }
    return key;
  }

  Json body_of(const Json& route) {
    const Json types = route.value("body_types", Json{"application/json"});
    const Json schema =
        route.contains("body") ? linked(route.at("body")) : Json{{"type", "string"}};
    Json body;
    if (schema.contains("required")) body["required"] = true;
    for (const std::string type : types) {
      // What is read as JSON whatever a client calls it is told of as JSON alone.
      if (type == "*/*" || type == "application/x-www-form-urlencoded") continue;
      const bool described = type == "application/json" || type == "multipart/form-data";
      Json& media = body["content"][type];
      media["schema"] = described ? schema : Json{{"type", "string"}};
      Json examples = body_examples(route, described);
      if (!examples.empty()) media["examples"] = std::move(examples);
    }
    return body;
  }

  /// Those whose body is text, or those whose body is a value.
  static Json body_examples(const Json& route, bool values) {
    Json examples = Json::object();
    for (const Json& example : working_examples(route)) {
      const auto sent = example.find("body");
      if (sent == example.end() || sent->is_string() == values) continue;
      examples[key_of(example)] = {{"summary", example.at("name")}, {"value", *sent}};
    }
    return examples;
  }

  Json success_of(const Json& route) {
    const int status = route.at("success");
    Json answer{{"description", status == 201   ? "It was made."
                                : status == 202 ? "It was taken on."
                                : status == 204 ? "It was done; there is no content."
                                : status >= 300 ? "It goes on elsewhere."
                                                : "The answer."}};
    Json& headers = answer["headers"];
    headers["X-Request-Id"] = reference("headers", "XRequestId");
    headers["X-API-Version"] = reference("headers", "XApiVersion");
    if (route.at("scope") != "public") {
      headers["RateLimit-Policy"] = reference("headers", "RateLimitPolicy");
      headers["RateLimit"] = reference("headers", "RateLimit");
      if (route.at("method") == "POST") {
        headers["Idempotency-Replayed"] = reference("headers", "IdempotencyReplayed");
      }
    }
    const Json types = route.value("response_types", Json::array());
    for (const std::string type : types) {
      answer["content"][type]["schema"] = {{"type", "string"}};
    }
    if (!route.contains("response")) return answer;
    const Json schema = linked(route.at("response"));
    if (has_member(schema, "version")) headers["ETag"] = reference("headers", "ETag");
    if (has_member(schema, "next_cursor")) headers["Link"] = reference("headers", "Link");
    answer["content"]["application/json"]["schema"] = schema;
    return answer;
  }

  /// Whether a schema, or the definition that it refers to, declares this member.
  [[nodiscard]] bool has_member(const Json& schema, const char* member) const {
    if (schema.contains("$ref")) {
      const std::string target = schema.at("$ref").get<std::string>();
      for (const std::string& file : needed_) {
        if (target.ends_with("/" + component_name(file))) return has_member(read(file), member);
      }
      return false;
    }
    return schema.contains("properties") && schema.at("properties").contains(member);
  }

  Json document_;
  Json errors_;
  std::map<std::string_view, std::string_view> files_;
  std::vector<std::string> needed_;  ///< definitions, in the order of their first use
  std::set<std::string> seen_;
};

}  // namespace

std::string openapi_document(std::span<const EmbeddedFile> files, std::string_view version) {
  return Builder(files, version).build();
}

}  // namespace factory::http
