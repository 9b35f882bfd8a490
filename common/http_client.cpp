#include "common/http_client.hpp"

#include <curl/curl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string_view>

#include "common/deleter.hpp"
#include "common/text.hpp"
#include "common/version.hpp"

namespace factory {
namespace {

constexpr std::size_t kMaxIdle = 64;
constexpr std::size_t kMaxHeaderBytes = 256U << 10U;
constexpr int kLongestWait = 60'000;  // ms; timers of libcurl and wake-ups end a wait earlier

using Easy = std::unique_ptr<CURL, Deleter<curl_easy_cleanup>>;
using Multi = std::unique_ptr<CURLM, Deleter<curl_multi_cleanup>>;
using List = std::unique_ptr<curl_slist, Deleter<curl_slist_free_all>>;
using Url = std::unique_ptr<CURLU, Deleter<curl_url_cleanup>>;
using Text = std::unique_ptr<char, Deleter<curl_free>>;

/// Initialises libcurl (and OpenSSL below it) once, at the first call and not at process start.
void init_library() {
  static const CURLcode result = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (result != CURLE_OK) throw std::runtime_error("libcurl cannot be initialised");
}

/// A transfer handle with the event loop that owns its connections.
struct Worker {
  Worker() : multi(curl_multi_init()), easy(curl_easy_init()) {
    if (!multi || !easy) throw std::bad_alloc();
    curl_multi_setopt(multi.get(), CURLMOPT_MAXCONNECTS, 4L);
  }
  Multi multi;
  Easy easy;  // after `multi`, so that it goes first
};

/// What the callbacks of one transfer fill.
struct Transfer {
  std::size_t max_bytes;
  HttpResponse response{};
  std::size_t header_bytes = 0;
  bool too_large = false;
  bool body_cut = false;
  bool cut_response = false;
  const AddressRule* rule = nullptr;
  bool forbidden_address = false;
};

/// A field value without what would end the line (RFC 9110 section 5.5).
bool is_value(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return (c >= 0 && c < ' ' && c != '\t') || c == '\x7f'; });
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

/// The server of an address: what may be told about it.
struct Origin {
  std::string name;  ///< "http://127.0.0.1:8080"
  bool local = false;
};

/// The parts of a URL. Empty: there is none.
class UrlParts {
 public:
  explicit UrlParts(const std::string& address) : url_(curl_url()) {
    good_ = url_ && curl_url_set(url_.get(), CURLUPART_URL, address.c_str(), 0) == CURLUE_OK;
  }
  [[nodiscard]] std::string part(CURLUPart which) const {
    char* text = nullptr;
    if (!good_ || curl_url_get(url_.get(), which, &text, 0) != CURLUE_OK) return {};
    const Text owner{text};
    return owner.get();
  }
  [[nodiscard]] bool is_web() const {
    const std::string scheme = part(CURLUPART_SCHEME);
    return (scheme == "http" || scheme == "https") && !part(CURLUPART_HOST).empty();
  }

 private:
  Url url_;
  bool good_ = false;
};

std::optional<Origin> origin_of(const std::string& address) {
  const UrlParts url(address);
  if (!url.is_web()) return std::nullopt;
  const std::string host = ascii_lower(url.part(CURLUPART_HOST));
  const std::string port = url.part(CURLUPART_PORT);
  const bool local = host == "localhost" || host == "[::1]" || host.rfind("127.", 0) == 0;
  return Origin{url.part(CURLUPART_SCHEME) + "://" + host + (port.empty() ? "" : ":" + port),
                local};
}

std::size_t on_header(char* data, std::size_t, std::size_t size, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::string_view line(data, size);
  transfer.header_bytes += size;
  if (transfer.header_bytes > kMaxHeaderBytes) {
    transfer.too_large = true;
    return 0;
  }
  if (line.rfind("HTTP/", 0) == 0) {
    transfer.response.headers.clear();  // those before belonged to an interim answer
    return size;
  }
  const std::size_t colon = line.find(':');
  if (colon != std::string_view::npos) {
    transfer.response.headers.emplace(ascii_lower(trim(line.substr(0, colon))),
                                      trim(line.substr(colon + 1)));
  }
  return size;
}

std::size_t on_body(char* data, std::size_t, std::size_t size, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::size_t room = transfer.max_bytes - transfer.response.body.size();
  if (size > room) {
    transfer.too_large = !transfer.cut_response;
    transfer.body_cut = transfer.cut_response;
    if (transfer.cut_response) transfer.response.body.append(data, room);
    return 0;
  }
  transfer.response.body.append(data, size);
  return size;
}

/// The bytes of a socket address; empty for what is neither IPv4 nor IPv6.
std::string_view bytes_of(const curl_sockaddr& address) {
  if (address.family == AF_INET) {
    const auto* const four = reinterpret_cast<const sockaddr_in*>(&address.addr);
    return {reinterpret_cast<const char*>(&four->sin_addr), sizeof four->sin_addr};
  }
  if (address.family != AF_INET6) return {};
  const auto* const six = reinterpret_cast<const sockaddr_in6*>(&address.addr);
  return {reinterpret_cast<const char*>(&six->sin6_addr), sizeof six->sin6_addr};
}

/// The last moment before a connection: what is looked at here is what is connected to.
curl_socket_t on_socket(void* user, curlsocktype /*purpose*/, curl_sockaddr* address) {
  auto& transfer = *static_cast<Transfer*>(user);
  if (!(*transfer.rule)(bytes_of(*address))) {
    transfer.forbidden_address = true;
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

void append(List& list, const std::string& line) {
  curl_slist* const longer = curl_slist_append(list.get(), line.c_str());
  if (longer == nullptr) throw std::bad_alloc();
  static_cast<void>(list.release());
  list.reset(longer);
}

List header_list(const HttpRequest& request) {
  List list;
  append(list, "Expect:");  // a round trip that no server of ours needs
  bool typed = request.body.empty();
  for (const auto& [name, value] : request.headers) {
    typed = typed || ascii_lower(name) == "content-type";
    // libcurl takes "Name:" as an order to leave the header out and "Name;" as an empty one.
    append(list, value.empty() ? name + ";" : name + ": " + value);
  }
  if (!typed) append(list, "Content-Type:");  // libcurl would call it a form
  return list;
}

template <class Value>
void set(CURL* easy, CURLoption option, Value value) {
  const CURLcode result = curl_easy_setopt(easy, option, value);
  if (result != CURLE_OK) throw std::runtime_error(curl_easy_strerror(result));
}

void set_protocols(CURL* easy) {
#if LIBCURL_VERSION_NUM >= 0x075500
  set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
  set(easy, CURLOPT_PROTOCOLS, static_cast<long>(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

void set_method(CURL* easy, const HttpRequest& request) {
  const bool has_body = !request.body.empty();
  if (request.method == "HEAD") {
    set(easy, CURLOPT_NOBODY, 1L);
  } else if (has_body || request.method == "POST" || request.method == "PUT" ||
             request.method == "PATCH") {
    set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    set(easy, CURLOPT_POSTFIELDS, request.body.c_str());
  } else {
    set(easy, CURLOPT_HTTPGET, 1L);
  }
  if (request.method != "HEAD") set(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

void prepare(CURL* easy, const HttpRequest& request, const Origin& origin, curl_slist* headers,
             Transfer& transfer) {
  static const std::string agent = "agent-factory/" + std::string(version());
  curl_easy_reset(easy);  // keeps the connections
  set_protocols(easy);
  set_method(easy, request);
  set(easy, CURLOPT_URL, request.url.c_str());
  set(easy, CURLOPT_HTTPHEADER, headers);
  set(easy, CURLOPT_USERAGENT, agent.c_str());
  set(easy, CURLOPT_NOSIGNAL, 1L);
  set(easy, CURLOPT_TCP_NODELAY, 1L);
  set(easy, CURLOPT_QUICK_EXIT, 1L);  // a cancelled call does not wait for a name lookup
  set(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
  set(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_timeout.count()));
  if (origin.local || transfer.rule != nullptr) set(easy, CURLOPT_PROXY, "");
  if (transfer.rule != nullptr) {
    set(easy, CURLOPT_OPENSOCKETFUNCTION, &on_socket);
    set(easy, CURLOPT_OPENSOCKETDATA, &transfer);
  }
  if (!request.ca_file.empty()) set(easy, CURLOPT_CAINFO, request.ca_file.c_str());
  set(easy, CURLOPT_HEADERFUNCTION, &on_header);
  set(easy, CURLOPT_HEADERDATA, &transfer);
  set(easy, CURLOPT_WRITEFUNCTION, &on_body);
  set(easy, CURLOPT_WRITEDATA, &transfer);
}

/// The handle's place in its loop; taking it out ends a transfer that is still under way.
class Running {
 public:
  explicit Running(Worker& worker) : worker_(worker) {
    if (curl_multi_add_handle(worker.multi.get(), worker.easy.get()) != CURLM_OK) {
      throw std::runtime_error("libcurl does not take the transfer");
    }
  }
  ~Running() { curl_multi_remove_handle(worker_.multi.get(), worker_.easy.get()); }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

 private:
  Worker& worker_;
};

CURLcode run(Worker& worker, const std::stop_token& stop) {
  CURLM* const multi = worker.multi.get();
  const Running running(worker);
  const std::stop_callback wake(stop, [multi] { curl_multi_wakeup(multi); });
  for (int active = 1; active > 0;) {
    if (stop.stop_requested()) return CURLE_ABORTED_BY_CALLBACK;
    if (curl_multi_perform(multi, &active) != CURLM_OK) return CURLE_FAILED_INIT;
    if (active > 0 && curl_multi_poll(multi, nullptr, 0, kLongestWait, nullptr) != CURLM_OK) {
      return CURLE_FAILED_INIT;
    }
  }
  int left = 0;
  const CURLMsg* const message = curl_multi_info_read(multi, &left);
  return message == nullptr ? CURLE_FAILED_INIT : message->data.result;
}

Error failure(CURLcode code, const Transfer& transfer, const Origin& origin,
              const HttpRequest& request) {
  const auto error = [](std::string detail, const char* reason) {
    return Error{ErrorCode::unavailable, std::move(detail), {}, {}, {{"reason", reason}}};
  };
  if (transfer.forbidden_address && code != CURLE_ABORTED_BY_CALLBACK) {
    return error(origin.name + " is at an address that must not be called.", "forbidden_address");
  }
  if (transfer.too_large) {
    return error("The answer of " + origin.name + " is larger than " +
                     std::to_string(request.max_response_bytes) + " bytes.",
                 "too_large");
  }
  switch (code) {
    case CURLE_COULDNT_CONNECT:
    case CURLE_COULDNT_RESOLVE_HOST:
      return error("Nothing answers at " + origin.name + ".", "refused");
    case CURLE_OPERATION_TIMEDOUT:
      return error(origin.name + " did not answer in time.", "timeout");
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE: {
      Error untrusted =
          error("The certificate of " + origin.name + " is not trusted.", "certificate");
      untrusted.hint =
          "Name the PEM file of the authority that signed it, or of the certificate itself if it "
          "signed itself, in FACTORY_CA_FILE; the address must be one that it is made out to.";
      return untrusted;
    }
    case CURLE_ABORTED_BY_CALLBACK:
      return error("The call to " + origin.name + " was cancelled.", "cancelled");
    default:
      return error("The call to " + origin.name + " failed: " + curl_easy_strerror(code) + ".",
                   "other");
  }
}

std::optional<Error> refuse(const HttpRequest& request) {
  const auto bad = [](std::string detail) {
    return Error{ErrorCode::invalid_request, std::move(detail), {}, {}, {}};
  };
  if (!is_token(request.method)) return bad("The HTTP method has characters that none can have.");
  for (const auto& [name, value] : request.headers) {
    if (!is_token(name)) return bad("A header name has characters that none can have.");
    if (!is_value(value)) return bad("The header " + name + " has control characters.");
  }
  return std::nullopt;
}

}  // namespace

struct HttpClient::Impl {
  std::unique_ptr<Worker> acquire() {
    init_library();
    const std::lock_guard lock(mutex);
    if (idle.empty()) return std::make_unique<Worker>();
    // The one used last: its connection is the most likely to be still open.
    std::unique_ptr<Worker> worker = std::move(idle.back());
    idle.pop_back();
    return worker;
  }

  void release(std::unique_ptr<Worker> worker) {
    const std::lock_guard lock(mutex);
    if (idle.size() < kMaxIdle) idle.push_back(std::move(worker));
  }

  AddressRule rule;  ///< empty: every address
  std::mutex mutex;
  std::vector<std::unique_ptr<Worker>> idle;
};

std::optional<WebAddress> read_web_address(const std::string& text) {
  const UrlParts url(text);
  if (!url.is_web()) return std::nullopt;
  return WebAddress{url.part(CURLUPART_SCHEME), ascii_lower(url.part(CURLUPART_HOST)),
                    !url.part(CURLUPART_USER).empty() || !url.part(CURLUPART_PASSWORD).empty(),
                    !url.part(CURLUPART_FRAGMENT).empty()};
}

HttpClient::HttpClient() : impl_(std::make_unique<Impl>()) {}
HttpClient::HttpClient(AddressRule rule) : HttpClient() { impl_->rule = std::move(rule); }
HttpClient::~HttpClient() = default;

Result<HttpResponse> HttpClient::send(const HttpRequest& request, const std::stop_token& stop) {
  if (auto error = refuse(request)) return *std::move(error);
  const auto origin = origin_of(request.url);
  if (!origin) {
    return Error{
        ErrorCode::invalid_request, "The address is no http or https address.", {}, {}, {}};
  }
  std::unique_ptr<Worker> worker = impl_->acquire();
  const List headers = header_list(request);
  Transfer transfer{request.max_response_bytes};
  transfer.cut_response = request.cut_response;
  if (impl_->rule) transfer.rule = &impl_->rule;
  prepare(worker->easy.get(), request, *origin, headers.get(), transfer);
  CURLcode code = run(*worker, stop);
  if (code == CURLE_WRITE_ERROR && transfer.body_cut) code = CURLE_OK;
  long status = 0;
  curl_off_t retry_after = 0;
  curl_easy_getinfo(worker->easy.get(), CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(worker->easy.get(), CURLINFO_RETRY_AFTER, &retry_after);
  impl_->release(std::move(worker));
  if (code != CURLE_OK) return failure(code, transfer, *origin, request);
  transfer.response.status = static_cast<int>(status);
  if (retry_after > 0) transfer.response.retry_after = Millis{retry_after * 1000};
  return std::move(transfer.response);
}

}  // namespace factory
