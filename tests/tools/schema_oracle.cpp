// Lets another program ask our JSON reader and schema validator, so that a test can compare them
// with a reference.
//
//   schema-oracle          reads lines {"schema":…,"value":…} and answers each with `true`, `false`
//                          or `error <why>` (the line cannot be read, or the schema is not one).
//   schema-oracle --cases  writes every schema of the embedded catalog with the values that are its
//                          examples, one JSON object a line: {"name","schema","values":[…]}.
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "common/catalog.hpp"
#include "common/schema.hpp"

namespace {

using nlohmann::json;

std::string judge(const std::string& line) {
  // Two levels more than what stands below: the line itself, and a schema's own depth is bounded
  // by the files, not by strangers.
  const auto read = factory::parse_json(line, 256);
  if (!read.ok()) return "error " + read.error().detail;
  if (!read->is_object() || !read->contains("schema") || !read->contains("value")) {
    return "error schema or value is missing";
  }
  const auto problems = factory::lint_schema((*read)["schema"]);
  if (!problems.empty()) return "error " + problems.front();
  return factory::validate((*read)["schema"], (*read)["value"]).empty() ? "true" : "false";
}

void write_case(const std::string& name, const json& schema, const json& values) {
  if (schema.is_null() || schema.empty()) return;
  std::cout << json{{"name", name}, {"schema", schema}, {"values", values}}.dump() << '\n';
}

/// A member of those examples that are to be accepted. A body that is a text is of another type
/// than JSON.
json picked(const json& examples, const char* member) {
  json values = json::array();
  for (const json& example : examples) {
    if (!example.contains(member) || example[member].is_string()) continue;
    if (example.value("status", 200) != 400) values.push_back(example[member]);
  }
  return values;
}

void write_cases() {
  const auto catalog = factory::Catalog::embedded();
  for (const factory::Tool& tool : catalog->tools()) {
    write_case(tool.name + " input", tool.input_schema, picked(tool.examples, "arguments"));
    write_case(tool.name + " output", tool.output_schema, json::array());
  }
  for (const factory::Route& route : catalog->routes()) {
    write_case(route.operation + " body", route.body, picked(route.examples, "body"));
    write_case(route.operation + " query", route.query, picked(route.examples, "query"));
    write_case(route.operation + " response", route.response, json::array());
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count == 2 && std::string(arguments[1]) == "--cases") {
    write_cases();
    return 0;
  }
  if (count != 1) {
    std::cerr << "usage: schema-oracle [--cases]\n";
    return 2;
  }
  for (std::string line; std::getline(std::cin, line);) std::cout << judge(line) << '\n';
  return 0;
}
