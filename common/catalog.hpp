#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/embedded.hpp"

namespace factory {

/// One REST route as schemas/routes/ declares it. All `$ref`s are inlined.
struct Route {
  std::string operation;  ///< "pipeline.create": the name that handlers and tools bind to
  std::string method;
  std::string path;  ///< "/v1/pipelines/{pipeline_id}"
  std::string summary;
  std::string scope;                    ///< a scope, "any" (any principal) or "public"
  std::string rate = "default";         ///< what a call costs: "default", "login", "destructive"
  bool sensitive = false;               ///< whoever asks is put into the access trail
  nlohmann::json path_params;           ///< name -> schema
  nlohmann::json query;                 ///< object schema; null: no parameters
  nlohmann::json body;                  ///< schema; null: no body
  std::vector<std::string> body_types;  ///< content types; "application/json" is the default
  bool body_stream = false;             ///< the handler pulls the body in pieces
  std::uint64_t max_body = 0;           ///< bytes; 0: what the server takes of any route
  int success = 200;
  nlohmann::json response;  ///< schema of the success answer; null: none, or not JSON
  std::vector<std::string> response_types;  ///< of an answer that is not JSON; empty: JSON
  std::vector<std::string> errors;
  nlohmann::json examples;
};

/// Where one argument goes: target name -> argument name.
using ArgumentMap = std::map<std::string, std::string>;

/// How a tool, resource or prompt becomes an HTTP call.
struct HttpMapping {
  std::string operation;           ///< a route's operation, or empty if chosen by argument
  std::string operation_argument;  ///< the argument that chooses it
  std::map<std::string, std::string> operation_by_value;
  ArgumentMap path, query, body;
  nlohmann::json constant_path, constant_query, constant_body;  ///< objects; may be empty
};

/// How a tool's answer reads where that is not the outline that every other has; declared, too.
struct ResultForm {
  std::string list;   ///< a bare array stands under this name in the document, with `next_cursor`
  std::string text;   ///< {{name}}: a member of the document, an argument, or a text of `each`
  std::string empty;  ///< stands for `text` while the list is empty
  std::map<std::string, std::string> each;  ///< name -> a line for each item of the list
};

struct Tool {
  std::string name, title, description, toolset;
  nlohmann::json annotations, input_schema, output_schema, examples;
  HttpMapping http;
  ResultForm result;
  [[nodiscard]] bool read_only() const;
};

struct Resource {
  std::string uri;           ///< empty for a template
  std::string uri_template;  ///< empty for a plain resource; level 1 of RFC 6570
  std::string name, title, description, mime_type;
  HttpMapping http;  ///< `path` maps path parameters to template variables
};

struct Prompt {
  std::string name, title, description;
  nlohmann::json arguments;  ///< as MCP lists them
  nlohmann::json messages;   ///< templates: {role, text} or {role, operation, query}
};

/// A type of event that the log can hold, as schemas/events/ declares it.
struct EventType {
  std::string type;  ///< "pipeline.paused"
  std::string summary;
  int version = 1;
};

/// How much of the files is wanted.
enum class CatalogExtent {
  whole,
  /// What a program needs that only calls: tools, resources and prompts; of a route operation,
  /// method, path, summary, scope, success and body types, and as `body` a schema that takes
  /// everything if there is one; neither roles nor templates nor reviews; of the definitions those
  /// that the tools use. It is read in a fraction of the time.
  client,
};

/// Everything under schemas/, read and linked once. Immutable, thread-safe.
class Catalog {
 public:
  /// The embedded files, read at the first call. Throws std::runtime_error that names the file
  /// if one is wrong.
  static std::shared_ptr<const Catalog> embedded(CatalogExtent extent = CatalogExtent::whole);
  /// The same of other files. What they hold is copied; throws as above.
  static std::shared_ptr<const Catalog> from_files(std::span<const EmbeddedFile> files,
                                                   CatalogExtent extent = CatalogExtent::whole);

  [[nodiscard]] const std::vector<Route>& routes() const { return routes_; }
  [[nodiscard]] const std::vector<Tool>& tools() const { return tools_; }
  [[nodiscard]] const std::vector<Resource>& resources() const { return resources_; }
  [[nodiscard]] const std::vector<Prompt>& prompts() const { return prompts_; }
  /// Role -> its scopes, from schemas/roles.json.
  [[nodiscard]] const std::map<std::string, std::vector<std::string>>& roles() const {
    return roles_;
  }
  /// The pipeline templates that the product comes with, as they stand: file name -> text.
  [[nodiscard]] const std::map<std::string, nlohmann::json>& templates() const {
    return templates_;
  }
  /// How things are reviewed outside of pipelines: file name -> content ("golive.json").
  [[nodiscard]] const std::map<std::string, nlohmann::json>& reviews() const { return reviews_; }
  /// Every type of event, in order of name; none with CatalogExtent::client.
  [[nodiscard]] const std::vector<EventType>& event_types() const { return event_types_; }
  [[nodiscard]] const Route* route(std::string_view operation) const;
  [[nodiscard]] const Tool* tool(std::string_view name) const;
  [[nodiscard]] const nlohmann::json* definition(std::string_view file) const;  ///< "defs/x.json"

 private:
  friend class CatalogReader;
  std::vector<Route> routes_;
  std::vector<Tool> tools_;
  std::vector<Resource> resources_;
  std::vector<Prompt> prompts_;
  std::vector<EventType> event_types_;
  std::map<std::string, std::vector<std::string>> roles_;
  std::map<std::string, nlohmann::json> templates_;
  std::map<std::string, nlohmann::json> reviews_;
  std::map<std::string, nlohmann::json, std::less<>> definitions_;
};

}  // namespace factory
