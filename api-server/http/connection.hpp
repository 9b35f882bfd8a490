#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "http/head.hpp"
#include "http/message.hpp"
#include "http/socket.hpp"
#include "http/tls.hpp"

namespace factory::http {

using Steady = std::chrono::steady_clock;

/// Limits on everything that a stranger can send. Times are wall time, sizes bytes.
struct Limits {
  HeadLimits head;
  std::size_t body = 8U << 20U;
  std::size_t connections = 1024;          ///< beyond them the one that idled longest is closed
  std::size_t workers = 256;               ///< threads, made when they are needed
  std::chrono::milliseconds idle{75'000};  ///< a kept connection without a request
  std::chrono::milliseconds head_time{10'000};   ///< from a head's first byte to its last
  std::chrono::milliseconds body_time{30'000};   ///< from the head's end to the body's
  std::chrono::milliseconds write_time{30'000};  ///< for a whole answer
  /// A body that is streamed, in or out, has to move by `stream_bytes` within each of these.
  std::chrono::milliseconds stream_time{20'000};
  std::size_t stream_bytes = 64U << 10U;
  /// At most this instead of body_time, write_time and stream_time while half of the workers wait
  /// for their clients: however slow some are, there are workers for others.
  std::chrono::milliseconds crowded_time{1'000};
  std::chrono::milliseconds drain_time{2'000};  ///< for what a client still sends after a refusal
  std::chrono::milliseconds stop_time{1'500};   ///< for what still runs when the server stops
};

/// One accepted connection: its socket and the bytes that came in and were not used yet. Used by
/// one thread at a time; only `phase`, `since`, `shut` and `abort` are for others, too.
class Connection {
 public:
  enum class Phase : std::uint8_t {
    idle,      ///< waits for a request
    head,      ///< waits for the rest of a head
    busy,      ///< a worker has it
    draining,  ///< answered for the last time; what still comes is thrown away
    expired,   ///< waited too long: the worker that this wakes ends it
    late,      ///< the same in the middle of a head: the client is told
  };
  enum class Input { data, nothing, end };

  /// `peer`: its address as text.
  Connection(Fd socket, std::string peer) : socket_(std::move(socket)), peer_(std::move(peer)) {}

  ~Connection() {
    if (tls_) tls_->finish_writing();
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Speaks TLS from the first byte on; before anything has come in.
  void secure(std::unique_ptr<TlsSession> tls) { tls_ = std::move(tls); }
  /// True as long as nobody has agreed on keys yet: there are no requests.
  [[nodiscard]] bool shaking_hands() const { return tls_ && !tls_->established(); }
  /// The first bytes were an HTTP request and not TLS: answers go out as they are.
  [[nodiscard]] bool spoke_plain() const { return spoke_plain_; }

  /// Takes what has come in, without waiting.
  Input fill();
  /// Waits for more until `deadline`: data, end (closed or broken), or nothing (the time is over).
  Input wait(Steady::time_point deadline);
  /// Looks for the next head in what came in.
  HeadScan& scan_head();
  /// The bytes that scan_head found; the next head is looked for after them.
  std::string take_head();
  [[nodiscard]] std::string_view input() const { return std::string_view(input_).substr(used_); }
  void consume(std::size_t bytes) { used_ += bytes; }
  /// Forgets what was used, and memory that one large request needed.
  void compact();

  /// Sends all of it or gives up at the deadline: false, and the connection is of no use any more.
  bool send_all(std::string_view bytes, Steady::time_point deadline);
  /// Tells the client that nothing more comes from here.
  void finish_writing();
  /// Throws away what comes in. False once there is nothing left to wait for.
  bool drain();
  /// Makes whoever waits for input see its end. From any thread, as long as the server's registry
  /// holds the connection.
  void shut() const;
  /// The same for both directions.
  void abort() const;

  [[nodiscard]] int fd() const { return socket_.get(); }
  [[nodiscard]] const std::string& peer() const { return peer_; }

  std::atomic<Phase> phase{Phase::idle};
  std::atomic<Steady::rep> since{0};  ///< when the phase began
  /// Held while a worker gives the connection back, and taken by the one that gets it: it may get
  /// it before the first one has returned from the kernel.
  std::mutex hand_over;
  Steady::time_point head_since{};  ///< when the head began that is coming in; zero: none is

 private:
  Input shake_hands();
  Input fill_secured();
  bool send_secured(std::string_view bytes, Steady::time_point deadline);

  Fd socket_;
  std::string peer_;
  std::unique_ptr<TlsSession> tls_;  ///< after the socket, which it uses to its end
  bool spoke_plain_ = false;
  std::string input_;
  std::size_t used_ = 0;
  std::size_t drained_ = 0;
  HeadScan scan_;  ///< relative to used_
};

}  // namespace factory::http
