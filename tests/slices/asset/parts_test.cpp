// Names, ranges and differences: what a download is made of.
#include <map>

#include "slices/asset/diff.hpp"
#include "slices/asset/naming.hpp"
#include "slices/asset/range.hpp"
#include "tests/support/catch.hpp"

namespace factory::test {
namespace {

using asset::Range;

std::string range(const std::string& field, std::uint64_t size = 100) {
  const Range read = asset::range_of(field, size);
  switch (read.kind) {
    case Range::Kind::whole: return "whole";
    case Range::Kind::unsatisfiable: return "unsatisfiable";
    case Range::Kind::part: break;
  }
  return std::to_string(read.first) + "+" + std::to_string(read.count);
}

std::string diff(const std::string& before, const std::string& after) {
  return asset::unified_diff(before, after, "a/x", "b/x").text;
}

std::string numbered(int from, int to) {
  std::string text;
  for (int i = from; i <= to; ++i) text += std::to_string(i) + "\n";
  return text;
}

}  // namespace

TEST_CASE("a path stays inside and can be seen") {
  for (const std::string good :
       {"a", "src/index.ts", "a b/c d.txt", "..a/b..", "...", "gr\xc3\xbc\xc3\x9f/\xe6\x97\xa5.md",
        ".github/workflows/ci.yml", "ab:c"}) {
    CAPTURE(good);
    CHECK(asset::wrong_path(good).empty());
  }
  for (const std::string& wrong : {std::string(),
                                   std::string("/etc/passwd"),
                                   std::string("../a"),
                                   std::string("a/../b"),
                                   std::string("a/.."),
                                   std::string("./a"),
                                   std::string("a//b"),
                                   std::string("a/"),
                                   std::string("a\\b"),
                                   std::string("C:/a"),
                                   std::string("~/a"),
                                   std::string("a\nb"),
                                   std::string("a\0b", 3),
                                   std::string("a\x7f"),
                                   std::string("a\xc2\x85"),
                                   std::string("a\xe2\x80\xae"),
                                   std::string("\xef\xbb\xbf") + "a",
                                   std::string("a\xff"),
                                   std::string("\xc0\xaf"),
                                   std::string(501, 'a'),
                                   std::string(256, 'a'),
                                   "a/" + std::string(256, 'a')}) {
    CAPTURE(wrong);
    CHECK(!asset::wrong_path(wrong).empty());
  }
}

TEST_CASE("of a file's name only what is one is taken") {
  CHECK(asset::file_name_of("report.pdf") == "report.pdf");
  CHECK(asset::file_name_of("/etc/passwd") == "passwd");
  CHECK(asset::file_name_of("C:\\Users\\me\\a b.txt") == "a b.txt");
  CHECK(asset::file_name_of(" a\n\x01\xe2\x80\xae.txt ") == "a.txt");
  for (const std::string none : {"", "..", "/", "a/..", "\xff", "\n", "   "}) {
    CHECK(asset::file_name_of(none).empty());
  }
  CHECK(asset::file_name_of(std::string(300, 'a')).empty());
}

TEST_CASE("a download's name cannot end its header, and is told in UTF-8 where it must be") {
  CHECK(asset::attachment("a b.txt") == "attachment; filename=\"a b.txt\"");
  CHECK(asset::attachment("a\"b%.txt") ==
        "attachment; filename=\"a_b_.txt\"; filename*=UTF-8''a%22b%25.txt");
  CHECK(asset::attachment("na\xc3\xafve \xe2\x82\xac.txt") ==
        "attachment; filename=\"na_ve _.txt\"; filename*=UTF-8''na%C3%AFve%20%E2%82%AC.txt");
  CHECK(asset::attachment("a\r\nX: y").find('\n') == std::string::npos);
}

TEST_CASE("a range is read as RFC 9110 has it") {
  const std::map<std::string, std::string> cases{{"bytes=0-0", "0+1"},
                                                 {"bytes=0-99", "0+100"},
                                                 {"bytes=10-", "10+90"},
                                                 {"bytes=90-1000", "90+10"},
                                                 {"bytes=-10", "90+10"},
                                                 {"bytes=-1000", "0+100"},
                                                 {"Bytes=5-6", "5+2"},
                                                 {"bytes= 5-6 ", "5+2"},
                                                 {"bytes=100-", "unsatisfiable"},
                                                 {"bytes=100-200", "unsatisfiable"},
                                                 {"bytes=-0", "unsatisfiable"},
                                                 {"bytes=99999999999999999999-", "unsatisfiable"},
                                                 {"bytes=0-99999999999999999999", "0+100"},
                                                 {"bytes=2-1", "whole"},
                                                 {"bytes=0-1,5-6", "whole"},
                                                 {"bytes=a-b", "whole"},
                                                 {"bytes=-", "whole"},
                                                 {"bytes=", "whole"},
                                                 {"items=0-1", "whole"},
                                                 {"bytes=+1-2", "whole"},
                                                 {"bytes=1-2x", "whole"},
                                                 {"", "whole"}};
  for (const auto& [field, expected] : cases) {
    CAPTURE(field);
    CHECK(range(field) == expected);
  }
  CHECK(range("bytes=0-", 0) == "unsatisfiable");
  CHECK(range("bytes=-5", 0) == "unsatisfiable");
}

TEST_CASE("differences are told as diff -u does") {
  CHECK(diff("a\nb\n", "a\nb\n").empty());
  CHECK(diff("", "a\n") == "--- a/x\n+++ b/x\n@@ -0,0 +1 @@\n+a\n");
  CHECK(diff("a\n", "") == "--- a/x\n+++ b/x\n@@ -1 +0,0 @@\n-a\n");
  CHECK(diff("a\nb\nc\n", "a\nx\nc\n") == "--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n");
  CHECK(diff("a\nb", "a\nb\n") ==
        "--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n");
  // Two changes far apart are two hunks, near ones are one.
  std::string far = numbered(1, 30);
  far.replace(far.find("5\n"), 2, "five\n");
  far.replace(far.find("25\n"), 3, "twenty-five\n");
  CHECK(diff(numbered(1, 30), far) ==
        "--- a/x\n+++ b/x\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n"
        "@@ -22,7 +22,7 @@\n 22\n 23\n 24\n-25\n+twenty-five\n 26\n 27\n 28\n");
  CHECK(diff("1\n2\n3\n4\n5\n6\n7\n8\n", "x\n2\n3\n4\n5\n6\n7\ny\n") ==
        "--- a/x\n+++ b/x\n@@ -1,8 +1,8 @@\n-1\n+x\n 2\n 3\n 4\n 5\n 6\n 7\n-8\n+y\n");
}

TEST_CASE("differences are counted, also where they are too many to be looked for") {
  const auto few = asset::unified_diff("a\nb\nc\n", "b\nc\nd\ne\n", "a", "b");
  CHECK(few.removed == 1);
  CHECK(few.added == 2);
  const auto many = asset::unified_diff("same\n" + numbered(1, 9000) + "end\n",
                                        "same\n" + numbered(10'000, 19'000) + "end\n", "a", "b");
  CHECK(many.removed == 9000);
  CHECK(many.added == 9001);
  CHECK_THAT(many.text.substr(0, 60), contains("@@ -1,9002 +1,9003 @@\n same\n-1\n"));
}

TEST_CASE("what is no text is known") {
  CHECK(asset::is_text("gr\xc3\xbc\xc3\x9f\r\n"));
  CHECK(asset::is_text(""));
  CHECK(!asset::is_text(std::string("a\0b", 3)));
  CHECK(!asset::is_text("\x89PNG"));
}

}  // namespace factory::test
