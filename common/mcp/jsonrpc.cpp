#include "common/mcp/jsonrpc.hpp"

#include <utility>

#include "common/schema.hpp"

namespace factory::mcp {
namespace {

using nlohmann::json;

bool is_id(const json& value) { return value.is_string() || value.is_number_integer(); }

/// Walks over any JSON without building it, so that depth and size cost nothing, and keeps the
/// member "id" of the outermost object.
class IdFinder : public nlohmann::json_sax<json> {
 public:
  [[nodiscard]] json id() const { return seen_ == 1 ? id_ : json(); }

  bool null() override { return scalar(nullptr); }
  bool boolean(bool value) override { return scalar(value); }
  bool number_integer(number_integer_t value) override { return scalar(value); }
  bool number_unsigned(number_unsigned_t value) override { return scalar(value); }
  bool number_float(number_float_t value, const string_t&) override { return scalar(value); }
  bool string(string_t& value) override { return scalar(value); }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return open(); }
  bool start_array(std::size_t) override { return open(); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    expecting_ = depth_ == 1 && name == "id";
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  bool scalar(json value) {
    if (expecting_) {
      ++seen_;
      if (is_id(value)) id_ = std::move(value);
    }
    expecting_ = false;
    return true;
  }
  bool open() {
    expecting_ = false;
    ++depth_;
    return true;
  }
  bool close() {
    --depth_;
    return true;
  }

  int depth_ = 0;
  int seen_ = 0;
  bool expecting_ = false;
  json id_;
};

Malformed malformed(json id, int code, std::string message) {
  return Malformed{std::move(id), RpcError{code, std::move(message), nullptr}};
}

json readable_id_of(const json& object) {
  const auto found = object.find("id");
  return found != object.end() && is_id(*found) ? *found : json();
}

Message read_call(json& object) {
  json id = readable_id_of(object);
  const auto method = object.find("method");
  if (method == object.end() || !method->is_string()) {
    return malformed(std::move(id), code::invalid_request, "`method` must be a string");
  }
  const bool is_request = object.contains("id");
  if (is_request && id.is_null()) {
    return malformed({}, code::invalid_request, "`id` must be a string or an integer");
  }
  json params = json::object();
  if (const auto given = object.find("params"); given != object.end()) {
    if (!given->is_object()) {
      if (!is_request) return Notification{method->get<std::string>(), json::object()};
      return malformed(std::move(id), code::invalid_params, "`params` must be an object");
    }
    params = std::move(*given);
  }
  if (!is_request) return Notification{method->get<std::string>(), std::move(params)};
  return Request{std::move(id), method->get<std::string>(), std::move(params)};
}

Message read_message(json& value) {
  if (!value.is_object()) {
    return malformed({}, code::invalid_request, "A message must be a JSON object");
  }
  const auto version = value.find("jsonrpc");
  if (version == value.end() || *version != "2.0") {
    return malformed(readable_id_of(value), code::invalid_request, "`jsonrpc` must be \"2.0\"");
  }
  const bool is_response = value.contains("result") || value.contains("error");
  if (is_response && !value.contains("method")) return Response{};
  return read_call(value);
}

Malformed unreadable(std::string_view line, const std::string& reason) {
  IdFinder finder;
  // What is JSON, but too deep or with a name twice, is a request that can be answered.
  if (json::sax_parse(line, &finder)) {
    return malformed(finder.id(), code::invalid_request, "Invalid request: " + reason);
  }
  return malformed({}, code::parse, "Parse error: " + reason);
}

}  // namespace

Decoded decode(std::string_view line) {
  Decoded decoded;
  Result<json> parsed = parse_json(line);
  if (!parsed) {
    decoded.messages.emplace_back(unreadable(line, parsed.error().detail));
    return decoded;
  }
  json& value = *parsed;
  if (!value.is_array()) {
    decoded.messages.push_back(read_message(value));
    return decoded;
  }
  if (value.empty() || value.size() > max_batch) {
    decoded.messages.emplace_back(
        malformed({}, code::invalid_request, value.empty() ? "Empty batch" : "Batch too long"));
    return decoded;
  }
  decoded.batch = true;
  for (json& item : value) decoded.messages.push_back(read_message(item));
  return decoded;
}

json readable_id(std::string_view beginning) {
  IdFinder finder;
  json::sax_parse(beginning, &finder);
  return finder.id();
}

std::string id_key(const json& id) { return encode(id); }

json result_message(const json& id, json result) {
  return {{"jsonrpc", "2.0"}, {"id", id}, {"result", std::move(result)}};
}

json error_message(const json& id, const RpcError& error) {
  json body{{"code", error.code}, {"message", error.message}};
  if (!error.data.is_null()) body["data"] = error.data;
  json message{{"jsonrpc", "2.0"}, {"error", std::move(body)}};
  if (!id.is_null()) message["id"] = id;
  return message;
}

json notification_message(std::string_view method, json params) {
  return {{"jsonrpc", "2.0"}, {"method", method}, {"params", std::move(params)}};
}

std::string encode(const json& message) {
  return message.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace factory::mcp
