#include "common/catalog_reader.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "common/schema.hpp"

namespace factory {
namespace {

using nlohmann::json;

[[noreturn]] void fail(const std::string& reason) { throw std::runtime_error(reason); }

/// Takes members out of an object one by one; what is left over at the end is an error, so that a
/// misspelt member never passes in silence.
class Members {
 public:
  explicit Members(json object) : object_(std::move(object)) {
    if (!object_.is_object()) fail("an object was expected");
  }

  bool has(const char* name) const { return object_.contains(name); }

  /// The member, or null.
  json take(const char* name) {
    const auto found = object_.find(name);
    if (found == object_.end()) return nullptr;
    json value = std::move(*found);
    object_.erase(found);
    return value;
  }

  json need(const char* name) {
    if (!has(name)) fail(std::string("\"") + name + "\" is missing");
    return take(name);
  }

  std::string text(const char* name) {
    json value = need(name);
    if (!value.is_string()) fail(std::string("\"") + name + "\" must be a string");
    return std::move(value.get_ref<std::string&>());
  }

  std::vector<std::string> texts(const char* name) {
    const json list = take(name);
    std::vector<std::string> values;
    for (const json& item : list) {
      if (!item.is_string()) fail(std::string("\"") + name + "\" must be a list of strings");
      values.push_back(item.get<std::string>());
    }
    return values;
  }

  /// What was not taken.
  json rest() { return std::exchange(object_, json::object()); }

  void done() const {
    if (!object_.empty()) fail("\"" + object_.begin().key() + "\" is unknown here");
  }

 private:
  json object_;
};

ArgumentMap read_map(const json& object, const char* what) {
  ArgumentMap map;
  for (const auto& [target, source] : object.items()) {
    if (!source.is_string()) fail(std::string(what) + " must map names to texts");
    map.emplace(target, source.get<std::string>());
  }
  return map;
}

json object_or_empty(json value) { return value.is_null() ? json::object() : std::move(value); }

HttpMapping read_mapping(json object) {
  Members members(std::move(object));
  HttpMapping http;
  json operation = members.need("operation");
  if (operation.is_string()) {
    http.operation = std::move(operation.get_ref<std::string&>());
  } else {
    Members chosen(std::move(operation));
    http.operation_argument = chosen.text("argument");
    http.operation_by_value = read_map(chosen.rest(), "operation");
  }
  http.path = read_map(members.take("path"), "path");
  http.query = read_map(members.take("query"), "query");
  http.body = read_map(members.take("body"), "body");
  Members constant(object_or_empty(members.take("constant")));
  http.constant_path = object_or_empty(constant.take("path"));
  http.constant_query = object_or_empty(constant.take("query"));
  http.constant_body = object_or_empty(constant.take("body"));
  constant.done();
  members.done();
  return http;
}

Route read_route(json object) {
  Members members(std::move(object));
  Route route;
  route.operation = members.text("operation");
  route.method = members.text("method");
  route.path = members.text("path");
  route.summary = members.text("summary");
  route.scope = members.text("scope");
  if (members.has("rate")) {
    route.rate = members.text("rate");
  } else if (route.method == "DELETE") {
    route.rate = "destructive";
  }
  if (members.has("sensitive")) route.sensitive = members.take("sensitive").get<bool>();
  route.path_params = object_or_empty(members.take("path_params"));
  route.query = members.take("query");
  route.body = members.take("body");
  route.body_types = members.texts("body_types");
  if (route.body_types.empty()) route.body_types.emplace_back("application/json");
  if (members.has("body_stream")) route.body_stream = members.take("body_stream").get<bool>();
  if (members.has("max_body")) route.max_body = members.take("max_body").get<std::uint64_t>();
  route.success = members.need("success").get<int>();
  route.response = members.take("response");
  route.response_types = members.texts("response_types");
  route.errors = members.texts("errors");
  route.examples = members.take("examples");
  if (route.examples.is_null()) route.examples = json::array();
  members.done();
  return route;
}

ResultForm read_form(json object) {
  ResultForm form;
  if (object.is_null()) return form;
  Members members(std::move(object));
  form.text = members.text("text");
  if (members.has("list")) form.list = members.text("list");
  if (members.has("empty")) form.empty = members.text("empty");
  form.each = read_map(members.take("each"), "each");
  members.done();
  return form;
}

/// Leaves what it takes to call a route; the rest still has references in it.
void reduce(Route& route) {
  if (!route.body.is_null()) route.body = json::object();
  route.path_params = json::object();
  route.query = nullptr;
  route.response = nullptr;
  route.errors.clear();
  route.examples = json::array();
}

/// Runs `action`; its failure gets the file's name.
template <class Action>
void with_name(const EmbeddedFile& file, const Action& action) {
  try {
    action();
  } catch (const std::exception& error) {
    fail("schemas/" + std::string(file.path) + ": " + error.what());
  }
}

/// The folder of "tools/x.json"; a file at the top is its own folder.
std::string_view folder_of(std::string_view path) { return path.substr(0, path.find('/')); }

template <class List, class Key>
void refuse_twin(const List& list, const Key& key, const std::string& value) {
  const bool twin =
      std::any_of(list.begin(), list.end(), [&](const auto& entry) { return entry.*key == value; });
  if (twin) fail("\"" + value + "\" is declared twice");
}

}  // namespace

CatalogReader::CatalogReader(CatalogExtent extent)
    : extent_(extent), catalog_(std::make_shared<Catalog>()), inliner_(catalog_->definitions_) {}

std::shared_ptr<const Catalog> CatalogReader::read(std::span<const EmbeddedFile> files) {
  read_definitions(files);
  for (const EmbeddedFile& file : files) {
    with_name(file, [&] { read_file(file); });
  }
  check_links();
  return catalog_;
}

void CatalogReader::read_definitions(std::span<const EmbeddedFile> files) {
  for (const EmbeddedFile& file : files) {
    if (folder_of(file.path) == "defs") inliner_.add(file.path, file.text);
  }
  if (extent_ == CatalogExtent::client) return;
  for (const EmbeddedFile& file : files) {
    if (folder_of(file.path) != "defs") continue;
    with_name(file, [&] { inliner_.definition(file.path); });
  }
}

void CatalogReader::read_file(const EmbeddedFile& file) {
  const std::string_view folder = folder_of(file.path);
  const auto is = [&](std::string_view name) { return folder == name; };
  const bool server_only = is("roles.json") || is("templates") || is("review") || is("events");
  const bool called = is("routes") || is("tools") || is("resources") || is("prompts");
  if (!called && (!server_only || extent_ == CatalogExtent::client)) return;
  Result<json> parsed = parse_json(file.text);
  if (!parsed.ok()) fail(parsed.error().detail);
  json content = std::move(parsed).value();
  if (is("templates") || is("review")) {
    auto& files = is("review") ? catalog_->reviews_ : catalog_->templates_;
    files.emplace(file.path.substr(folder.size() + 1), std::move(content));
    return;
  }
  if (is("roles.json")) return read_roles(content);
  if (is("events")) return read_event_type(std::move(content));
  if (is("routes") && extent_ == CatalogExtent::client) return read_routes(std::move(content));
  inliner_.inline_all(content);
  if (is("routes")) return read_routes(std::move(content));
  if (is("tools")) return read_tool(std::move(content));
  if (is("resources")) return read_resource(std::move(content));
  read_prompt(std::move(content));
}

void CatalogReader::read_routes(json file) {
  Members members(std::move(file));
  for (json& object : members.need("routes")) {
    Route route = read_route(std::move(object));
    refuse_twin(catalog_->routes_, &Route::operation, route.operation);
    if (extent_ == CatalogExtent::client) reduce(route);
    catalog_->routes_.push_back(std::move(route));
  }
  members.done();
}

void CatalogReader::read_tool(json file) {
  Members members(std::move(file));
  Tool tool;
  tool.name = members.text("name");
  tool.title = members.text("title");
  tool.description = members.text("description");
  tool.toolset = members.text("toolset");
  tool.annotations = members.need("annotations");
  tool.input_schema = members.need("inputSchema");
  tool.output_schema = members.need("outputSchema");
  tool.examples = members.need("examples");
  tool.http = read_mapping(members.need("http"));
  tool.result = read_form(members.take("result"));
  members.done();
  refuse_twin(catalog_->tools_, &Tool::name, tool.name);
  catalog_->tools_.push_back(std::move(tool));
}

void CatalogReader::read_resource(json file) {
  Members members(std::move(file));
  Resource resource;
  if (members.has("uri")) {
    resource.uri = members.text("uri");
  } else {
    resource.uri_template = members.text("uriTemplate");
  }
  resource.name = members.text("name");
  resource.title = members.text("title");
  resource.description = members.text("description");
  resource.mime_type = members.text("mimeType");
  resource.http = read_mapping(members.need("http"));
  members.done();
  refuse_twin(catalog_->resources_, &Resource::name, resource.name);
  catalog_->resources_.push_back(std::move(resource));
}

void CatalogReader::read_prompt(json file) {
  Members members(std::move(file));
  Prompt prompt;
  prompt.name = members.text("name");
  prompt.title = members.text("title");
  prompt.description = members.text("description");
  prompt.arguments = members.need("arguments");
  prompt.messages = members.need("messages");
  members.done();
  refuse_twin(catalog_->prompts_, &Prompt::name, prompt.name);
  catalog_->prompts_.push_back(std::move(prompt));
}

void CatalogReader::read_event_type(json file) {
  Members members(std::move(file));
  EventType event{members.text("type"), members.text("summary"),
                  members.need("version").get<int>()};
  members.done();
  refuse_twin(catalog_->event_types_, &EventType::type, event.type);
  catalog_->event_types_.push_back(std::move(event));
}

void CatalogReader::read_roles(const json& file) {
  catalog_->roles_ = file.get<std::map<std::string, std::vector<std::string>>>();
}

/// Only what a call would stumble over; the tests hold everything else about the files.
void CatalogReader::check_links() const {
  const auto known = [&](const HttpMapping& http, const std::string& file) {
    std::vector<std::string> operations;
    if (!http.operation.empty()) operations.push_back(http.operation);
    for (const auto& [value, name] : http.operation_by_value) operations.push_back(name);
    for (const std::string& operation : operations) {
      if (catalog_->route(operation) == nullptr) {
        fail("schemas/" + file + ": no route has the operation \"" + operation + "\"");
      }
    }
  };
  for (const Tool& tool : catalog_->tools_) known(tool.http, "tools/" + tool.name + ".json");
  for (const Resource& resource : catalog_->resources_) {
    known(resource.http, "resources/" + resource.name + ".json");
  }
  for (const Prompt& prompt : catalog_->prompts_) {
    for (const json& message : prompt.messages) {
      HttpMapping http;
      http.operation = message.value("operation", "");
      known(http, "prompts/" + prompt.name + ".json");
    }
  }
}

}  // namespace factory
