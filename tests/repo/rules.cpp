#include "tests/repo/rules.hpp"

#include <algorithm>
#include <regex>

namespace factory::test {
namespace {

constexpr std::size_t max_file_lines = 400;
constexpr std::size_t max_function_lines = 70;

/// A pattern that must not occur in the code of the files that `applies` picks.
struct Ban {
  std::string what;
  std::regex pattern;
  bool (*applies)(std::string_view path);
};

bool in_product(std::string_view path) {
  return starts_with_any(path, {"common/", "mcp-stdio/", "api-server/"});
}

bool is_cpp(std::string_view path) { return language_of(path) == Language::cpp; }

/// Standard output belongs to the protocol and to what a command line was asked for.
bool must_not_print(std::string_view path) {
  const auto name = path.substr(path.rfind('/') + 1);
  return in_product(path) && is_cpp(path) && name != "main.cpp" &&
         !path.starts_with("api-server/cli/") && !path.starts_with("mcp-stdio/stdio_transport");
}

const std::vector<Ban>& bans() {
  static const std::vector<Ban> all{
      {"a detached thread", std::regex(R"((\.|->)detach\s*\()"), is_cpp},
      {"sleeping instead of waiting", std::regex(R"(\b(sleep_for|sleep_until|usleep|nanosleep)\b)"),
       is_cpp},
      {"an exception that nobody sees", std::regex(R"(catch\s*\(\s*\.\.\.\s*\)\s*\{\s*\})"),
       is_cpp},
      {"assert() goes away with NDEBUG",
       std::regex(R"((^|[^\w])assert\s*\(|<cassert>|<assert\.h>)"), is_cpp},
      {"printing to standard output", std::regex(R"(std::cout\b|\b(printf|puts|putchar)\s*\()"),
       must_not_print},
      {"a test framework past tests/support/catch.hpp", std::regex(R"(<catch2/)"),
       [](std::string_view path) { return is_cpp(path) && path != "tests/support/catch.hpp"; }},
  };
  return all;
}

std::size_t line_of(std::string_view text, std::size_t position) {
  const auto before = text.substr(0, position);
  return 1 + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
}

void find_all(const SourceFile& file, const std::string& text, const std::regex& pattern,
              const std::string& what, Findings& findings) {
  for (auto it = std::sregex_iterator(text.begin(), text.end(), pattern);
       it != std::sregex_iterator(); ++it) {
    findings.push_back(at(file, line_of(text, static_cast<std::size_t>(it->position())), what));
  }
}

}  // namespace

Findings check_sizes(const SourceFile& file) {
  const Language language = language_of(file.path);
  if (language == Language::other) return {};
  Findings findings;
  const auto lines = lines_of(file.text).size();
  if (lines > max_file_lines) {
    findings.push_back(at(file, lines, "file of " + std::to_string(lines) + " lines"));
  }
  for (const auto& function : functions_of(code_only(file.text, language), language)) {
    if (function.lines <= max_function_lines) continue;
    findings.push_back(
        at(file, function.line,
           "function of " + std::to_string(function.lines) + " lines: " + function.signature));
  }
  return findings;
}

Findings check_calls(const SourceFile& file) {
  Findings findings;
  const Language language = language_of(file.path);
  if (language == Language::other) return findings;
  // Spelled in two parts, so that this file does not find itself.
  static const std::regex unfinished(
      "\\b(TO"
      "DO|FIX"
      "ME|XX"
      "X|HA"
      "CK)\\b");
  find_all(file, file.text, unfinished, "an unfinished mark", findings);
  // Catch2 reads such a name as an option or a pattern when ctest passes it on, and CMake takes a
  // semicolon for the end of a name.
  static const std::regex test_name(R"(TEST_CASE\(\s*"([^A-Za-z0-9]|[^"]*;))");
  if (language == Language::cpp) {
    find_all(file, file.text, test_name,
             "a test's name starts with a letter or digit and has no semicolon", findings);
  }
  const std::string code = code_only(file.text, language);
  for (const auto& ban : bans()) {
    if (ban.applies(file.path)) find_all(file, code, ban.pattern, ban.what, findings);
  }
  return findings;
}

Findings check_portable(const SourceFile& file) {
  Findings findings;
  // Invented persons may have a home: "a" and "you".
  static const std::regex machine_path(
      "(^|[^\\w.~/-])/(wo"
      "rk/|ro"
      "ot/|ho"
      "me/(?!(a|you)\\b))");
  static const std::regex registry(R"(https?://[\w.:-]*(registry|npmjs|artifactory)[\w.:-]*)");
  static const std::regex resolved(
      "\"resol"
      "ved\"\\s*:");
  find_all(file, file.text, machine_path, "a path of one machine", findings);
  find_all(file, file.text, registry, "a package registry's address", findings);
  if (file.path.ends_with("package-lock.json")) {
    find_all(file, file.text, resolved, "an address that a package was fetched from", findings);
  }
  return findings;
}

}  // namespace factory::test
