#include <algorithm>
#include <cctype>
#include <map>
#include <stdexcept>
#include <vector>

#include "http/openapi.hpp"

namespace factory::http::openapi {
namespace {

Json header(std::string_view description, Json schema) {
  return {{"description", description}, {"schema", std::move(schema)}};
}

Json text() { return {{"type", "string"}}; }

Json headers() {
  Json all;
  all["XRequestId"] =
      header("Names this request in the log; a caller's own X-Request-Id is kept.", text());
  all["XApiVersion"] = header("The version of the API.", text());
  all["ETag"] = header("The version of the document, for If-Match.", text());
  all["Link"] = header("The next page, with rel=\"next\" (RFC 8288).", text());
  all["IdempotencyReplayed"] = header(
      "true: this is the first answer to this Idempotency-Key once more; nothing was done again.",
      {{"type", "boolean"}});
  all["RateLimitPolicy"] =
      header("How many requests fit into which window, such as \"default\";q=100;w=60.", text());
  all["RateLimit"] =
      header("What is left of it and until when, such as \"default\";r=50;t=30.", text());
  all["RetryAfter"] =
      header("After how many seconds to try again.", {{"type", "integer"}, {"minimum", 0}});
  return all;
}

Json parameters() {
  Json all;
  all["IdempotencyKey"] = {
      {"name", "Idempotency-Key"},
      {"in", "header"},
      {"description",
       "One key, one effect: the same key with the same request gives the first answer again, with "
       "another request 422."},
      {"schema", {{"type", "string"}, {"minLength", 1}, {"maxLength", 255}}},
      {"example", "\"5e0a4b0e-1f0c-4d6d-9f53-2a35a7f0a9c1\""}};
  all["IfMatch"] = {
      {"name", "If-Match"},
      {"in", "header"},
      {"description",
       "The ETag that was read: 412 if the document has changed since. Without it, or "
       "as *, the present one is meant."},
      {"schema", text()},
      {"example", "\"3\""}};
  return all;
}

Json security_schemes() {
  return {{"bearer",
           {{"type", "http"},
            {"scheme", "bearer"},
            {"description", "An API key, or an access token of a sign-in."}}},
          {"api_key",
           {{"type", "apiKey"},
            {"in", "header"},
            {"name", "X-API-Key"},
            {"description", "An API key."}}}};
}

/// What any route may answer, though it need not say so.
std::vector<std::string> codes_of(const Json& declared, bool is_public, bool has_body) {
  std::vector<std::string> codes = declared.get<std::vector<std::string>>();
  const auto add = [&](const char* code) {
    if (std::find(codes.begin(), codes.end(), code) == codes.end()) codes.emplace_back(code);
  };
  if (!is_public) add("unauthenticated");
  if (has_body) {
    for (const char* code : {"request_timeout", "payload_too_large", "unsupported_media_type"}) {
      add(code);
    }
  }
  for (const char* code : {"rate_limited", "internal", "unavailable"}) add(code);
  std::sort(codes.begin(), codes.end());
  return codes;
}

Json problem_answer(const std::vector<std::string>& codes, const Json& errors) {
  std::string description;
  for (const std::string& code : codes) {
    if (!description.empty()) description += "\n\n";
    const Json& error = errors.at(code);
    description += "`" + code + "`: " + error.at("title").get<std::string>() + ". " +
                   error.at("hint").get<std::string>();
  }
  Json answer{{"description", description},
              {"headers", {{"X-Request-Id", reference("headers", "XRequestId")}}}};
  for (const std::string& code : codes) {
    if (code == "rate_limited" || code == "unavailable") {
      answer["headers"]["Retry-After"] = reference("headers", "RetryAfter");
    }
  }
  answer["content"]["application/problem+json"]["schema"] = reference("schemas", "Problem");
  return answer;
}

}  // namespace

Json reference(std::string_view kind, std::string_view name) {
  return {{"$ref", "#/components/" + std::string(kind) + "/" + std::string(name)}};
}

std::string component_name(std::string_view file) {
  const std::size_t start = file.rfind('/') + 1;
  std::string name;
  bool upper = true;
  for (const char c : file.substr(start, file.rfind('.') - start)) {
    if (c == '_' || c == '-') {
      upper = true;
      continue;
    }
    name.push_back(upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
    upper = false;
  }
  return name;
}

Json shared_components() {
  Json components;
  components["schemas"] = Json::object();
  components["responses"] = Json::object();
  components["parameters"] = parameters();
  components["headers"] = headers();
  components["securitySchemes"] = security_schemes();
  return components;
}

Json problem_responses(const Json& codes, bool is_public, bool has_body, const Json& errors,
                       Json& responses) {
  std::map<int, std::vector<std::string>> by_status;
  for (const std::string& code : codes_of(codes, is_public, has_body)) {
    if (!errors.contains(code)) throw std::runtime_error("errors.json has no " + code);
    by_status[errors.at(code).at("status").get<int>()].push_back(code);
  }
  Json answers = Json::object();
  for (const auto& [status, same] : by_status) {
    std::string name;
    for (const std::string& code : same) name += (name.empty() ? "" : ".") + code;
    if (!responses.contains(name)) responses[name] = problem_answer(same, errors);
    answers[std::to_string(status)] = reference("responses", name);
  }
  return answers;
}

}  // namespace factory::http::openapi
