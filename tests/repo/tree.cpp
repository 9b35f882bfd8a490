#include "tests/repo/tree.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

namespace factory::test {
namespace fs = std::filesystem;
namespace {

bool is_skipped(const fs::path& folder) {
  static const std::vector<std::string> names{".git", ".cache", "build", "node_modules",
                                              "third_party"};
  return std::find(names.begin(), names.end(), folder.filename().string()) != names.end();
}

std::string read_text(const fs::path& path) {
  const std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

}  // namespace

std::vector<SourceFile> source_tree() {
  const fs::path root = AF_SOURCE_DIR;
  std::vector<SourceFile> files;
  for (auto it = fs::recursive_directory_iterator(root); it != fs::end(it); ++it) {
    if (it->is_directory() && is_skipped(it->path())) {
      it.disable_recursion_pending();
      continue;
    }
    // In a linked work tree .git is a file, and it names a folder of the machine.
    if (!it->is_regular_file() || is_skipped(it->path())) continue;
    std::string text = read_text(it->path());
    if (text.find('\0') != std::string::npos) continue;  // not text
    files.push_back({it->path().lexically_relative(root).generic_string(), std::move(text)});
  }
  std::sort(files.begin(), files.end(),
            [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
  return files;
}

Language language_of(std::string_view path) {
  if (path.ends_with(".cpp") || path.ends_with(".hpp")) return Language::cpp;
  if (path.ends_with(".mjs") || path.ends_with(".js")) return Language::javascript;
  if (path == "dev" || path.ends_with(".sh") || path == ".ci/run" || path == "bench/run") {
    return Language::shell;
  }
  return Language::other;
}

std::vector<Include> includes_of(std::string_view text) {
  static const std::regex pattern(R"(^\s*#\s*include\s*([<"])([^>"]+)[>"])");
  std::vector<Include> includes;
  std::size_t number = 0;
  for (const auto line : lines_of(text)) {
    ++number;
    std::match_results<std::string_view::const_iterator> match;
    if (!std::regex_search(line.begin(), line.end(), match, pattern)) continue;
    includes.push_back({match[2].str(), number, match[1].str() == "<"});
  }
  return includes;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string at(const SourceFile& file, std::size_t line, std::string_view what) {
  return file.path + ":" + std::to_string(line) + ": " + std::string(what);
}

bool starts_with_any(std::string_view text, const std::vector<std::string_view>& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](std::string_view prefix) { return text.starts_with(prefix); });
}

std::string listed(const Findings& findings) {
  std::string text;
  for (const auto& finding : findings) text += finding + "\n";
  return text;
}

}  // namespace factory::test
