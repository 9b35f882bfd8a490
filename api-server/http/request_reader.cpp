#include "http/request_reader.hpp"

#include <algorithm>
#include <charconv>

#include "common/digest.hpp"
#include "common/schema.hpp"
#include "common/text.hpp"
#include "http/problem.hpp"
#include "http/target.hpp"

namespace factory::http {
namespace {

using nlohmann::json;

constexpr std::size_t kLongestKey = 255;
constexpr std::size_t kLongestAgent = 200;

Status checked(std::vector<FieldError> fields) {
  if (fields.empty()) return Done{};
  return invalid_fields(std::move(fields));
}

const json* find_property(const json& schema, const std::string& name) {
  const auto properties = schema.find("properties");
  if (properties == schema.end()) return nullptr;
  const auto property = properties->find(name);
  return property == properties->end() ? nullptr : &*property;
}

/// Puts a parameter's value into the object; one that is given twice must be a list.
void put_parameter(const json* schema, const std::string& name, const std::string& text,
                   json& query, std::vector<FieldError>& errors) {
  json value = schema == nullptr ? json(text) : coerce(*schema, text);
  const auto known = query.find(name);
  if (known == query.end()) {
    query.emplace(name, std::move(value));
  } else if (known->is_array() && value.is_array()) {
    known->insert(known->end(), value.begin(), value.end());
  } else {
    errors.push_back({"query/" + excerpt(name, 64), "may be given only once"});
  }
}

void read_path(const BoundRoute& bound, const RouteTable::Params& params, Request& request,
               std::vector<FieldError>& errors) {
  for (const auto& [name, encoded] : params) {
    auto value = percent_decode(encoded);
    if (!value) {
      errors.push_back({"path/" + std::string(name), "is not percent-encoded UTF-8"});
      continue;
    }
    const json& schemas = bound.route.path_params;
    const auto schema = schemas.is_object() ? schemas.find(name) : schemas.end();
    if (schemas.is_object() && schema != schemas.end()) {
      auto wrong = validate(*schema, coerce(*schema, *value), "path/" + std::string(name));
      errors.insert(errors.end(), wrong.begin(), wrong.end());
    }
    request.path.emplace(name, std::move(*value));
  }
}

/// "application/json; charset=utf-8" -> the type in lower case. nullopt if another charset is
/// named.
std::optional<std::string> media_type(std::string_view value) {
  const std::size_t semicolon = std::min(value.find(';'), value.size());
  std::string type(value.substr(0, semicolon));
  type.erase(type.find_last_not_of(" \t") + 1);
  type = ascii_lower(type);
  const std::string parameters = ascii_lower(value.substr(semicolon));
  const std::size_t charset = parameters.find("charset=");
  if (charset != std::string::npos) {
    std::string_view name = std::string_view(parameters).substr(charset + 8);
    if (name.starts_with('"')) name.remove_prefix(1);
    if (!name.starts_with("utf-8") && !name.starts_with("us-ascii")) return std::nullopt;
  }
  return type;
}

Error wrong_type(const BoundRoute& bound, std::string detail) {
  return {ErrorCode::unsupported_media_type,
          std::move(detail),
          "Send the header `Content-Type: " + bound.body_types.front() + "`.",
          {{"header/Content-Type", "must be " + join(bound.body_types, " or ")}},
          {}};
}

/// A route that takes any type reads its body as JSON all the same.
bool takes_anything(const BoundRoute& bound) {
  const auto& taken = bound.body_types;
  return std::find(taken.begin(), taken.end(), "*/*") != taken.end();
}

Status check_type(const BoundRoute& bound, const Head& head, Request& request) {
  const auto type = media_type(head.header("Content-Type"));
  if (!type) return wrong_type(bound, "The body must be UTF-8.");
  const auto& taken = bound.body_types;
  if (std::find(taken.begin(), taken.end(), *type) == taken.end() && !takes_anything(bound)) {
    return wrong_type(bound, type->empty() ? "The body's content type is missing."
                                           : "The body's content type " + excerpt(*type, 80) +
                                                 " is not taken here; it must be " +
                                                 join(taken, " or ") + ".");
  }
  request.content_type = *type;
  return Done{};
}

Status parse_body(const BoundRoute& bound, Request& request) {
  Result<json> parsed = parse_json(request.raw_body);
  if (!parsed) {
    Error error = std::move(parsed.error());
    error.detail = "The body is not valid JSON: " + error.detail;
    return error;
  }
  request.body = std::move(*parsed);
  return checked(validate(bound.route.body, request.body));
}

/// 3 for "3" with its quotes.
std::optional<std::int64_t> version_of(std::string_view tag) {
  if (tag.size() < 3 || tag.front() != '"' || tag.back() != '"') return std::nullopt;
  tag = tag.substr(1, tag.size() - 2);
  std::int64_t version = 0;
  const auto [stop, failure] = std::from_chars(tag.data(), tag.data() + tag.size(), version);
  if (failure != std::errc{} || stop != tag.data() + tag.size() || version < 0) return std::nullopt;
  return version;
}

}  // namespace

Status read_parameters(const BoundRoute& bound, const RouteTable::Params& params,
                       std::string_view query, Request& request) {
  std::vector<FieldError> errors;
  read_path(bound, params, request, errors);
  request.query = json::object();
  if (!query.empty()) {
    const Query read = read_query(query);
    for (const std::string& name : read.broken) {
      errors.push_back({"query/" + excerpt(name, 64), "is not percent-encoded UTF-8"});
    }
    for (const auto& [name, text] : read.params) {
      put_parameter(find_property(bound.query, name), name, text, request.query, errors);
    }
  }
  auto wrong = validate(bound.query, request.query, "query");
  errors.insert(errors.end(), wrong.begin(), wrong.end());
  fill_defaults(bound.query, request.query);
  return checked(std::move(errors));
}

Status read_conditions(const Head& head, Request& request) {
  if (head.has("If-Match")) {
    const std::string_view tag = head.header("If-Match");
    if (tag.starts_with("W/")) {
      return Error{ErrorCode::precondition_failed,
                   "If-Match holds a weak ETag, which never matches.",
                   "Send the ETag as it was given, with its quotes: If-Match: \"3\".",
                   {{"header/If-Match", "must be a strong ETag"}},
                   {}};
    }
    if (tag != "*") {  // anything that exists will do: no condition
      const auto version = version_of(tag);
      if (!version) {
        return field_error("header/If-Match", "must be one ETag as it was given, such as \"3\"");
      }
      request.if_match = *version;
    }
  }
  if (head.has("Idempotency-Key")) {
    std::string_view key = head.header("Idempotency-Key");
    if (key.size() > 1 && key.front() == '"' && key.back() == '"') {
      key = key.substr(1, key.size() - 2);
    }
    const bool visible =
        std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c < '\x7f'; });
    if (key.empty() || key.size() > kLongestKey || !visible) {
      return field_error("header/Idempotency-Key", "must be 1 to 255 visible ASCII characters");
    }
    request.idempotency_key = key;
  }
  return Done{};
}

Status read_content(const BoundRoute& bound, Incoming& incoming, Request& request) {
  const Head& head = incoming.head();
  const std::string_view encoding = head.header("Content-Encoding");
  if (!encoding.empty() && !equal_ignoring_case(encoding, "identity")) {
    return Error{ErrorCode::unsupported_media_type,
                 "Encoded bodies are not taken here.",
                 {},
                 {{"header/Content-Encoding", "must be left out"}},
                 {}};
  }
  const json& schema = bound.route.body;
  const bool json_taken =
      !schema.is_null() && std::find(bound.body_types.begin(), bound.body_types.end(),
                                     "application/json") != bound.body_types.end();
  if (!head.has_body() && bound.route.body_stream) {
    return field_error("", "must be sent: this takes a body");
  }
  if (!head.has_body()) {
    if (!json_taken) return Done{};
    request.body = json::object();
    if (auto wrong = validate(schema, request.body); !wrong.empty()) {
      Error error = invalid_fields(std::move(wrong));
      error.detail = "The request has no body. " + error.detail;
      return error;
    }
    fill_defaults(schema, request.body);
    return Done{};
  }
  if (bound.body_types.empty()) return field_error("", "must be left out: none is taken here");
  if (Status type = check_type(bound, head, request); !type) return type;
  if (bound.route.body_stream) {
    request.body_stream = &incoming.stream_body(bound.route.max_body);
    return Done{};
  }
  Result<std::string> body = incoming.read_body(bound.route.max_body);
  if (!body) return std::move(body.error());
  request.raw_body = std::move(*body);
  const bool is_json = request.content_type == "application/json" || takes_anything(bound);
  if (!is_json || schema.is_null()) return Done{};
  if (Status parsed = parse_body(bound, request); !parsed) return parsed;
  fill_defaults(schema, request.body);
  return Done{};
}

void read_origin(const Incoming& incoming, Request& request) {
  const Head& head = incoming.head();
  request.head = &head;
  request.address = incoming.address();
  const std::string_view agent = head.header("User-Agent").substr(0, kLongestAgent);
  // It goes into documents, which are UTF-8.
  if (is_utf8(agent)) request.user_agent = agent;
}

std::string fingerprint(const Head& head, std::string_view body) {
  std::string line(head.method);
  line.append(" ").append(head.target).append("\n");
  return to_hex(sha256(line, body));
}

}  // namespace factory::http
