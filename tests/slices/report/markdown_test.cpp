#include "slices/report/markdown.hpp"

#include "slices/report/markdown_limits.hpp"
#include "tests/support/catch.hpp"

namespace factory::test {
namespace {

using report::html_of;
using report::is_tame;

std::string repeated(const std::string& text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

/// Lists in lists.
std::string staircase(std::size_t depth) {
  std::string all;
  for (std::size_t i = 0; i < depth; ++i) all += std::string(2 * i, ' ') + "- a\n";
  return all;
}

/// Not a code block, whose <pre> holds a <code>.
bool is_plain(const std::string& html) {
  return html.rfind("<pre>", 0) == 0 && html.rfind("<pre><code", 0) != 0;
}

TEST_CASE("a report is laid out as its author meant it") {
  CHECK(html_of("# Mail\n\nIt *works*.") == "<h1>Mail</h1>\n<p>It <em>works</em>.</p>\n");
  const std::string table = html_of("| Check | State |\n|---|---|\n| tests | ~~red~~ green |\n");
  CHECK_THAT(table, contains("<table>"));
  CHECK_THAT(table, contains("<td>tests</td>"));
  CHECK_THAT(table, contains("<del>red</del>"));
  CHECK_THAT(html_of("- [x] signed"), contains("type=\"checkbox\" checked=\"\""));
  CHECK_THAT(html_of("```\n<b> | *x*\n```\n"), contains("&lt;b&gt; | *x*"));
  CHECK_THAT(html_of("[docs](https://example.com/a?b=c#d) [up](#top) [mail](mailto:a@b.c)"),
             contains("href=\"https://example.com/a?b=c#d\""));
  CHECK_THAT(html_of("[up](#top)"), contains("href=\"#top\""));
  CHECK_THAT(html_of("[on](docs/run.md)"), contains("href=\"docs/run.md\""));
  CHECK(html_of("") == "");
}

TEST_CASE("nothing of the author's runs, loads or looks like the page") {
  for (const char* const text :
       {"<script>alert(1)</script>", "a <img src=x onerror=alert(1)> b", "<style>*{}</style>",
        "<iframe src='https://example.com'></iframe>", "<a href='javascript:alert(1)'>x</a>"}) {
    CAPTURE(text);
    const std::string html = html_of(text);
    CHECK(html.find("<script") == std::string::npos);
    CHECK(html.find("<img") == std::string::npos);
    CHECK(html.find("<style") == std::string::npos);
    CHECK(html.find("<iframe") == std::string::npos);
    CHECK(html.find("href=") == std::string::npos);
  }
  for (const char* const url :
       {"javascript:alert(1)", "JaVaScRiPt:alert(1)", "&#106;avascript:alert(1)",
        "java&#10;script:alert(1)", "&#1;javascript:alert(1)", "data:text/html;base64,PHNjcmlwdD4=",
        "data:image/png;base64,AAAA", "vbscript:x", "file:///etc/passwd", "ftp://example.com/x"}) {
    CAPTURE(url);
    CHECK_THAT(html_of(std::string("[x](<") + url + ">)"), contains("href=\"\""));
    CHECK_THAT(html_of(std::string("![x](<") + url + ">)"), contains("src=\"\""));
    CHECK_THAT(html_of(std::string("[x]\n\n[x]: <") + url + ">"), contains("href=\"\""));
  }
  CHECK(html_of("<javascript:alert(1)>").find("href=\"javascript") == std::string::npos);
  CHECK_THAT(html_of("[x](https://a.b/\"onclick=alert(1))"), contains("%22onclick"));
}

TEST_CASE("a page escapes its title and carries no script") {
  const std::string page = report::html_page("</title><script>", "# A & B");
  CHECK_THAT(page, contains("<title>&lt;/title&gt;&lt;script&gt;</title>"));
  CHECK_THAT(page, contains("<h1>A &amp; B</h1>"));
  CHECK(page.find("<script") == std::string::npos);
  CHECK_THAT(std::string(report::html_policy), contains("default-src 'none'"));
  CHECK(report::html_policy.find("script-src") == std::string_view::npos);
}

TEST_CASE("what would take a parser for ever comes as plain text, escaped") {
  const std::size_t most = report::longest_report;
  const std::vector<std::string> hostile{
      repeated("[", most),
      repeated("![l", most / 3),
      repeated("*a ", most / 3),
      repeated("**a _b ", most / 7),
      repeated("`a``", most / 4),
      repeated(">", most),
      repeated("- ", most / 2) + "x",
      repeated("1. ", most / 3) + "x",
      repeated("<!--", most / 4),
      repeated("|", most),
      "|" + repeated("a|", 300) + "\n|" + repeated("-|", 300) + "\n" + repeated("b\n", 100'000),
      repeated("| a | b |\n|--|--|\n", 14'000),
      "[a]: http://x/" + std::string(60'000, 'u') + "\n\n" + repeated("[a]\n\n", 30'000),
      "[a]: http://x/" + std::string(3'000, 'u') + "\n\n" + repeated("[a]\n\n", 5'000),
      staircase(300) + repeated("b\n", 80'000),
      repeated("\\", most),
      repeated("&", most),
      std::string(most + 1, 'x'),
  };
  for (const std::string& text : hostile) {
    CAPTURE(text.substr(0, 40));
    CHECK(is_plain(html_of(text)));
  }
  CHECK(html_of(repeated("<", most)).substr(0, 13) == "<pre>&lt;&lt;");
}

TEST_CASE("ordinary reports of any length are laid out") {
  CHECK(is_tame(repeated("A paragraph with a [link](https://example.com) and `code`.\n\n", 4'000)));
  CHECK(is_tame(repeated("| a | b | c |\n", 5'000)));
  CHECK(is_tame("```json\n" + repeated("{\"a\": [1, 2, {\"b\": \"*<>|\"}]}\n", 8'000) + "```\n"));
  CHECK(is_tame(repeated("- item\n  - more\n    - and more\n\n", 5'000)));
  CHECK(is_tame(repeated("> > quoted twice\n", 1'000)));
  CHECK(is_tame(staircase(30) + repeated("text\n", 5'000)));
  CHECK(is_tame(repeated("--------------------\n", 1'000)));
  CHECK_FALSE(is_plain(html_of(std::string(report::longest_report, 'x'))));
  CHECK_FALSE(is_plain(html_of("~~~\n" + repeated("[[[[", 40'000) + "\n~~~\n")));
  // A fence that HTML may have swallowed is none.
  CHECK(is_plain(html_of("<!--\n```\n-->\n" + repeated("[", 40'000))));
}

}  // namespace
}  // namespace factory::test
