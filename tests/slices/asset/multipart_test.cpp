#include "slices/asset/multipart.hpp"

#include <map>
#include <vector>

#include "tests/support/catch.hpp"

namespace factory::test {
namespace {

using asset::Multipart;

struct Part {
  asset::PartHead head;
  std::string bytes;
  bool ended = false;
};

/// Keeps all parts; refuses what it is told to.
class Keeper final : public asset::PartSink {
 public:
  Status begin(asset::PartHead head) override {
    if (head.name == "no") return Error{ErrorCode::conflict, "No.", {}, {}, {}};
    parts.push_back({std::move(head), {}, false});
    return Done{};
  }
  Status data(std::string_view bytes) override {
    CHECK(!bytes.empty());
    parts.back().bytes.append(bytes);
    return Done{};
  }
  Status end() override {
    parts.back().ended = true;
    return Done{};
  }
  std::vector<Part> parts;
};

struct Outcome {
  std::vector<Part> parts;
  std::string error;  ///< the code, or empty
  std::string detail;
};

/// Feeds the text in pieces of `size` bytes.
Outcome read(const std::string& text, std::size_t size = 1 << 20,
             const std::string& boundary = "XyZ") {
  Keeper keeper;
  Multipart reader(boundary, keeper);
  Status status = Done{};
  for (std::size_t at = 0; status && at < text.size(); at += size) {
    status = reader.feed(std::string_view(text).substr(at, size));
  }
  if (status) status = reader.finish();
  Outcome outcome;
  if (!status) {
    outcome.error = std::string(to_string(status.error().code));
    outcome.detail = status.error().detail;
  }
  outcome.parts = std::move(keeper.parts);
  return outcome;
}

std::string part(const std::string& head, const std::string& bytes) {
  return "--XyZ\r\n" + head + "\r\n\r\n" + bytes + "\r\n";
}

const std::string kName = R"(Content-Disposition: form-data; name="a")";
const std::string kEnd = "--XyZ--\r\n";

}  // namespace

TEST_CASE("a form is taken apart however it is cut") {
  // Bytes that look nearly like a boundary, and all the ways to end a line.
  std::string tricky = "\r\n--Xy\r\n--Xz\r\n-\r--XyZ\n--XyZ--\r\r\n--";
  for (int i = 0; i < 256; ++i) tricky.push_back(static_cast<char>(i));
  const std::string text =
      part(kName, "one") +
      part(
          "content-disposition: form-data; name=file; filename=\"a \\\"b\\\" C:\\d.txt\"\r\n"
          "Content-Type: Text/Plain; charset=utf-8",
          tricky) +
      part(R"(Content-Disposition: form-data; name="empty")", "") + kEnd;
  for (const std::size_t size : {1U, 2U, 3U, 7U, 64U, 100'000U}) {
    CAPTURE(size);
    const Outcome outcome = read(text, size);
    CHECK(outcome.error.empty());
    REQUIRE(outcome.parts.size() == 3);
    CHECK(outcome.parts[0].head.name == "a");
    CHECK(!outcome.parts[0].head.file_name);
    CHECK(outcome.parts[0].bytes == "one");
    CHECK(outcome.parts[1].head.name == "file");
    CHECK(outcome.parts[1].head.file_name == "a \"b\" C:\\d.txt");
    CHECK(outcome.parts[1].head.media_type == "text/plain");
    CHECK((outcome.parts[1].bytes == tricky));
    CHECK(outcome.parts[2].bytes.empty());
    for (const Part& each : outcome.parts) CHECK(each.ended);
  }
}

TEST_CASE("little may stand around the parts") {
  CHECK(read("preamble\r\n" + part(kName, "x") + kEnd + "epilogue").error.empty());
  CHECK(read(std::string(2000, 'p') + "\r\n" + part(kName, "x") + kEnd).error == "invalid_request");
  CHECK(read(part(kName, "x") + kEnd + std::string(2000, 'e')).error == "invalid_request");
  CHECK(read(part(kName, "x") + kEnd + std::string(2000, 'e'), 10).error == "invalid_request");
  CHECK(read("--XyZ \t \r\n" + kName + "\r\n\r\nx\r\n--XyZ--").error.empty());
}

TEST_CASE("a form that is malformed is refused, however it is cut") {
  const std::map<std::string, std::string> forms{
      {"empty", ""},
      {"no end", part(kName, "x")},
      {"cut in a head", "--XyZ\r\n" + kName},
      {"cut in a part", "--XyZ\r\n" + kName + "\r\n\r\nxyz"},
      {"another boundary", "--abc\r\n" + kName + "\r\n\r\nx\r\n--abc--\r\n"},
      {"more on a boundary's line", "--XyZabc\r\n" + kName + "\r\n\r\nx\r\n--XyZ--\r\n"},
      {"lines that end in LF", "--XyZ\n" + kName + "\n\nx\n--XyZ--\n"},
      {"no disposition", part("Content-Type: text/plain", "x") + kEnd},
      {"no head", "--XyZ\r\n\r\nx\r\n" + kEnd},
      {"two dispositions", part(kName + "\r\n" + kName, "x") + kEnd},
      {"not of a form", part("Content-Disposition: attachment; name=\"a\"", "x") + kEnd},
      {"no name", part("Content-Disposition: form-data", "x") + kEnd},
      {"an empty name", part("Content-Disposition: form-data; name=\"\"", "x") + kEnd},
      {"two names", part(kName + "; name=b", "x") + kEnd},
      {"an open quote", part("Content-Disposition: form-data; name=\"a", "x") + kEnd},
      {"a name that is no text", part("Content-Disposition: form-data; name=\"\xff\"", "x") + kEnd},
      {"a long name",
       part("Content-Disposition: form-data; name=\"" + std::string(101, 'n') + "\"", "x") + kEnd},
      {"a folded field", part(kName + ";\r\n filename=b", "x") + kEnd},
      {"a field without a colon", part(kName + "\r\nhello", "x") + kEnd},
      {"a zero byte in a head", part(kName + "; x=\"" + std::string(1, '\0') + "\"", "x") + kEnd},
      {"a broken type", part(kName + "\r\nContent-Type: text", "x") + kEnd},
      {"an encoded part", part(kName + "\r\nContent-Transfer-Encoding: base64", "x") + kEnd},
      {"a long head", part(kName + "\r\nX-A: " + std::string(9000, 'x'), "x") + kEnd},
      {"a head without an end", "--XyZ\r\nX-A: " + std::string(9000, 'x')}};
  for (const auto& [name, form] : forms) {
    for (const std::size_t size : {1U, 1'000'000U}) {
      CAPTURE(name, size);
      CHECK(read(form, size).error == "invalid_request");
    }
  }
  std::string many;
  for (int i = 0; i < 17; ++i) many += part(kName, "x");
  CHECK(read(many + kEnd).error == "invalid_request");
}

TEST_CASE("what the sink refuses ends the reading") {
  const std::string form = part("Content-Disposition: form-data; name=no", "x") + kEnd;
  CHECK(read(form).error == "conflict");
  CHECK(read(form).detail == "No.");
}

TEST_CASE("a boundary is read as RFC 2046 has it") {
  using asset::boundary_of;
  CHECK(boundary_of("multipart/form-data; boundary=abc").value() == "abc");
  CHECK(boundary_of("Multipart/Form-Data;BOUNDARY=\"a b'()+_,-./:=?\"").value() ==
        "a b'()+_,-./:=?");
  CHECK(boundary_of("multipart/form-data; charset=utf-8; boundary=abc").value() == "abc");
  for (const std::string wrong :
       {"multipart/form-data", "multipart/mixed; boundary=abc", "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"\"", "multipart/form-data; boundary=\"abc \"",
        "multipart/form-data; boundary=\"abc", "multipart/form-data; boundary=a; boundary=b",
        "multipart/form-data; boundary=a@b", "multipart/form-data boundary=a", ""}) {
    CAPTURE(wrong);
    CHECK(!boundary_of(wrong).ok());
  }
  CHECK(boundary_of("multipart/form-data; boundary=" + std::string(70, 'a')).ok());
  CHECK(!boundary_of("multipart/form-data; boundary=" + std::string(71, 'a')).ok());
}

}  // namespace factory::test
