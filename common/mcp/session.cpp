#include "common/mcp/session.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <utility>

#include "common/log.hpp"
#include "common/mcp/envelope.hpp"

namespace factory::mcp {

using nlohmann::json;

/// One line of the method table.
struct Method {
  enum class Kind { fast, backend, handshake, log_level };

  std::string_view name;
  bool legacy;
  bool modern;
  Kind kind;
  Outcome (*run)(const Features&, const Call&);

  static const Method* find(std::string_view name);
};

namespace {

constexpr int discover_ttl_ms = 3'600'000;

Outcome discover(const Features& features, const Call& call) {
  json result{{"supportedVersions", modern_names()},
              {"capabilities", features.capabilities(call.revision)}};
  if (!features.instructions().empty()) result["instructions"] = features.instructions();
  add_cache_hint(call.revision, result, discover_ttl_ms, true);
  return result;
}

Outcome ping(const Features&, const Call&) { return json::object(); }

template <Outcome (Features::*member)(const Call&) const>
Outcome feature(const Features& features, const Call& call) {
  return (features.*member)(call);
}

using Kind = Method::Kind;

/// Everything that is answered. What is not here is unknown, or of a capability not declared.
constexpr std::array<Method, 11> methods{{
    // name, legacy, modern
    {"server/discover", false, true, Kind::fast, &discover},
    {"initialize", true, false, Kind::handshake, nullptr},
    {"ping", true, false, Kind::fast, &ping},
    {"logging/setLevel", true, false, Kind::log_level, nullptr},
    {"tools/list", true, true, Kind::fast, &feature<&Features::list_tools>},
    {"tools/call", true, true, Kind::backend, &feature<&Features::call_tool>},
    {"resources/list", true, true, Kind::fast, &feature<&Features::list_resources>},
    {"resources/templates/list", true, true, Kind::fast,
     &feature<&Features::list_resource_templates>},
    {"resources/read", true, true, Kind::backend, &feature<&Features::read_resource>},
    {"prompts/list", true, true, Kind::fast, &feature<&Features::list_prompts>},
    {"prompts/get", true, true, Kind::backend, &feature<&Features::get_prompt>},
}};

RpcError unknown_method(const std::string& name) {
  return RpcError{code::method_not_found, "Method not found: " + name, nullptr};
}

}  // namespace

const Method* Method::find(std::string_view name) {
  const auto* found = std::ranges::find(methods, name, &Method::name);
  return found == methods.end() ? nullptr : found;
}

/// Collects the answers of one batch and sends them as one array, once the last is there.
class Session::Batch {
 public:
  Batch(Session& session, std::size_t open) : session_(session), open_(open) {}

  void add(std::optional<json> message) {
    const std::scoped_lock lock(mutex_);
    if (message) answers_.push_back(std::move(*message));
    if (--open_ == 0 && !answers_.empty()) session_.send(answers_);
  }

 private:
  Session& session_;
  std::mutex mutex_;
  std::size_t open_;
  json answers_ = json::array();
};

Session::Session(const Features& features, Send send, Run run)
    : features_(features), send_(std::move(send)), run_(std::move(run)) {}

void Session::send(const json& message) { send_(encode(message)); }

void Session::receive(std::string_view line) {
  Decoded decoded = decode(line);
  if (decoded.batch) {
    receive_batch(std::move(decoded.messages));
    return;
  }
  handle(std::move(decoded.messages.front()), false, [this](std::optional<json> message) {
    if (message) send(*message);
  });
}

void Session::receive_batch(std::vector<Message> messages) {
  if (legacy_ == nullptr || !legacy_->batches) {
    complain({code::invalid_request, "This revision of the protocol has no batches", nullptr});
    return;
  }
  const auto batch = std::make_shared<Batch>(*this, messages.size());
  for (Message& message : messages) {
    handle(std::move(message), true,
           [batch](std::optional<json> answer) { batch->add(std::move(answer)); });
  }
}

void Session::receive_oversized(std::string_view beginning, std::size_t limit) {
  const RpcError error{code::invalid_request,
                       "The message is longer than " + std::to_string(limit) + " bytes", nullptr};
  const json id = readable_id(beginning);
  if (id.is_null()) {
    complain(error);
  } else {
    send(error_message(id, error));
  }
}

void Session::handle(Message message, bool in_batch, const Finish& finish) {
  if (auto* request = std::get_if<Request>(&message)) {
    handle_request(std::move(*request), in_batch, finish);
    return;
  }
  if (const auto* notification = std::get_if<Notification>(&message)) {
    handle_notification(*notification);
  } else if (const auto* malformed = std::get_if<Malformed>(&message)) {
    if (!malformed->id.is_null()) {
      finish(error_message(malformed->id, malformed->error));
      return;
    }
    complain(malformed->error);
  }
  finish(std::nullopt);
}

Session::Resolved Session::resolve(const Request& request) const {
  const Method* method = Method::find(request.method);
  if (claims_modern(request.params)) {
    if (auto error = check_envelope(request.params)) return {nullptr, nullptr, std::move(error)};
    if (method == nullptr || !method->modern) {
      return {nullptr, nullptr, unknown_method(request.method)};
    }
    return {method, &envelope_revision(request.params), std::nullopt};
  }
  if (method == nullptr) return {nullptr, nullptr, unknown_method(request.method)};
  if (legacy_ == nullptr) {
    // Before the handshake there is nothing to say yet but that one is alive.
    if (method->kind == Kind::handshake || method->run == &ping) {
      return {method, &latest_legacy(), std::nullopt};
    }
    return {nullptr, nullptr,
            RpcError{code::invalid_params,
                     "`params._meta` must hold io.modelcontextprotocol/protocolVersion and "
                     "io.modelcontextprotocol/clientCapabilities, or `initialize` must come first",
                     nullptr}};
  }
  if (!method->legacy) return {nullptr, nullptr, unknown_method(request.method)};
  return {method, legacy_, std::nullopt};
}

void Session::handle_request(Request request, bool in_batch, const Finish& finish) {
  Resolved resolved = resolve(request);
  if (!resolved.error && in_batch &&
      (resolved.revision->modern || resolved.method->kind == Kind::handshake)) {
    resolved.error = RpcError{code::invalid_request, "Not allowed in a batch", nullptr};
  }
  if (resolved.error) {
    finish(error_message(request.id, *resolved.error));
    return;
  }
  if (resolved.method->kind == Kind::backend) {
    start_job(std::move(request), resolved, finish);
    return;
  }
  const Call call{*resolved.revision, request.params, {}, {}};
  finish(answer(request.id, *resolved.revision, run_method(*resolved.method, call)));
}

void Session::start_job(Request request, const Resolved& resolved, const Finish& finish) {
  if (resolved.revision->modern && request.params.contains("requestState")) {
    finish(error_message(
        request.id,
        {code::invalid_params, "`requestState` is none that this server has given", nullptr}));
    return;
  }
  const json id = request.id;
  const std::string key = id_key(id);
  const auto flight = std::make_shared<Flight>();
  {
    const std::scoped_lock lock(mutex_);
    if (!flights_.emplace(key, flight).second) {
      finish(error_message(
          id, {code::invalid_request, "A request with this id is still under way", nullptr}));
      return;
    }
  }
  const bool taken = run_([this, key, flight, finish, request = std::move(request),
                           method = resolved.method, revision = resolved.revision] {
    const Call call{*revision,
                    request.params,
                    {flight->stop.get_token(), trace_parent(request.params)},
                    request.id.dump()};
    json message = answer(request.id, *revision, run_method(*method, call));
    finish(land(key, *flight) ? std::optional(std::move(message)) : std::nullopt);
  });
  if (taken) return;
  land(key, *flight);
  finish(error_message(id, {code::internal,
                            "Too many requests are under way; wait for some to be answered and "
                            "try again",
                            nullptr}));
}

bool Session::land(const std::string& key, const Flight& flight) {
  const std::scoped_lock lock(mutex_);
  const auto found = flights_.find(key);
  if (found != flights_.end() && found->second.get() == &flight) flights_.erase(found);
  return !flight.cancelled;
}

Outcome Session::run_method(const Method& method, const Call& call) {
  try {
    switch (method.kind) {
      case Kind::handshake: return initialize(call);
      case Kind::log_level: return set_log_level(call);
      case Kind::fast:
      case Kind::backend: return method.run(features_, call);
    }
  } catch (const std::exception& failure) {
    log(LogLevel::error, "method failed",
        {{"method", std::string(method.name)}, {"why", failure.what()}});
  }
  return RpcError{code::internal, "Internal error; the log of factory-mcp (stderr) says more",
                  nullptr};
}

json Session::answer(const json& id, const Revision& revision, Outcome outcome) const {
  if (const auto* error = std::get_if<RpcError>(&outcome)) return error_message(id, *error);
  json& result = std::get<json>(outcome);
  if (revision.modern) {
    result["resultType"] = "complete";
    result["_meta"]["io.modelcontextprotocol/serverInfo"] = features_.server_info(revision);
  }
  return result_message(id, std::move(result));
}

Outcome Session::initialize(const Call& call) {
  const auto wanted = call.params.find("protocolVersion");
  const Revision* found = wanted != call.params.end() && wanted->is_string()
                              ? find_revision(wanted->get_ref<const std::string&>())
                              : nullptr;
  legacy_ = found == nullptr || found->modern ? &latest_legacy() : found;
  json result{{"protocolVersion", legacy_->name},
              {"capabilities", features_.capabilities(*legacy_)},
              {"serverInfo", features_.server_info(*legacy_)}};
  if (!features_.instructions().empty()) result["instructions"] = features_.instructions();
  return result;
}

Outcome Session::set_log_level(const Call& call) {
  const auto level = call.params.find("level");
  const auto rank = level != call.params.end() && level->is_string()
                        ? log_level_rank(level->get_ref<const std::string&>())
                        : std::nullopt;
  if (!rank) return RpcError{code::invalid_params, "`level` must be a log level", nullptr};
  log_level_ = *rank;
  return json::object();
}

void Session::handle_notification(const Notification& notification) {
  // Nothing is done for any other; a notification is never answered.
  if (notification.method == "notifications/cancelled") cancel(notification.params);
}

void Session::cancel(const json& params) {
  const auto id = params.find("requestId");
  if (id == params.end()) return;
  std::shared_ptr<Flight> flight;
  {
    const std::scoped_lock lock(mutex_);
    const auto found = flights_.find(id_key(*id));
    if (found == flights_.end()) return;
    flight = found->second;
    flight->cancelled = true;
  }
  flight->stop.request_stop();
}

void Session::stop() {
  std::map<std::string, std::shared_ptr<Flight>> flights;
  {
    const std::scoped_lock lock(mutex_);
    flights = flights_;
    for (const auto& [key, flight] : flights) flight->cancelled = true;
  }
  for (const auto& [key, flight] : flights) flight->stop.request_stop();
}

std::size_t Session::in_flight() const {
  const std::scoped_lock lock(mutex_);
  return flights_.size();
}

void Session::complain(const RpcError& error) {
  const Revision& revision = legacy_ == nullptr ? modern_revision() : *legacy_;
  if (revision.error_without_id) {
    send(error_message(nullptr, error));
    return;
  }
  // The older schemas have no error without an id, and null is no id: it becomes a log message.
  if (log_level_ > *log_level_rank("error")) return;
  send(notification_message("notifications/message",
                            {{"level", "error"},
                             {"logger", "jsonrpc"},
                             {"data", {{"code", error.code}, {"message", error.message}}}}));
}

}  // namespace factory::mcp
