#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "bench/http_load.hpp"
#include "bench/parts.hpp"
#include "bench/process.hpp"
#include "core.hpp"
#include "engine/audit.hpp"

namespace factory::bench {

namespace {

constexpr long events_of_a_stream = 10;
constexpr long streams_in_a_commit = 20;
constexpr long commits_in_a_batch = 50;
constexpr long sealed_after = 200'000;

/// Events as tasks leave them behind, chained as the engine chains them; no documents.
class Generator {
 public:
  explicit Generator(Core& core) : core_(core) {}

  void write(long events) {
    for (long written = 0; written < events;) {
      std::vector<storage::Commit> batch;
      for (long i = 0; i < commits_in_a_batch && written < events; ++i) {
        batch.push_back(commit());
        written += streams_in_a_commit * events_of_a_stream;
      }
      core_.runner().with_store([&](storage::Store& store) { store.commit(batch); });
      unsealed_ += commits_in_a_batch * streams_in_a_commit * events_of_a_stream;
      if (unsealed_ < sealed_after) continue;
      core_.seal();
      unsealed_ = 0;
    }
    core_.seal();
  }

 private:
  storage::Commit commit() {
    storage::Commit commit;
    const Time now = core_.clock().now();
    for (long i = 0; i < streams_in_a_commit; ++i) {
      storage::Append append{core_.ids().next(now).make("task"), 0, {}};
      Hash head{};
      for (long n = 1; n <= events_of_a_stream; ++n) {
        storage::EventRecord event;
        event.stream = append.stream;
        event.version = n;
        event.type = n == 1 ? "task.created" : "task.sla_warning";
        event.at = now;
        event.actor = "owner";
        engine::Call call;
        call.actor = {ActorType::person, "owner", "rest", Role::owner, {}, "key_bench"};
        call.request_id = "req_bench-" + std::to_string(n);
        event.body = engine::event_body(event, data_, call);
        event.hash = head = sha256(head, event.body);
        append.events.push_back(std::move(event));
      }
      commit.appends.push_back(std::move(append));
    }
    return commit;
  }

  Core& core_;
  long unsealed_ = 0;
  std::string data_ = R"({"title":"Rotate the credentials of the server","note":")" +
                      std::string(120, 'x') + R"(","at":"2026-11-20T06:00:00.000Z"})";
};

/// Reads one answer to its end and forgets it; how many bytes came.
class Drain {
 public:
  explicit Drain(const Server& server) {
    const std::string& url = server.url();
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1))));
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      throw std::runtime_error("cannot connect to " + url);
    }
    const std::string request =
        "GET /v1/audit/export HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        "Authorization: Bearer " +
        server.token() + "\r\n\r\n";
    if (::send(socket_, request.data(), request.size(), MSG_NOSIGNAL) < 0) {
      throw std::runtime_error("cannot ask for the export");
    }
  }
  ~Drain() { ::close(socket_); }
  Drain(const Drain&) = delete;
  Drain& operator=(const Drain&) = delete;

  /// The next bytes; empty at the end.
  std::string_view next() {
    const ssize_t count = ::recv(socket_, buffer_.data(), buffer_.size(), 0);
    if (count < 0) throw std::runtime_error("the export broke off");
    return {buffer_.data(), static_cast<std::size_t>(count)};
  }

 private:
  int socket_ = -1;
  std::array<char, 262'144> buffer_;
};

void export_all(Report& report, const Server& server, long events) {
  const double before = server.resident_mib();
  double most = before;
  double megabytes = 0;
  long lines = 0;
  long looks = 0;
  const auto from = Clock::now();
  Drain drain(server);
  for (std::string_view some = drain.next(); !some.empty(); some = drain.next()) {
    megabytes += static_cast<double>(some.size()) / 1'048'576;
    lines += std::count(some.begin(), some.end(), '\n');
    if (++looks % 64 == 0) most = std::max(most, server.resident_mib());
  }
  const double seconds = milliseconds_since(from) / 1000;
  most = std::max(most, server.resident_mib());
  if (lines < events) throw std::runtime_error("the export is not whole");
  const std::string of = std::to_string(events) + " events: ";
  report.figure(of + "export", static_cast<double>(events) / seconds, "rows/s");
  report.figure(of + "export", megabytes / seconds, "MiB/s");
  report.figure(of + "memory before", before, "MiB");
  report.figure(of + "memory while exporting, growth", most - before, "MiB", "30");
}

void page(Report& report, HttpConnection& http, const std::string& name, const std::string& path) {
  std::vector<double> times;
  for (int i = 0; i < 50; ++i) {
    const auto from = Clock::now();
    const HttpReply reply = http.get(path);
    times.push_back(milliseconds_since(from));
    if (reply.status != 200) throw std::runtime_error(path + ": " + std::string(reply.body));
  }
  report.figure(name + ", p50", percentile(times, 0.5), "ms");
}

}  // namespace

void audit(Report& report, const Scale& scale) {
  report.heading("The audit trail: export as a stream, pages");
  const Folder folder;
  const long events = scale.audit_events();
  {
    CoreOptions options;
    options.data = folder.path();
    Core core(std::move(options));
    const auto from = Clock::now();
    Generator(core).write(events);
    report.figure("events written per second",
                  static_cast<double>(events) * 1000 / milliseconds_since(from), "1/s");
    core.search().put({}, core.store().last_position());  // nothing of it is for the full text
  }
  const Server server(folder.path());
  HttpConnection http(server.url(), server.token());
  page(report, http, "newest page", "/v1/audit");
  page(report, http, "a page in the middle", "/v1/audit?cursor=" + std::to_string(events / 2));
  page(report, http, "a page that skips 100,000 events", "/v1/audit?actor=nobody");
  export_all(report, server, events);
}

}  // namespace factory::bench
