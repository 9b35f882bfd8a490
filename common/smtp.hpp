#pragma once

#include <stop_token>
#include <string>

#include "common/clock.hpp"
#include "common/result.hpp"

namespace factory {

enum class SmtpSecurity {
  starttls,  ///< refused where the server does not offer it
  tls,       ///< from the first byte
  none,      ///< for this machine itself, and for tests
};

struct SmtpServer {
  std::string host;
  int port = 587;
  SmtpSecurity security = SmtpSecurity::starttls;
  std::string user;  ///< empty: no login
  std::string password;
  std::string ca_file;  ///< PEM; empty: the system's authorities
  Millis timeout{15'000};
};

/// A message of plain text.
struct Mail {
  std::string id;         ///< stands in Message-ID: the same in each repetition
  std::string from;       ///< "factory@example.com"
  std::string from_name;  ///< may be empty
  std::string to;
  std::string subject;
  std::string text;
  Time at{};
};

/// The message as it goes over the wire (RFC 5322, RFC 2045, RFC 2047). What would begin a new
/// header field in a name or a subject is a blank; the text is UTF-8 in base64.
std::string mail_text(const Mail& mail);

/// Hands the message to the server. Thread-safe. `invalid_request`: an address is none
/// (is_mail_address), or the server refused the message for good (5xx); `unavailable`: it may take
/// it another time. The words name the server but never the login, the addresses or the text.
/// Returns within a second after `stop` is requested.
Status send_mail(const SmtpServer& server, const Mail& mail, const std::stop_token& stop = {});

}  // namespace factory
