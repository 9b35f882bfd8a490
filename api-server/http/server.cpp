#include "http/server.hpp"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "common/log.hpp"
#include "http/exchange.hpp"
#include "http/registry.hpp"
#include "http/socket.hpp"

namespace factory::http {
namespace {

using Phase = Connection::Phase;
using Next = Exchange::Next;

constexpr int kAcceptsAtOnce = 64;
constexpr int kPauseWithoutDescriptors = 50;  // ms

Fd must(int fd, const char* what) {
  if (fd < 0) throw std::system_error(errno, std::generic_category(), what);
  return Fd(fd);
}

/// Wakes whoever waits on the eventfd, for good.
void wake(const Fd& event) {
  const std::uint64_t one = 1;
  while (::write(event.get(), &one, sizeof one) < 0 && errno == EINTR) {
  }
}

/// A connection is a descriptor: shells usually allow 1,024 and can be asked for more.
void raise_descriptor_limit(std::size_t connections) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  const rlim_t wanted = std::min<rlim_t>(limit.rlim_max, connections + 512);
  if (limit.rlim_cur >= wanted) return;
  limit.rlim_cur = wanted;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
    log(LogLevel::warning, "the limit of open files could not be raised");
  }
}

}  // namespace

struct Server::Impl {
  Impl(Application& application_given, Limits limits_given, std::shared_ptr<TlsContext> tls_given)
      : application(application_given),
        limits(limits_given),
        tls(std::move(tls_given)),
        registry(limits),
        epoll(must(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
        stop_event(must(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")),
        end_event(must(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")) {}

  void accept_all();
  void accept_some(bool& short_of_descriptors);
  void work();
  void add_worker();
  void handle(Connection& connection, Exchange& exchange);
  void park(Connection& connection, Next next, Phase before);
  /// Makes what comes in wake a worker. False if the connection is of no use any more; after true
  /// another worker may have it, or have ended it.
  bool arm(Connection& connection, Phase phase) const;
  [[nodiscard]] int sweep_period() const;

  Application& application;
  const Limits limits;
  const std::shared_ptr<TlsContext> tls;  ///< empty: plain HTTP
  Registry registry;
  Fd epoll;
  Fd stop_event;  ///< ends the accepting thread
  Fd end_event;   ///< ends the workers
  Listener listener;
  std::atomic<bool> stopping{false};
  std::atomic<int> free_workers{0};
  std::atomic<std::size_t> waiting_for_clients{0};  ///< workers
  std::mutex workers_mutex;
  std::vector<std::thread> workers;
  std::thread acceptor;
  std::mutex stop_mutex;
};

int Server::Impl::sweep_period() const {
  const auto shortest = std::min({limits.idle, limits.head_time, limits.drain_time}) / 4;
  return static_cast<int>(std::clamp<std::int64_t>(shortest.count(), 5, 1000));
}

void Server::Impl::accept_all() {
  const int period = sweep_period();
  bool short_of_descriptors = false;
  while (!stopping) {
    std::array<pollfd, 2> waiting{
        {{stop_event.get(), POLLIN, 0}, {listener.socket.get(), POLLIN, 0}}};
    const int timeout = short_of_descriptors   ? kPauseWithoutDescriptors
                        : registry.size() == 0 ? -1
                                               : period;
    const int ready = ::poll(waiting.data(), short_of_descriptors ? 1 : 2, timeout);
    if (ready < 0 && errno != EINTR) {
      log(LogLevel::error, "poll failed", {{"reason", std::generic_category().message(errno)}});
    }
    short_of_descriptors = false;
    if (ready > 0 && waiting[1].revents != 0) accept_some(short_of_descriptors);
    registry.sweep(Steady::now());
  }
}

void Server::Impl::accept_some(bool& short_of_descriptors) {
  for (int i = 0; i < kAcceptsAtOnce; ++i) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    Fd socket(::accept4(listener.socket.get(), reinterpret_cast<sockaddr*>(&address), &size,
                        SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!socket) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK) {
        log(LogLevel::warning, "a connection could not be accepted",
            {{"reason", std::generic_category().message(errno)}});
        short_of_descriptors = true;
        static_cast<void>(registry.evict());
      }
      return;
    }
    if (registry.size() >= limits.connections && !registry.evict()) continue;
    Connection& connection = registry.add(std::move(socket), address_text(address), Steady::now());
    if (tls) connection.secure(tls->session(connection.fd()));
    epoll_event event{EPOLLIN | EPOLLRDHUP | EPOLLONESHOT, {}};
    event.data.ptr = &connection;
    if (epoll_ctl(epoll.get(), EPOLL_CTL_ADD, connection.fd(), &event) != 0) {
      registry.remove(connection);
    }
  }
}

void Server::Impl::add_worker() {
  const std::lock_guard lock(workers_mutex);
  if (workers.size() >= limits.workers) return;
  ++free_workers;
  try {
    workers.emplace_back([this] { work(); });
  } catch (const std::system_error& error) {
    --free_workers;
    log(LogLevel::warning, "no further thread for requests", {{"reason", error.what()}});
  }
}

void Server::Impl::work() {
  Exchange exchange(application, limits, stopping, waiting_for_clients);
  for (;;) {
    epoll_event event{};
    const int ready = epoll_wait(epoll.get(), &event, 1, -1);
    if (ready < 1) continue;
    if (event.data.ptr == nullptr) return;
    // Whoever takes the last free place makes another one before it gets to work.
    if (free_workers.fetch_sub(1) == 1) add_worker();
    handle(*static_cast<Connection*>(event.data.ptr), exchange);
    ++free_workers;
  }
}

void Server::Impl::handle(Connection& connection, Exchange& exchange) {
  { const std::lock_guard given(connection.hand_over); }
  const Phase before = connection.phase.exchange(Phase::busy);
  Next next = Next::close;
  try {
    switch (before) {
      case Phase::idle:
      case Phase::head: next = exchange.serve(connection); break;
      case Phase::draining: next = connection.drain() ? Next::drain : Next::close; break;
      case Phase::late:
        if (!stopping) exchange.refuse_late(connection);
        break;
      case Phase::expired:
      case Phase::busy: break;
    }
  } catch (const std::exception& error) {
    log(LogLevel::error, "a connection failed", {{"reason", error.what()}});
    next = Next::close;
  }
  if (next == Next::close) {
    registry.remove(connection);
  } else {
    park(connection, next, before);
  }
}

void Server::Impl::park(Connection& connection, Next next, Phase before) {
  const Phase phase = next == Next::idle   ? Phase::idle
                      : next == Next::head ? Phase::head
                                           : Phase::draining;
  // Draining has its time as a whole, however often something comes.
  if (phase != Phase::draining || before != Phase::draining) {
    const auto since = phase == Phase::head ? connection.head_since : Steady::now();
    connection.since = since.time_since_epoch().count();
  }
  if (!arm(connection, phase)) registry.remove(connection);
}

bool Server::Impl::arm(Connection& connection, Phase phase) const {
  const std::lock_guard giving(connection.hand_over);
  connection.phase = phase;
  // Whoever stops the server may have looked at it while it was busy.
  if (stopping && connection.phase.compare_exchange_strong(phase, Phase::busy)) return false;
  epoll_event event{EPOLLIN | EPOLLRDHUP | EPOLLONESHOT, {}};
  event.data.ptr = &connection;
  return epoll_ctl(epoll.get(), EPOLL_CTL_MOD, connection.fd(), &event) == 0;
}

Server::Server(Application& application, Limits limits, std::shared_ptr<TlsContext> tls)
    : impl_(std::make_unique<Impl>(application, limits, std::move(tls))) {}

Server::~Server() { stop(); }

Result<std::string> Server::start(const std::string& host, std::uint16_t port) {
  Result<Listener> listener = listen_on(host, port);
  if (!listener) return std::move(listener.error());
  impl_->listener = std::move(*listener);
  raise_descriptor_limit(impl_->limits.connections);
  epoll_event event{EPOLLIN, {}};
  event.data.ptr = nullptr;
  if (epoll_ctl(impl_->epoll.get(), EPOLL_CTL_ADD, impl_->end_event.get(), &event) != 0) {
    throw std::system_error(errno, std::generic_category(), "epoll_ctl");
  }
  impl_->add_worker();
  impl_->acceptor = std::thread([impl = impl_.get()] { impl->accept_all(); });
  return url_of(host, impl_->listener.port, impl_->tls != nullptr);
}

void Server::stop() {
  const std::lock_guard lock(impl_->stop_mutex);
  if (!impl_->acceptor.joinable()) return;
  impl_->stopping = true;
  wake(impl_->stop_event);
  impl_->acceptor.join();
  impl_->listener.socket.reset();
  impl_->registry.end_waiting();
  if (!impl_->registry.wait_empty(Steady::now() + impl_->limits.stop_time)) {
    impl_->registry.abort_all();
    impl_->registry.wait_empty();
  }
  wake(impl_->end_event);
  // No connection is left, so no worker makes another one.
  for (std::thread& worker : impl_->workers) worker.join();
}

}  // namespace factory::http
