#include "common/smtp.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>

#include "common/deleter.hpp"
#include "common/digest.hpp"
#include "common/text.hpp"

namespace factory {
namespace {

using Easy = std::unique_ptr<CURL, Deleter<curl_easy_cleanup>>;
using List = std::unique_ptr<curl_slist, Deleter<curl_slist_free_all>>;

constexpr std::size_t kLineBytes = 76;     ///< RFC 2045 section 6.8
constexpr std::size_t kEncodedBytes = 39;  ///< of an encoded word: a line of them has 76 at most

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < '\x7f'; });
}

/// Blanks instead of control characters.
std::string one_line(std::string_view text) {
  std::string line(text);
  std::replace_if(
      line.begin(), line.end(), [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; }, ' ');
  return line;
}

/// As the value of a header field: as it is, or as encoded words.
std::string header_text(std::string_view text) {
  const std::string line = one_line(text);
  if (is_plain(line) && line.find("=?") == std::string::npos) return line;
  std::string value;
  for (std::size_t at = 0; at < line.size();) {
    std::size_t end = std::min(at + kEncodedBytes, line.size());
    // Not in the middle of a character.
    while (end < line.size() && (static_cast<unsigned char>(line[end]) & 0xC0U) == 0x80U) --end;
    value += (value.empty() ? "" : "\r\n ") +
             ("=?utf-8?B?" + base64(std::string_view(line).substr(at, end - at)) + "?=");
    at = end;
  }
  return value;
}

/// "Fri, 20 Nov 2026 14:00:00 +0000".
std::string mail_date(Time at) {
  constexpr std::array<const char*, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<const char*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                               "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::string text = format_time(at);  // 2026-11-20T14:00:00.000Z
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const unsigned weekday = std::chrono::weekday(day).c_encoding();
  const auto month = static_cast<std::size_t>(std::stoi(text.substr(5, 2)) - 1);
  return std::string(days.at(weekday)) + ", " + text.substr(8, 2) + " " + months.at(month) + " " +
         text.substr(0, 4) + " " + text.substr(11, 8) + " +0000";
}

std::string in_lines(const std::string& encoded) {
  std::string lines;
  for (std::size_t at = 0; at < encoded.size(); at += kLineBytes) {
    lines += encoded.substr(at, kLineBytes) + "\r\n";
  }
  return lines;
}

std::string message_id(const Mail& mail) {
  std::string id;
  std::copy_if(mail.id.begin(), mail.id.end(), std::back_inserter(id),
               [](char c) { return is_ascii_alnum(c) || c == '_' || c == '-' || c == '.'; });
  return "<" + id + mail.from.substr(mail.from.find('@')) + ">";
}

struct Upload {
  std::string_view left;
};

std::size_t on_read(char* to, std::size_t size, std::size_t count, void* user) {
  auto& upload = *static_cast<Upload*>(user);
  const std::size_t taken = std::min(size * count, upload.left.size());
  std::copy_n(upload.left.begin(), taken, to);
  upload.left.remove_prefix(taken);
  return taken;
}

int on_progress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const std::stop_token*>(user)->stop_requested() ? 1 : 0;
}

template <class Value>
void set(const Easy& easy, CURLoption option, Value value) {
  const CURLcode result = curl_easy_setopt(easy.get(), option, value);
  if (result != CURLE_OK) throw std::runtime_error(curl_easy_strerror(result));
}

void prepare(const Easy& easy, const SmtpServer& server) {
  const bool tls = server.security == SmtpSecurity::tls;
  const std::string url =
      (tls ? "smtps://" : "smtp://") + server.host + ":" + std::to_string(server.port);
#if LIBCURL_VERSION_NUM >= 0x075500
  set(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
#else
  set(easy, CURLOPT_PROTOCOLS, static_cast<long>(CURLPROTO_SMTP | CURLPROTO_SMTPS));
#endif
  set(easy, CURLOPT_URL, url.c_str());
  set(easy, CURLOPT_NOSIGNAL, 1L);
  set(easy, CURLOPT_PROXY, "");
  set(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(server.timeout.count()));
  set(easy, CURLOPT_CONNECTTIMEOUT_MS, 5'000L);
  const bool plain = server.security == SmtpSecurity::none;
  set(easy, CURLOPT_USE_SSL, static_cast<long>(plain ? CURLUSESSL_NONE : CURLUSESSL_ALL));
  if (!server.ca_file.empty()) set(easy, CURLOPT_CAINFO, server.ca_file.c_str());
  if (server.user.empty()) return;
  set(easy, CURLOPT_USERNAME, server.user.c_str());
  set(easy, CURLOPT_PASSWORD, server.password.c_str());
}

Status outcome(CURLcode code, long status, const std::string& host) {
  const auto error = [&host](ErrorCode kind, const std::string& words) {
    return Error{kind, "The mail server " + host + " " + words + ".", {}, {}, {}};
  };
  if (code == CURLE_OK) return Done{};
  if (code == CURLE_LOGIN_DENIED) return error(ErrorCode::unavailable, "refused the login");
  if (status >= 500 && status < 600) {
    return error(ErrorCode::invalid_request, "refused the message with " + std::to_string(status));
  }
  switch (code) {
    case CURLE_COULDNT_CONNECT:
    case CURLE_COULDNT_RESOLVE_HOST: return error(ErrorCode::unavailable, "does not answer");
    case CURLE_OPERATION_TIMEDOUT: return error(ErrorCode::unavailable, "did not answer in time");
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
      return error(ErrorCode::unavailable, "has a certificate that is not trusted");
    case CURLE_USE_SSL_FAILED:
      return error(ErrorCode::unavailable, "offers no encryption, which is asked for");
    case CURLE_ABORTED_BY_CALLBACK: return error(ErrorCode::unavailable, "was not waited for");
    default:
      return error(ErrorCode::unavailable,
                   status >= 400 ? "answered " + std::to_string(status)
                                 : "failed: " + std::string(curl_easy_strerror(code)));
  }
}

}  // namespace

std::string mail_text(const Mail& mail) {
  std::string name = header_text(mail.from_name);
  if (is_plain(name) && !name.empty() && !name.starts_with("=?")) {
    std::erase_if(name, [](char c) { return c == '"' || c == '\\'; });
    name = "\"" + name + "\"";
  }
  return "Date: " + mail_date(mail.at) + "\r\nFrom: " + name + (name.empty() ? "" : " ") + "<" +
         mail.from + ">\r\nTo: <" + mail.to + ">\r\nSubject: " + header_text(mail.subject) +
         "\r\nMessage-ID: " + message_id(mail) +
         "\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
         "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
         in_lines(base64(mail.text));
}

Status send_mail(const SmtpServer& server, const Mail& mail, const std::stop_token& stop) {
  for (const std::string* const address : {&mail.from, &mail.to}) {
    if (!is_mail_address(*address)) {
      return Error{ErrorCode::invalid_request, "An address is no mail address.", {}, {}, {}};
    }
  }
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (ready != CURLE_OK) throw std::runtime_error("libcurl cannot be initialised");
  const Easy easy(curl_easy_init());
  if (!easy) throw std::bad_alloc();
  prepare(easy, server);
  const std::string from = "<" + mail.from + ">";
  const std::string to = "<" + mail.to + ">";
  const List recipients(curl_slist_append(nullptr, to.c_str()));
  if (!recipients) throw std::bad_alloc();
  const std::string text = mail_text(mail);
  Upload upload{text};
  std::stop_token token = stop;
  set(easy, CURLOPT_MAIL_FROM, from.c_str());
  set(easy, CURLOPT_MAIL_RCPT, recipients.get());
  set(easy, CURLOPT_READFUNCTION, &on_read);
  set(easy, CURLOPT_READDATA, &upload);
  set(easy, CURLOPT_UPLOAD, 1L);
  set(easy, CURLOPT_NOPROGRESS, 0L);
  set(easy, CURLOPT_XFERINFOFUNCTION, &on_progress);
  set(easy, CURLOPT_XFERINFODATA, &token);
  const CURLcode code = curl_easy_perform(easy.get());
  long status = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
  return outcome(code, status, server.host);
}

}  // namespace factory
