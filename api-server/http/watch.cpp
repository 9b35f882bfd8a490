#include "http/watch.hpp"

#include <utility>

namespace factory::http {
namespace {

/// A method that nobody registered is named alike, so that a stranger cannot make up names.
std::string known_method(std::string_view method) {
  for (const char* known : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}) {
    if (method == known) return known;
  }
  return "_OTHER";
}

/// Empty if nobody has proven who they are.
std::string who_asked(const Request& request) {
  return request.principal.type == ActorType::system ? std::string() : request.principal.id;
}

Span commit_span(const TraceContext& request, const Flush& flush) {
  Span span;
  span.context = new_span(request);
  span.parent_id = request.span_id;
  span.name = "commit";
  span.began = flush.began;
  span.ended = flush.ended;
  span.attributes = {{"factory.commit.commands", static_cast<std::int64_t>(flush.commands)}};
  return span;
}

}  // namespace

Watch::Watch(const WatchParts& parts, const Head& head)
    : parts_(parts), head_(head), began_(std::chrono::steady_clock::now()) {
  if (parts.metrics != nullptr) parts.metrics->request_began();
  if (const std::string_view sent = head.header("traceparent"); !sent.empty()) {
    parent_ = parse_traceparent(sent);
  }
  const bool traced = parts.spans != nullptr && (!parent_ || parent_->sampled);
  if (traced) {
    own_ = new_span(parent_);
    began_unix_ = unix_nanos();
  }
  if (traced || parent_) traceparent_ = format_traceparent(traced ? *own_ : *parent_);
}

void Watch::end(const End& end) {
  const std::chrono::nanoseconds took = std::chrono::steady_clock::now() - began_;
  if (parts_.metrics != nullptr && end.counts != nullptr) {
    parts_.metrics->request_ended(*end.counts, end.status, took);
  }
  if (const auto level = level_of(end.status); logs(level)) write_line(level, end, took);
  if (own_) add_spans(end);
}

LogLevel Watch::level_of(int status) const {
  switch (parts_.access_log) {
    case AccessLog::all: return LogLevel::info;
    case AccessLog::failed: return status >= 500 ? LogLevel::info : LogLevel::debug;
    case AccessLog::none: break;
  }
  return LogLevel::debug;
}

void Watch::write_line(LogLevel level, const End& end, std::chrono::nanoseconds took) const {
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(took).count();
  const auto& context = own_ ? own_ : parent_;
  log(level, "request",
      {{"method", std::string(head_.method)},
       {"path", std::string(end.path)},
       {"operation", end.route == nullptr ? "" : end.route->operation},
       {"status", std::to_string(end.status)},
       {"microseconds", std::to_string(micros)},
       {"principal", who_asked(end.request)},
       {"request_id", end.request.request_id},
       {"trace_id", context ? context->trace_id : ""},
       {"span_id", own_ ? own_->span_id : ""}});
}

/// The attributes are those of OpenTelemetry's semantic conventions for HTTP servers.
void Watch::add_spans(const End& end) const {
  const std::string method = known_method(head_.method);
  Span span;
  span.context = *own_;
  if (parent_) span.parent_id = parent_->span_id;
  span.name = method + (end.route == nullptr ? "" : " " + end.route->path);
  span.kind = Span::Kind::server;
  span.began = began_unix_;
  span.ended = unix_nanos();
  span.attributes = {{"http.request.method", method},
                     {"url.path", std::string(end.path)},
                     {"http.response.status_code", static_cast<std::int64_t>(end.status)},
                     {"network.protocol.version", "1.1"},
                     {"factory.request_id", end.request.request_id}};
  const auto put = [&](const char* name, const std::string& value) {
    if (!value.empty()) span.attributes.emplace_back(name, value);
  };
  if (end.route != nullptr) put("http.route", end.route->path);
  put("client.address", end.request.address);
  put("user_agent.original", end.request.user_agent);
  put("enduser.id", who_asked(end.request));
  if (end.status >= 500) {
    span.failed = true;
    put("error.type", std::to_string(end.status));
  }
  if (end.flush) parts_.spans->add(commit_span(*own_, *end.flush));
  parts_.spans->add(std::move(span));
}

}  // namespace factory::http
