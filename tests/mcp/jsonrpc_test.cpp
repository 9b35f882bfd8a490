#include "common/mcp/jsonrpc.hpp"

#include "tests/support/catch.hpp"

namespace factory::mcp {
namespace {

using nlohmann::json;

const Malformed& only_malformed(const Decoded& decoded) {
  REQUIRE(decoded.messages.size() == 1);
  REQUIRE(std::holds_alternative<Malformed>(decoded.messages.front()));
  return std::get<Malformed>(decoded.messages.front());
}

TEST_CASE("a line that is no UTF-8 is a parse error without an id") {
  for (const std::string bytes : {"\xff", "\xc3\x28", "\xed\xa0\x80", "\xf8\x88\x80\x80\x80"}) {
    const Decoded decoded =
        decode(R"({"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":")" + bytes + R"("}})");
    const Malformed& malformed = only_malformed(decoded);
    CHECK(malformed.error.code == code::parse);
    CHECK(malformed.id.is_null());
  }
}

TEST_CASE("nesting of any depth is refused under its id, and takes no stack") {
  const int depth = 500'000;
  const std::string line = R"({"jsonrpc":"2.0","id":"deep","method":"ping","params":{"a":)" +
                           std::string(depth, '[') + std::string(depth, ']') + "}}";
  const Decoded decoded = decode(line);
  CHECK(only_malformed(decoded).error.code == code::invalid_request);
  CHECK(only_malformed(decoded).id == "deep");
  const Decoded open = decode(std::string(depth, '['));
  CHECK(only_malformed(open).error.code == code::parse);
}

TEST_CASE("the id of a beginning") {
  CHECK(readable_id(R"({"jsonrpc":"2.0","id":5,"method":"x","params":{"a)") == 5);
  CHECK(readable_id(R"({"id":"5")") == "5");
  CHECK(readable_id(R"({"jsonrpc":"2.0","id":5.5,"method":"x")").is_null());
  CHECK(readable_id(R"({"jsonrpc":"2.0","params":{"id":5},"method")").is_null());
  CHECK(readable_id(R"([{"id":5}])").is_null());
  CHECK(readable_id("").is_null());
}

TEST_CASE("ids of different JSON types are different") {
  CHECK(id_key("5") != id_key(5));
  CHECK(id_key(5) == id_key(json::parse("5")));
  CHECK(id_key("a\"b") != id_key("a\\\"b"));
}

TEST_CASE("a batch has a limit") {
  json many = json::array();
  for (std::size_t i = 0; i < max_batch; ++i) many.push_back({{"jsonrpc", "2.0"}, {"method", "x"}});
  CHECK(decode(many.dump()).batch);
  many.push_back(many.front());
  CHECK(only_malformed(decode(many.dump())).error.code == code::invalid_request);
}

TEST_CASE("a message is one line, whatever is in it") {
  const std::string line = encode(result_message("a\nb", {{"text", "1\n2\r3\xff"}}));
  CHECK(line.find_first_of("\n\r") == std::string::npos);
  CHECK(json::accept(line));
}

}  // namespace
}  // namespace factory::mcp
