#include <arpa/inet.h>
#include <netinet/in.h>

#include <nlohmann/json.hpp>

#include "http/chunked.hpp"
#include "http/entity_tag.hpp"
#include "http/head.hpp"
#include "http/problem.hpp"
#include "http/socket.hpp"
#include "http/target.hpp"
#include "tests/support/catch.hpp"

namespace factory::test {
namespace {

using http::ChunkedBody;

/// Feeds the bytes in two pieces, cut at `cut`.
ChunkedBody::State feed_cut(const std::string& bytes, std::size_t cut, std::string& body,
                            std::size_t& used) {
  ChunkedBody chunks(100);
  const auto state = chunks.feed(std::string_view(bytes).substr(0, cut), used, body);
  if (state != ChunkedBody::State::more) return state;
  std::size_t second = 0;
  const auto last = chunks.feed(std::string_view(bytes).substr(cut), second, body);
  used += second;
  return last;
}

}  // namespace

TEST_CASE("the address of a peer is told alike however it came") {
  const auto told = [](const std::string& text) {
    sockaddr_storage address{};
    if (text.find(':') == std::string::npos) {
      address.ss_family = AF_INET;
      inet_pton(AF_INET, text.c_str(), &reinterpret_cast<sockaddr_in&>(address).sin_addr);
    } else {
      address.ss_family = AF_INET6;
      inet_pton(AF_INET6, text.c_str(), &reinterpret_cast<sockaddr_in6&>(address).sin6_addr);
    }
    return http::address_text(address);
  };
  CHECK(told("127.0.0.1") == "127.0.0.1");
  CHECK(told("::ffff:127.0.0.1") == "127.0.0.1");
  CHECK(told("::1") == "::1");
  CHECK(told("2001:db8::1") == "2001:db8::1");
  CHECK(http::address_text(sockaddr_storage{}).empty());
}

TEST_CASE("a chunked body is the same wherever it is cut") {
  const std::string wire = "3\r\nabc\r\nA;ext=\"1\"\r\n0123456789\r\n0\r\nX: 1\r\n\r\n";
  for (std::size_t cut = 0; cut <= wire.size(); ++cut) {
    INFO(cut);
    std::string body;
    std::size_t used = 0;
    CHECK(feed_cut(wire + "GET", cut, body, used) == ChunkedBody::State::done);
    CHECK(body == "abc0123456789");
    CHECK(used == wire.size());
  }
}

TEST_CASE("a chunked body keeps to its limit and its form") {
  std::string body;
  std::size_t used = 0;
  CHECK(ChunkedBody(100).feed("64\r\n", used, body) == ChunkedBody::State::more);
  CHECK(ChunkedBody(100).feed("65\r\n", used, body) == ChunkedBody::State::too_large);
  CHECK(ChunkedBody(100).feed("ffffffffffffffff\r\n", used, body) == ChunkedBody::State::too_large);
  CHECK(ChunkedBody(100).feed("10000000000000000\r\n", used, body) ==
        ChunkedBody::State::too_large);
  for (const char* bad : {"\r\n", "+1\r\n", "1x\r\n", " 1\r\n", "1\n", "1\r\naa", "1\r\na\rb\n"}) {
    INFO(bad);
    ChunkedBody chunks(100);
    const auto state = chunks.feed(bad, used, body);
    CHECK((state == ChunkedBody::State::malformed ||
           chunks.feed("\r\n", used, body) == ChunkedBody::State::malformed));
  }
  CHECK(ChunkedBody(100).feed("1;" + std::string(2000, 'x'), used, body) ==
        ChunkedBody::State::malformed);
  ChunkedBody trailers(100);
  CHECK(trailers.feed("0\r\n", used, body) == ChunkedBody::State::more);
  auto state = ChunkedBody::State::more;
  for (int i = 0; i < 20 && state == ChunkedBody::State::more; ++i) {
    state = trailers.feed("X: " + std::string(900, 'x') + "\r\n", used, body);
  }
  CHECK(state == ChunkedBody::State::malformed);
}

TEST_CASE("the end of a head is found wherever it is cut") {
  const std::string wire = "GET / HTTP/1.1\r\nHost: a\r\n\r\nrest";
  for (std::size_t cut = 0; cut <= wire.size(); ++cut) {
    http::HeadScan scan;
    http::find_head(std::string_view(wire).substr(0, cut), scan);
    http::find_head(wire, scan);
    CHECK(scan.end == wire.size() - 4);
    CHECK(!scan.malformed);
  }
}

TEST_CASE("an entity tag is found in a list, weak or strong") {
  CHECK(http::lists_tag("*", "\"a\""));
  CHECK(http::lists_tag("\"a\"", "\"a\""));
  CHECK(http::lists_tag("W/\"a\"", "\"a\""));
  CHECK(http::lists_tag("\"x,y\" , W/\"b\",\"a\"", "\"a\""));
  for (const std::string other : {"", "\"b\"", "a", "\"a", "\"aa\"", "x \"a\"", "\"b\" \"a\""}) {
    CAPTURE(other);
    CHECK(!http::lists_tag(other, "\"a\""));
  }
}

TEST_CASE("percent-encoding is undone or refused") {
  CHECK(http::percent_decode("a%20b%2f+") == "a b/+");
  CHECK(http::percent_decode("a+b", true) == "a b");
  CHECK(http::percent_decode("%C3%A4") == "\xc3\xa4");
  for (const char* bad :
       {"%", "%2", "%zz", "a%", "%ff", "%c3", "%c0%af", "%ed%a0%80", "%f4%90%80%80"}) {
    INFO(bad);
    CHECK(!http::percent_decode(bad));
  }
  CHECK(http::percent_decode(http::percent_encode("a b/\xc3\xa4?&=%")) == "a b/\xc3\xa4?&=%");
}

TEST_CASE("a query is taken apart") {
  const http::Query query = http::read_query("a=1&b&&c=x=y&%ff=1&d=%zz");
  CHECK(query.params ==
        std::vector<std::pair<std::string, std::string>>{{"a", "1"}, {"b", ""}, {"c", "x=y"}});
  CHECK(query.broken == std::vector<std::string>{"%ff", "d"});
}

TEST_CASE("a problem is valid JSON whatever its error holds, and data never hides a member") {
  Error error{ErrorCode::already_decided,
              "bad \xff bytes",
              {},
              {{"/a", "is \"x\""}},
              {{"decided_by", "ann"}, {"status", "hidden"}}};
  const auto document = nlohmann::json::parse(http::problem_document(error, "/v1/x", "req_1"));
  CHECK(document["status"] == 409);
  CHECK(document["decided_by"] == "ann");
  CHECK(document["instance"] == "/v1/x");
  CHECK(document["errors"][0]["detail"] == "is \"x\"");
  CHECK(document["hint"].get<std::string>() != "");
}

}  // namespace factory::test
