#include "common/catalog.hpp"

#include "tests/support/catch.hpp"

using namespace factory;
using nlohmann::json;

namespace {

const EmbeddedFile kRoutes{"routes/thing.json", R"({"routes":[
  {"operation":"thing.list","method":"GET","path":"/v1/things","summary":"All","scope":"any",
   "query":{"type":"object","properties":{"limit":{"$ref":"defs/limit.json"}}},
   "success":200,"response":{"type":"array","items":{"$ref":"defs/thing.json"}},"errors":[]},
  {"operation":"thing.patch","method":"PATCH","path":"/v1/things/{id}","summary":"One",
   "scope":"things:write","path_params":{"id":{"type":"string"}},
   "body":{"$ref":"defs/thing.json"},"body_types":["application/json","text/xml"],
   "success":202,"response":{"$ref":"defs/thing.json"},"errors":["not_found"],
   "examples":[{"name":"one","body":{},"status":202}]}]})"};
const EmbeddedFile kThing{"defs/thing.json",
                          R"({"type":"object","properties":{"size":{"$ref":"defs/size.json",
                          "description":"How large"},"limit":{"$ref":"defs/limit.json"}}})"};
const EmbeddedFile kSize{"defs/size.json", R"({"type":"integer","description":"A size"})"};
const EmbeddedFile kLimit{"defs/limit.json", R"({"type":"integer","maximum":100})"};
const EmbeddedFile kTool{"tools/thing_patch.json", R"({"name":"thing_patch","title":"Patch",
  "description":"Patches","toolset":"default","annotations":{"readOnlyHint":true},
  "inputSchema":{"type":"object","properties":{"kind":{"type":"string"}}},
  "outputSchema":{"$ref":"defs/thing.json"},"examples":[],
  "http":{"operation":{"argument":"kind","a":"thing.patch","b":"thing.list"},
          "path":{"id":"thing_id"},"query":{"limit":"limit"},"body":{"size":"size"},
          "constant":{"body":{"x":1}}}})"};

std::shared_ptr<const Catalog> read(std::vector<EmbeddedFile> files) {
  return Catalog::from_files(files);
}

std::string failure(std::vector<EmbeddedFile> files) {
  try {
    read(std::move(files));
    return "no failure";
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("routes are read with their schemas in place of references") {
  const auto catalog = read({kThing, kSize, kLimit, kRoutes});
  REQUIRE(catalog->routes().size() == 2);
  const Route* const route = catalog->route("thing.patch");
  REQUIRE(route != nullptr);
  CHECK(route->method == "PATCH");
  CHECK(route->path == "/v1/things/{id}");
  CHECK(route->scope == "things:write");
  CHECK(route->success == 202);
  CHECK(route->body_types == std::vector<std::string>{"application/json", "text/xml"});
  CHECK(route->errors == std::vector<std::string>{"not_found"});
  CHECK(route->query.is_null());
  CHECK(route->path_params["id"]["type"] == "string");
  CHECK(route->examples.size() == 1);
  const json thing = json::parse(R"({"type":"object","properties":{
      "size":{"type":"integer","description":"How large"},
      "limit":{"type":"integer","maximum":100}}})");
  CHECK(route->body == thing);
  CHECK(route->response == thing);

  const Route* const list = catalog->route("thing.list");
  REQUIRE(list != nullptr);
  CHECK(list->body_types == std::vector<std::string>{"application/json"});
  CHECK(list->body.is_null());
  CHECK(list->path_params == json::object());
  CHECK(list->examples == json::array());
  CHECK(list->response["items"] == thing);
  CHECK(list->query["properties"]["limit"]["maximum"] == 100);

  CHECK(catalog->route("thing") == nullptr);
  REQUIRE(catalog->definition("defs/thing.json") != nullptr);
  CHECK(*catalog->definition("defs/thing.json") == thing);
  CHECK(catalog->definition("defs/other.json") == nullptr);
}

TEST_CASE("a route may take and give what is not JSON, in pieces") {
  const auto catalog = read({{"routes/thing.json", R"({"routes":[
    {"operation":"thing.put","method":"POST","path":"/v1/things","summary":"In","scope":"any",
     "body_types":["image/png"],"body_stream":true,"max_body":1099511627776,"success":204,
     "errors":[]},
    {"operation":"thing.get","method":"GET","path":"/v1/things","summary":"Out","scope":"any",
     "success":200,"response_types":["image/png"],"errors":[]}]})"}});
  const Route* const in = catalog->route("thing.put");
  REQUIRE(in != nullptr);
  CHECK(in->body_stream);
  CHECK(in->max_body == 1'099'511'627'776U);
  CHECK(in->response_types.empty());
  const Route* const out = catalog->route("thing.get");
  REQUIRE(out != nullptr);
  CHECK(!out->body_stream);
  CHECK(out->max_body == 0);
  CHECK(out->response_types == std::vector<std::string>{"image/png"});
}

TEST_CASE("tools are read with their way to a route") {
  const auto catalog = read({kThing, kSize, kLimit, kRoutes, kTool});
  const Tool* const tool = catalog->tool("thing_patch");
  REQUIRE(tool != nullptr);
  CHECK(tool->title == "Patch");
  CHECK(tool->toolset == "default");
  CHECK(tool->read_only());
  CHECK(tool->output_schema["properties"]["size"]["type"] == "integer");
  CHECK(tool->http.operation.empty());
  CHECK(tool->http.operation_argument == "kind");
  CHECK(tool->http.operation_by_value ==
        std::map<std::string, std::string>{{"a", "thing.patch"}, {"b", "thing.list"}});
  CHECK(tool->http.path == ArgumentMap{{"id", "thing_id"}});
  CHECK(tool->http.query == ArgumentMap{{"limit", "limit"}});
  CHECK(tool->http.body == ArgumentMap{{"size", "size"}});
  CHECK(tool->http.constant_body == json{{"x", 1}});
  CHECK(tool->http.constant_path == json::object());
  CHECK(catalog->tool("other") == nullptr);
}

TEST_CASE("resources, prompts, roles and templates are read") {
  const auto catalog = read(
      {kLimit,
       kRoutes,
       kThing,
       kSize,
       {"resources/all.json", R"({"uri":"factory://things","name":"all","title":"All",
         "description":"D","mimeType":"application/json","http":{"operation":"thing.list"}})"},
       {"resources/one.json", R"({"uriTemplate":"factory://things/{t}","name":"one","title":"One",
         "description":"D","mimeType":"application/json",
         "http":{"operation":"thing.patch","path":{"id":"t"}}})"},
       {"prompts/ask.json", R"({"name":"ask","title":"Ask","description":"D",
         "arguments":[{"name":"scope"}],"messages":[{"role":"user","text":"Look at {{scope}}"},
         {"role":"user","operation":"thing.list"}]})"},
       {"roles.json", R"({"owner":["things:read","things:write"],"viewer":["things:read"]})"},
       {"templates/standard.json", R"({"name":"standard","$ref":"kept as it stands"})"},
       {"events/thing.made.json",
        R"({"type":"thing.made","version":1,"summary":"A thing was made."})"},
       {"errors.json", "{}"}});
  REQUIRE(catalog->resources().size() == 2);
  CHECK(catalog->resources()[0].uri == "factory://things");
  CHECK(catalog->resources()[0].uri_template.empty());
  CHECK(catalog->resources()[1].uri.empty());
  CHECK(catalog->resources()[1].uri_template == "factory://things/{t}");
  CHECK(catalog->resources()[1].http.path == ArgumentMap{{"id", "t"}});
  REQUIRE(catalog->prompts().size() == 1);
  CHECK(catalog->prompts()[0].arguments[0]["name"] == "scope");
  CHECK(catalog->prompts()[0].messages.size() == 2);
  CHECK(catalog->roles().at("owner").size() == 2);
  CHECK(catalog->templates().at("standard.json")["name"] == "standard");
}

TEST_CASE("what is wrong with a file is told with its name") {
  struct Row {
    EmbeddedFile file;
    const char* problem;
  };
  const Row row = GENERATE(
      Row{{"tools/a.json", "{"}, "schemas/tools/a.json: The text cannot be read as JSON at line 1"},
      Row{{"tools/a.json", "{}"}, "schemas/tools/a.json: \"name\" is missing"},
      Row{{"tools/a.json", "[]"}, "schemas/tools/a.json: an object was expected"},
      Row{{"tools/a.json", R"({"name":1})"}, "\"name\" must be a string"},
      Row{{"routes/a.json", R"({"routes":[],"route":1})"}, "\"route\" is unknown here"},
      Row{{"routes/a.json", R"({"routes":[{"operation":"x"}]})"}, "\"method\" is missing"},
      Row{{"defs/a.json", R"({"$ref":"defs/b.json"})"},
          "schemas/defs/a.json: $ref to defs/b.json, which does not exist"},
      Row{{"defs/a.json", R"({"items":{"$ref":"defs/a.json"}})"},
          "schemas/defs/a.json: $ref to defs/a.json leads back to itself"},
      Row{{"defs/a.json", R"({"$ref":1})"}, "schemas/defs/a.json: a $ref is not a string"},
      Row{{"defs/a.json", R"({"items":{"$ref":"defs/limit.json","minimum":1}})"},
          "\"minimum\" cannot stand beside a $ref"},
      Row{{"roles.json", R"({"owner":"all"})"}, "schemas/roles.json: "},
      Row{{"resources/r.json", R"({"uri":"a://b","name":"r","title":"R","description":"D",
             "mimeType":"x/y","http":{"operation":"thing.gone"}})"},
          "schemas/resources/r.json: no route has the operation \"thing.gone\""},
      Row{{"prompts/p.json", R"({"name":"p","title":"P","description":"D","arguments":[],
             "messages":[{"role":"user","operation":"thing.gone"}]})"},
          "schemas/prompts/p.json: no route has the operation \"thing.gone\""});
  CAPTURE(row.file.text);
  CHECK_THAT(failure({kLimit, row.file}), test::contains(row.problem));
}

TEST_CASE("a cycle over several definitions is refused") {
  const std::string problem = failure({{"defs/a.json", R"({"items":{"$ref":"defs/b.json"}})"},
                                       {"defs/b.json", R"({"anyOf":[{"$ref":"defs/c.json"}]})"},
                                       {"defs/c.json", R"({"items":{"$ref":"defs/a.json"}})"}});
  CHECK_THAT(problem, test::contains("leads back to itself"));
}

TEST_CASE("nothing is declared twice") {
  EmbeddedFile again = kRoutes;
  again.path = "routes/twin.json";
  CHECK_THAT(failure({kThing, kSize, kLimit, kRoutes, again}),
             test::contains("schemas/routes/twin.json: \"thing.list\" is declared twice"));
  EmbeddedFile tool = kTool;
  tool.path = "tools/twin.json";
  CHECK_THAT(failure({kThing, kSize, kLimit, kRoutes, kTool, tool}),
             test::contains("schemas/tools/twin.json: \"thing_patch\" is declared twice"));
}

TEST_CASE("a client gets whole tools and of the routes what it takes to call them") {
  const std::vector<EmbeddedFile> files{kThing,
                                        kSize,
                                        kLimit,
                                        kRoutes,
                                        kTool,
                                        {"defs/unused.json", R"({"$ref":"defs/gone.json"})"},
                                        {"roles.json", R"({"owner":["things:read"]})"},
                                        {"templates/standard.json", "{}"}};
  const auto catalog = Catalog::from_files(files, CatalogExtent::client);
  const auto whole = read({kThing, kSize, kLimit, kRoutes, kTool});
  const Tool* const tool = catalog->tool("thing_patch");
  REQUIRE(tool != nullptr);
  CHECK(tool->input_schema == whole->tool("thing_patch")->input_schema);
  CHECK(tool->output_schema == whole->tool("thing_patch")->output_schema);
  const Route* const route = catalog->route("thing.patch");
  REQUIRE(route != nullptr);
  CHECK(route->method == "PATCH");
  CHECK(route->path == "/v1/things/{id}");
  CHECK(route->success == 202);
  CHECK(route->body == json::object());
  CHECK(catalog->route("thing.list")->body.is_null());
  CHECK(route->response.is_null());
  CHECK(catalog->roles().empty());
  CHECK(catalog->templates().empty());
  CHECK(catalog->definition("defs/unused.json") == nullptr);
}

TEST_CASE("the embedded catalog is read once and is whole") {
  const auto catalog = Catalog::embedded();
  CHECK(catalog == Catalog::embedded());
  CHECK_FALSE(catalog->templates().empty());
}
