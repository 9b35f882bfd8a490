#include "http/protocol.hpp"

#include <httplib.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <ctime>
#include <exception>
#include <string>
#include <utility>

#include "common/log.hpp"
#include "common/memory.hpp"

namespace factory::http {
namespace {

constexpr std::size_t kKeptMemory = 64U << 10U;  ///< of one large answer

/// Gives httplib a head that stands in memory and takes what it writes into memory, so that an
/// answer leaves in one piece and no call of httplib's waits for a client.
class MemoryStream final : public httplib::Stream {
 public:
  std::string input;
  std::string output;

  void restart() {
    input.clear();
    output.clear();
    at_ = 0;
  }
  void compact() {
    if (output.capacity() > kKeptMemory) free_memory(output);
  }

  [[nodiscard]] bool is_readable() const override { return true; }
  [[nodiscard]] bool is_writable() const override { return true; }
  ssize_t read(char* target, size_t size) override {
    const std::size_t count = std::min(size, input.size() - at_);
    std::memcpy(target, input.data() + at_, count);
    at_ += count;
    return static_cast<ssize_t>(count);
  }
  ssize_t write(const char* bytes, size_t size) override {
    output.append(bytes, size);
    return static_cast<ssize_t>(size);
  }
  // The address of the peer is of no use here, and looking it up costs a call for every request.
  void get_remote_ip_and_port(std::string& /*ip*/, int& /*port*/) const override {}
  void get_local_ip_and_port(std::string& /*ip*/, int& /*port*/) const override {}
  [[nodiscard]] socket_t socket() const override { return 0; }

 private:
  std::size_t at_ = 0;
};

/// The methods that httplib's parser takes; another one reaches it under a name that it knows.
bool is_known(std::string_view method) {
  static constexpr std::array<std::string_view, 8> known{"GET",    "HEAD",    "POST",  "PUT",
                                                         "DELETE", "OPTIONS", "PATCH", "TRACE"};
  return std::find(known.begin(), known.end(), method) != known.end();
}

/// Whether httplib looks at a field of an answer, or adds it where it is missing.
bool is_framing(std::string_view name) {
  return name.starts_with("Content-") || name == "Accept-Ranges";
}

/// RFC 9110 section 5.6.7.
std::string http_date(std::time_t now) {
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 64> text{};
  // The C locale is never changed, so the names of days and months are the English ones.
  const std::size_t size =
      std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text.data(), size};
}

}  // namespace

class Protocol::Engine final : private httplib::Server {
 public:
  explicit Engine(std::chrono::seconds keep_alive) {
    set_keep_alive_timeout(keep_alive.count());
    set_keep_alive_max_count(1'000'000);
    // Every request is answered before httplib's own routing, which is made of regular expressions
    // and decodes paths before it looks at them.
    set_pre_routing_handler([this](const httplib::Request&, httplib::Response& response) {
      fill(response);
      return HandlerResponse::Handled;
    });
    // Without it the text of an exception goes out in a header.
    set_exception_handler(
        [this](const httplib::Request&, httplib::Response& response,
               const std::exception_ptr& exception) { fail(response, exception); });
  }

  Written write(const Head& head, const std::function<Outgoing()>& answer,
                const std::function<bool()>& close) {
    written_ = Written{};
    fields_.clear();
    old_ = head.old;
    answer_ = &answer;
    close_ = &close;
    stream_.restart();
    // httplib decodes percent signs in header values and paths, compresses and cuts answers if
    // header fields ask for it, and its versions differ in what they refuse. So it gets the
    // method; the vetted head itself goes to the application.
    stream_.input.append(is_known(head.method) ? head.method : "GET").append(" / HTTP/1.1\r\n\r\n");
    bool closed = false;
    run(&Engine::process_request, closed);
    stream_.output.insert(stream_.output.find("\r\n") + 2, fields_);  // behind the status line
    written_.bytes = stream_.output;
    return std::move(written_);
  }
  void compact() { stream_.compact(); }

 private:
  using Setup = std::function<void(httplib::Request&)>;
  /// 0.11 (Debian 12)
  using Process11 = bool (httplib::Server::*)(httplib::Stream&, bool, bool&, const Setup&);
  /// 0.18 (Debian 13)
  using Process18 = bool (httplib::Server::*)(httplib::Stream&, const std::string&, int,
                                              const std::string&, int, bool, bool&, const Setup&);

  void run(Process11 process, bool& closed) {
    (this->*process)(stream_, false, closed, [this](httplib::Request& r) { request_ = &r; });
  }
  void run(Process18 process, bool& closed) {
    static const std::string nowhere;
    (this->*process)(stream_, nowhere, 0, nowhere, 0, false, closed,
                     [this](httplib::Request& r) { request_ = &r; });
  }

  void fill(httplib::Response& response) {
    Outgoing outgoing = (*answer_)();
    response.status = outgoing.status;
    for (auto& [name, value] : outgoing.headers) put(response, std::move(name), std::move(value));
    if (outgoing.stream) {
      frame(response, std::move(outgoing.stream));
    } else {
      response.body = std::move(outgoing.body);
    }
    complete(response);
  }

  /// httplib takes a map of fields and prints each of its own: most are none of its business.
  void put(httplib::Response& response, std::string name, std::string value) {
    if (is_framing(name)) {
      response.headers.emplace(std::move(name), std::move(value));
    } else {
      fields_.append(name).append(": ").append(value).append("\r\n");
    }
  }

  /// Has httplib write the head of an answer whose body is sent by others: it gets a source that
  /// gives nothing, and stops there.
  void frame(httplib::Response& response, std::shared_ptr<BodySource> stream) {
    if (const auto length = stream->length()) {
      written_.framing = Framing::length;
      response.headers.emplace("Content-Length", std::to_string(*length));
    } else {
      written_.framing = old_ ? Framing::close : Framing::chunked;
      // It adds the type once more.
      const std::string type = response.get_header_value("Content-Type");
      response.headers.erase("Content-Type");
      const auto nothing = [](std::size_t, httplib::DataSink&) { return false; };
      if (old_) {
        response.set_content_provider(type, nothing);
      } else {
        response.set_chunked_content_provider(type, nothing);
      }
    }
    if (request_->method != "HEAD") written_.stream = std::move(stream);
  }

  void complete(httplib::Response& response) {
    put(response, "Date", date());
    // httplib announces ranges on HEAD unless somebody has said otherwise.
    if (request_->method == "HEAD" && !response.has_header("Accept-Ranges")) {
      response.headers.emplace("Accept-Ranges", "none");
    }
    // From here httplib takes whether to say that the connection ends.
    if ((*close_)()) request_->headers.emplace("Connection", "close");
  }

  void fail(httplib::Response& response, const std::exception_ptr& exception) {
    std::string reason = "not an exception of the standard library";
    try {
      std::rethrow_exception(exception);
    } catch (const std::exception& error) {
      reason = error.what();
    } catch (...) {
      log(LogLevel::error, "something that is no std::exception was thrown");
    }
    log(LogLevel::error, "a request failed", {{"reason", reason}});
    written_.stream.reset();
    fields_.clear();
    response.headers.clear();
    response.status = 500;
    response.body = R"({"type":"/problems/internal","title":"The server failed","status":500})";
    response.headers.emplace("Content-Type", "application/problem+json");
    complete(response);
  }

  const std::string& date() {
    const std::time_t now = std::time(nullptr);
    if (now != date_of_) {
      date_of_ = now;
      date_ = http_date(now);
    }
    return date_;
  }

  MemoryStream stream_;
  httplib::Request* request_ = nullptr;  ///< the one being answered
  const std::function<Outgoing()>* answer_ = nullptr;
  const std::function<bool()>* close_ = nullptr;
  Written written_;
  std::string fields_;  ///< of the answer's head, as they go out; without those for httplib
  bool old_ = false;    ///< the client speaks HTTP/1.0
  std::time_t date_of_ = -1;
  std::string date_;
};

Protocol::Protocol(std::chrono::seconds keep_alive)
    : engine_(std::make_unique<Engine>(keep_alive)) {}
Protocol::~Protocol() = default;

void Protocol::compact() { engine_->compact(); }

Protocol::Written Protocol::write(const Head& head, const std::function<Outgoing()>& answer,
                                  const std::function<bool()>& close) {
  return engine_->write(head, answer, close);
}

}  // namespace factory::http
