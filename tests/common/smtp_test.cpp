#include "common/smtp.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <thread>
#include <vector>

#include "common/text.hpp"
#include "tests/support/catch.hpp"

namespace factory::test {
namespace {

/// Takes one message after the other as RFC 5321 has it, with AUTH PLAIN; refuses on demand.
class MailServer {
 public:
  explicit MailServer(std::string refuse_with = "") : refuse_(std::move(refuse_with)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const raw = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_, raw, size) != 0 || ::listen(listener_, 8) != 0 ||
        ::getsockname(listener_, raw, &size) != 0) {
      throw std::runtime_error("no listening socket");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this] { serve(); });
  }
  ~MailServer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  MailServer(const MailServer&) = delete;
  MailServer& operator=(const MailServer&) = delete;

  [[nodiscard]] SmtpServer settings() const {
    SmtpServer server;
    server.host = "127.0.0.1";
    server.port = port_;
    server.security = SmtpSecurity::none;
    return server;
  }
  /// Everything that clients said, line by line.
  std::vector<std::string> lines() {
    const std::lock_guard lock(mutex_);
    return lines_;
  }
  bool said(const std::string& line) {
    const auto all = lines();
    return std::find(all.begin(), all.end(), line) != all.end();
  }

 private:
  void serve() {
    for (int client = 0; (client = ::accept(listener_, nullptr, nullptr)) >= 0;) {
      talk(client);
      ::close(client);
    }
  }
  void talk(int client) {
    const auto say = [client](const std::string& line) {
      const std::string out = line + "\r\n";
      static_cast<void>(::send(client, out.data(), out.size(), MSG_NOSIGNAL));
    };
    say("220 test ESMTP");
    std::string buffer;
    bool data = false;
    bool asked = false;
    for (std::string line; read_line(client, buffer, line);) {
      {
        const std::lock_guard lock(mutex_);
        lines_.push_back(line);
      }
      if (data) {
        if (line != ".") continue;
        data = false;
        say("250 taken");
      } else if (line.starts_with("EHLO")) {
        say("250-test\r\n250 AUTH PLAIN");
      } else if (line == "AUTH PLAIN") {
        asked = true;
        say("334 ");
      } else if (asked) {
        asked = false;
        say("235 welcome");
      } else if (line.starts_with("RCPT") && !refuse_.empty()) {
        say(refuse_);
      } else if (line == "DATA") {
        data = true;
        say("354 go on");
      } else if (line == "QUIT") {
        say("221 bye");
        return;
      } else {
        say("250 fine");
      }
    }
  }
  static bool read_line(int client, std::string& buffer, std::string& line) {
    for (;;) {
      if (const std::size_t end = buffer.find("\r\n"); end != std::string::npos) {
        line = buffer.substr(0, end);
        buffer.erase(0, end + 2);
        return true;
      }
      char chunk[4096];
      const ssize_t got = ::recv(client, chunk, sizeof chunk, 0);
      if (got <= 0) return false;
      buffer.append(chunk, static_cast<std::size_t>(got));
    }
  }

  std::string refuse_;
  int listener_ = -1;
  int port_ = 0;
  std::mutex mutex_;
  std::vector<std::string> lines_;
  std::jthread thread_;
};

Mail mail() {
  Mail made;
  made.id = "eff_1";
  made.from = "factory@example.com";
  made.from_name = "Agent Factory";
  made.to = "ada@example.com";
  made.subject = "Look at it";
  made.text = "It waits.\n.\nStill.\n";
  made.at = *parse_time("2026-11-20T06:00:00Z");
  return made;
}

TEST_CASE("smtp: a message arrives with sender, recipient and login", "[smtp]") {
  MailServer server;
  SmtpServer settings = server.settings();
  settings.user = "factory";
  settings.password = "hunter2";
  const Status sent = send_mail(settings, mail());
  INFO((sent ? "" : sent.error().detail));
  REQUIRE(sent);
  CHECK(server.said("MAIL FROM:<factory@example.com>"));
  CHECK(server.said("RCPT TO:<ada@example.com>"));
  CHECK(server.said("AGZhY3RvcnkAaHVudGVyMg=="));
  CHECK(server.said("From: \"Agent Factory\" <factory@example.com>"));
  CHECK(server.said("Subject: Look at it"));
  CHECK(server.said("Date: Fri, 20 Nov 2026 06:00:00 +0000"));
  CHECK(server.said("Message-ID: <eff_1@example.com>"));
  CHECK(server.said("SXQgd2FpdHMuCi4KU3RpbGwuCg=="));
}

TEST_CASE("smtp: no name, subject or text begins a header field", "[smtp]") {
  Mail evil = mail();
  evil.subject = "a\r\nBcc: eve@example.com\r\n\r\nbody";
  evil.from_name = "x\" <eve@example.com>\r\nBcc: eve@example.com";
  evil.id = "1>\r\nBcc: eve@example.com";
  evil.text = "\r\n.\r\nMAIL FROM:<eve@example.com>\r\n";
  const std::string text = mail_text(evil);
  CHECK(text.find("\nBcc") == std::string::npos);
  CHECK(text.find("\nMAIL") == std::string::npos);
  MailServer server;
  REQUIRE(send_mail(server.settings(), evil));
  for (const std::string& line : server.lines()) {
    INFO(line);
    CHECK_FALSE(line.starts_with("Bcc"));
    CHECK_FALSE(line.starts_with("MAIL FROM:<eve"));
  }
}

TEST_CASE("smtp: what is no address is sent nothing", "[smtp]") {
  MailServer server;
  for (const char* address : {"", "ada", "@example.com", "ada@", "a@b@c", "a b@c",
                              "ada@example.com>\r\nRCPT TO:<eve@x", "a,b@c", "<a@b>"}) {
    INFO(address);
    CHECK_FALSE(is_mail_address(address));
    Mail wrong = mail();
    wrong.to = address;
    const Status sent = send_mail(server.settings(), wrong);
    REQUIRE_FALSE(sent);
    CHECK(sent.error().code == ErrorCode::invalid_request);
  }
  CHECK(server.lines().empty());
  CHECK(is_mail_address("ada+x@mail.example.com"));
}

TEST_CASE("smtp: letters of others are encoded words", "[smtp]") {
  Mail made = mail();
  made.subject = "Übergabe für die nächste Stufe der Pipeline mit sehr vielen Wörtern";
  const std::string text = mail_text(made);
  const std::size_t at = text.find("Subject: =?utf-8?B?");
  REQUIRE(at != std::string::npos);
  for (std::size_t from = 0, end = 0; (end = text.find("\r\n", from)) != std::string::npos;
       from = end + 2) {
    CHECK(end - from <= 78);
    CHECK(std::all_of(text.begin() + static_cast<std::ptrdiff_t>(from),
                      text.begin() + static_cast<std::ptrdiff_t>(end),
                      [](char c) { return c >= ' ' && c < '\x7f'; }));
  }
}

TEST_CASE("smtp: a refusal for good is told from one for now", "[smtp]") {
  const auto sent_to = [](const std::string& answer) {
    MailServer server(answer);
    return send_mail(server.settings(), mail());
  };
  CHECK(sent_to("550 no such mailbox").error().code == ErrorCode::invalid_request);
  CHECK(sent_to("451 try later").error().code == ErrorCode::unavailable);
  SmtpServer nobody;
  nobody.host = "127.0.0.1";
  nobody.port = 1;
  nobody.security = SmtpSecurity::none;
  nobody.user = "factory";
  nobody.password = "hunter2";
  const Status refused = send_mail(nobody, mail());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::unavailable);
  CHECK(refused.error().detail.find("hunter2") == std::string::npos);
}

TEST_CASE("smtp: a login is never sent where encryption was asked for and is not there", "[smtp]") {
  MailServer server;
  SmtpServer settings = server.settings();
  settings.security = SmtpSecurity::starttls;
  settings.user = "factory";
  settings.password = "hunter2";
  CHECK_FALSE(send_mail(settings, mail()));
  for (const std::string& line : server.lines()) CHECK_FALSE(line.starts_with("AUTH"));
}

}  // namespace
}  // namespace factory::test
