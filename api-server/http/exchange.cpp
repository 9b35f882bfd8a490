#include "http/exchange.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "http/incoming_body.hpp"

namespace factory::http {
namespace {

Refusal head_too_large(const Limits& limits) {
  return {{ErrorCode::payload_too_large,
           "The head of the request is larger than " + std::to_string(limits.head.head) + " bytes.",
           {},
           {},
           {}},
          431};
}

Refusal bad_line() {
  return {{ErrorCode::invalid_request, "A line of the request does not end in CR LF.", {}, {}, {}},
          0};
}

Refusal plain_http() {
  return {{ErrorCode::invalid_request,
           "This port takes HTTPS only.",
           "Begin the address with https:// instead of http://.",
           {},
           {}},
          0};
}

}  // namespace

/// Counts a worker that may have to wait for its client, and says how long it does.
class Exchange::Wait {
 public:
  Wait(std::atomic<std::size_t>& waiting, const Limits& limits)
      : waiting_(waiting), limits_(limits), crowded_(++waiting > limits.workers / 2) {}
  ~Wait() { --waiting_; }
  Wait(const Wait&) = delete;
  Wait& operator=(const Wait&) = delete;

  [[nodiscard]] std::chrono::milliseconds at_most(std::chrono::milliseconds time) const {
    return crowded_ ? std::min(time, limits_.crowded_time) : time;
  }

 private:
  std::atomic<std::size_t>& waiting_;
  const Limits& limits_;
  const bool crowded_;
};

/// A request whose body is still on the wire.
class Exchange::Request final : public Incoming {
 public:
  Request(Connection& connection, const Head& head, const Limits& limits,
          std::atomic<std::size_t>& waiting)
      : connection_(connection), head_(head), limits_(limits), waiting_(waiting) {}

  [[nodiscard]] const Head& head() const override { return head_; }
  [[nodiscard]] const std::string& address() const override { return connection_.peer(); }

  Result<std::string> read_body(std::uint64_t limit) override {
    if (!head_.has_body()) return std::string();
    const Wait wait(waiting_, limits_);
    return body_
        .emplace(connection_, head_, limit == 0 ? limits_.body : limit,
                 Patience{wait.at_most(limits_.body_time), 0})
        .read_all();
  }

  BodyReader& stream_body(std::uint64_t limit) override {
    const auto time = wait_.emplace(waiting_, limits_).at_most(limits_.stream_time);
    return body_.emplace(connection_, head_, limit == 0 ? limits_.body : limit,
                         Patience{time, limits_.stream_bytes});
  }

  /// True if the next request follows: what is left of a body would be taken for one.
  bool settle() {
    if (settled_ || !head_.has_body()) return true;
    if (body_ && body_->begun()) return body_->complete();
    // A body that may never be sent cannot be passed over.
    if (head_.chunked || head_.expect_continue) return false;
    const std::uint64_t length = head_.content_length.value_or(0);
    if (length > connection_.input().size()) return false;
    connection_.consume(static_cast<std::size_t>(length));
    settled_ = true;
    return true;
  }

 private:
  Connection& connection_;
  const Head& head_;
  const Limits& limits_;
  std::atomic<std::size_t>& waiting_;
  std::optional<Wait> wait_;  ///< for a body that comes in pieces
  std::optional<IncomingBody> body_;
  bool settled_ = false;  ///< the body was passed over
};

Exchange::Exchange(Application& application, const Limits& limits,
                   const std::atomic<bool>& stopping, std::atomic<std::size_t>& waiting)
    : application_(application),
      limits_(limits),
      stopping_(stopping),
      waiting_(waiting),
      protocol_(std::chrono::duration_cast<std::chrono::seconds>(limits.idle)) {}

Exchange::Next Exchange::serve(Connection& connection) {
  const bool shaking = connection.shaking_hands();
  const auto input = connection.fill();
  if (connection.spoke_plain()) return refuse(connection, plain_http());
  if (connection.shaking_hands()) return keep_shaking(connection, input);
  if (shaking) connection.head_since = {};
  for (;;) {
    const HeadScan& scan = connection.scan_head();
    if (scan.malformed) return refuse(connection, bad_line());
    if (scan.end.value_or(connection.input().size()) > limits_.head.head) {
      return refuse(connection, head_too_large(limits_));
    }
    if (!scan.end) break;
    const Next next = serve_one(connection);
    if (next != Next::idle) return next;
  }
  if (input == Connection::Input::end) return Next::close;
  connection.compact();
  if (connection.input().empty()) return Next::idle;
  if (connection.head_since == Steady::time_point{}) connection.head_since = Steady::now();
  return Next::head;
}

Exchange::Next Exchange::keep_shaking(Connection& connection, Connection::Input input) {
  if (input == Connection::Input::end) return Next::close;
  // The whole handshake has as long as a head has.
  if (connection.head_since == Steady::time_point{}) connection.head_since = Steady::now();
  return Next::head;
}

Exchange::Next Exchange::refuse_late(Connection& connection) {
  if (connection.shaking_hands()) return Next::close;
  return refuse(connection, {{ErrorCode::request_timeout,
                              "The head of the request did not arrive within " +
                                  std::to_string(limits_.head_time.count()) + " ms.",
                              {},
                              {},
                              {}},
                             0});
}

Exchange::Next Exchange::serve_one(Connection& connection) {
  head_text_ = connection.take_head();
  if (const auto refusal = parse_head(head_text_, limits_.head, head_)) {
    return refuse(connection, *refusal);
  }
  Request request(connection, head_, limits_, waiting_);
  bool settled = true;
  const auto close = [&] {
    settled = request.settle();
    return head_.close || !settled || stopping_.load();
  };
  const Protocol::Written answer = protocol_.write(
      head_, [&] { return application_.answer(request); }, close);
  if (!send(connection, answer)) return Next::close;
  if (!settled) {
    connection.finish_writing();
    return Next::drain;
  }
  return head_.close || stopping_.load() ? Next::close : Next::idle;
}

Exchange::Next Exchange::refuse(Connection& connection, const Refusal& refusal) {
  head_ = Head{};
  head_.method = "GET";
  const Protocol::Written answer = protocol_.write(
      head_, [&] { return application_.refuse(refusal); }, [] { return true; });
  if (!send(connection, answer)) return Next::close;
  connection.finish_writing();
  return Next::drain;
}

/// False if the client left, or took too long.
bool Exchange::send(Connection& connection, const Protocol::Written& answer) {
  const Wait wait(waiting_, limits_);
  const auto deadline = Steady::now() + wait.at_most(limits_.write_time);
  const bool sent = connection.send_all(answer.bytes, deadline);
  protocol_.compact();
  if (!sent || !answer.stream) return sent;
  return send_body(connection, *answer.stream, answer.framing, wait.at_most(limits_.stream_time));
}

}  // namespace factory::http
