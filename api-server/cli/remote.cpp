#include "cli/remote.hpp"

#include <iostream>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "common/config.hpp"
#include "common/http_client.hpp"
#include "common/paths.hpp"

namespace factory::cli {

using nlohmann::json;

std::string variable(const char* name) {
  const auto environment = factory_environment();
  const auto set = environment.find(name);
  return set == environment.end() ? "" : set->second;
}

std::optional<Running> running_server(const std::string& data) {
  const auto file = read_file(data + "/server.json");
  if (!file) return std::nullopt;
  const json address = json::parse(*file, nullptr, false);
  if (!address.is_object() || !address.contains("url")) return std::nullopt;
  Running running{address["url"].get<std::string>(), "", variable("FACTORY_CA_FILE")};
  HttpClient client;
  HttpRequest ping;
  ping.url = running.url + "/healthz";
  ping.timeout = Millis{2000};
  ping.ca_file = running.ca_file;
  if (const auto answer = client.send(ping); !answer) {
    if (answer.error().data.at("reason") != "certificate") return std::nullopt;
    throw std::runtime_error(answer.error().detail + " " + answer.error().hint);
  }
  const auto token = read_secret_file(data + "/owner.key");
  if (!token) throw std::runtime_error(token.error().detail);
  running.token = token->substr(0, token->find_last_not_of(" \r\n") + 1);
  return running;
}

Result<json> call_server(const Running& server, const std::string& method, const std::string& path,
                         const json& body) {
  HttpRequest request;
  request.method = method;
  request.url = server.url + path;
  request.headers = {{"Authorization", "Bearer " + server.token}};
  request.ca_file = server.ca_file;
  if (!body.is_null()) {
    request.headers.emplace_back("Content-Type", "application/json");
    request.body = body.dump();
  }
  HttpClient client;
  const Result<HttpResponse> answer = client.send(request);
  if (!answer) return answer.error();
  json document = json::parse(answer->body, nullptr, false);
  if (answer->status < 300) return document;
  Error error{ErrorCode::conflict, "The server refused.", {}, {}, {}};
  if (document.is_object()) {
    error.detail = document.value("detail", error.detail);
    error.hint = document.value("hint", "");
    for (const json& field : document.value("errors", json::array())) {
      error.fields.push_back({field.value("pointer", ""), field.value("detail", "")});
    }
  }
  return error;
}

int refuse(const Error& error) {
  std::cerr << "factory-api: " << error.detail << "\n";
  for (const FieldError& field : error.fields) {
    std::cerr << "  " << field.pointer << ": " << field.detail << "\n";
  }
  if (!error.hint.empty()) std::cerr << error.hint << "\n";
  return 1;
}

int print_answer(const Result<json>& answer) {
  if (!answer) return refuse(answer.error());
  std::cout << answer->dump(2) << "\n";
  return 0;
}

}  // namespace factory::cli
