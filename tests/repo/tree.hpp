#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace factory::test {

/// A text file of the source tree. `path` is relative to its root, with '/'.
struct SourceFile {
  std::string path;
  std::string text;
};

/// Every text file of the tree, sorted by path; not what a build, npm or git puts there.
std::vector<SourceFile> source_tree();

/// What the house rules found wrong, one line each: "path:line: what". Lines count from 1.
using Findings = std::vector<std::string>;

enum class Language { cpp, javascript, shell, other };
Language language_of(std::string_view path);

/// The text with comments and the content of literals blanked out, line by line as long as before.
std::string code_only(std::string_view text, Language language);

/// One function, from the first line of its signature to its closing brace.
struct Function {
  std::string signature;  ///< on one line
  std::size_t line = 0;
  std::size_t lines = 0;
};

/// The outermost functions of `code` (as code_only gives it); a lambda counts with its function.
std::vector<Function> functions_of(std::string_view code, Language language);

/// One #include. `angled` is <…>.
struct Include {
  std::string target;
  std::size_t line = 0;
  bool angled = false;
};
std::vector<Include> includes_of(std::string_view text);

std::vector<std::string_view> lines_of(std::string_view text);
std::string at(const SourceFile& file, std::size_t line, std::string_view what);
bool starts_with_any(std::string_view text, const std::vector<std::string_view>& prefixes);

/// One per line, for a test's message.
std::string listed(const Findings& findings);

}  // namespace factory::test
