#include <algorithm>
#include <cctype>
#include <regex>

#include "tests/repo/tree.hpp"

namespace factory::test {
namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool is_space(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

/// Blanks what is not code. Walks the text once; each member consumes one kind of thing.
class Blanker {
 public:
  Blanker(std::string_view text, Language language) : text_(text), language_(language) {}

  std::string run() {
    while (at_ < text_.size()) step();
    return std::move(out_);
  }

 private:
  void step() {
    const char c = text_[at_];
    if (next("//")) return blank_to(text_.find('\n', at_));
    if (next("/*")) return blank_to(after(text_.find("*/", at_ + 2), 2));
    if (c == 'R' && next("R\"") && !follows_word()) return raw_literal();
    if (c == '"') return literal('"');
    // 1'000'000 is a number, 'x' a character.
    if (c == '\'' && !(language_ == Language::cpp && follows_word())) return literal('\'');
    if (language_ == Language::javascript && c == '`') return template_literal();
    if (language_ == Language::javascript && c == '/' && starts_regex()) return literal('/');
    keep();
  }

  void keep() {
    if (!is_space(text_[at_])) last_ = text_[at_];
    out_ += text_[at_++];
  }
  void blank() {
    out_ += text_[at_] == '\n' ? '\n' : ' ';
    ++at_;
  }
  void blank_to(std::size_t end) {
    end = std::min(end, text_.size());
    while (at_ < end) blank();
  }
  [[nodiscard]] bool next(std::string_view what) const {
    return text_.substr(at_, what.size()) == what;
  }
  [[nodiscard]] bool follows_word() const { return at_ > 0 && is_word(text_[at_ - 1]); }
  static std::size_t after(std::size_t position, std::size_t length) {
    return position == std::string_view::npos ? position : position + length;
  }

  void literal(char quote) {
    keep();
    bool in_class = false;  // of a regular expression: [/] does not end it
    while (at_ < text_.size() && text_[at_] != '\n' && (in_class || text_[at_] != quote)) {
      if (quote == '/' && text_[at_] == '[') in_class = true;
      if (quote == '/' && text_[at_] == ']') in_class = false;
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) blank();
      blank();
    }
    if (at_ < text_.size() && text_[at_] == quote) keep();
  }

  void raw_literal() {
    const auto open = text_.find('(', at_);
    if (open == std::string_view::npos) return keep();
    const std::string close = ")" + std::string(text_.substr(at_ + 2, open - at_ - 2)) + "\"";
    blank_to(after(text_.find(close, open), close.size()));
  }

  void template_literal() {
    blank();
    int depth = 0;  // of ${…}
    while (at_ < text_.size() && (depth > 0 || text_[at_] != '`')) {
      if (next("${")) ++depth;
      if (depth > 0 && text_[at_] == '}') --depth;
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) blank();
      blank();
    }
    blank_to(at_ + 1);
  }

  /// A slash after a value divides; anywhere else it opens a regular expression.
  [[nodiscard]] bool starts_regex() const {
    return !is_word(last_) && last_ != ')' && last_ != ']' && last_ != '"' && last_ != '\'';
  }

  std::string_view text_;
  Language language_;
  std::size_t at_ = 0;
  char last_ = '(';
  std::string out_;
};

std::string one_line(std::string text) {
  text = std::regex_replace(text, std::regex(R"(\s+)"), " ");
  const auto first = text.find_first_not_of(' ');
  return first == std::string::npos ? ""
                                    : text.substr(first, text.find_last_not_of(' ') + 1 - first);
}

/// Whether the brace after `header` opens a function's body rather than a type, namespace or value.
bool opens_function(const std::string& header, Language language) {
  if (header.find('(') == std::string::npos) return false;
  static const std::regex parameters(R"(template\s*<[^()]*?>\s*(?=[A-Za-z\[:~]))");
  static const std::regex type(
      R"(^(inline |export |extern )*(namespace|class|struct|union|enum)\b[^(]*$)");
  static const std::regex control(R"(^(\} ?)?(if|for|while|switch|else|catch|do|try)\b)");
  const std::string plain = std::regex_replace(header, parameters, "");
  if (std::regex_search(plain, type)) return false;
  // At the top level of a script there are plain blocks, too.
  return language != Language::javascript || !std::regex_search(plain, control);
}

class FunctionFinder {
 public:
  FunctionFinder(std::string_view code, Language language) : code_(code), language_(language) {}

  std::vector<Function> run() {
    while (at_ < code_.size()) step();
    return std::move(found_);
  }

 private:
  void step() {
    const char c = code_[at_];
    if (c == '#' && one_line(header_).empty() && language_ == Language::cpp) return directive();
    if (c == '{') return open();
    if (c == '\n') ++line_;
    const bool label = c == ':' && std::regex_match(one_line(header_), access_);
    if (c == ';' || c == '}' || label) {
      reset();
    } else {
      if (header_.empty() && is_space(c)) {
        ++at_;
        return;
      }
      if (header_.empty()) header_line_ = line_;
      header_ += c;
    }
    ++at_;
  }

  void directive() {
    while (at_ < code_.size() && (code_[at_] != '\n' || code_[at_ - 1] == '\\')) {
      if (code_[at_] == '\n') ++line_;
      ++at_;
    }
  }

  void open() {
    const std::string header = one_line(header_);
    if (is_argument(header)) {
      skip_block();
      header_ += "{}";
      return;
    }
    if (!opens_function(header, language_)) {
      ++at_;
      // The members of a type or namespace are looked at; a value's braces hold nothing of
      // interest.
      return reset();
    }
    skip_block();
    const auto next = code_.find_first_not_of(" \n\t", at_);
    const bool initialiser =
        next != std::string_view::npos && (code_[next] == ',' || code_[next] == '{');
    if (initialiser) return;  // Type() : member_{1}, other_{2} { … }: the body is still to come
    found_.push_back({header, header_line_, line_ - header_line_ + 1});
    reset();
  }

  /// A brace between parentheses: a default argument, a destructured parameter. In JavaScript it
  /// may also be the body of a callback, which counts as a function.
  [[nodiscard]] bool is_argument(std::string_view header) const {
    const auto count = [&](char c) { return std::count(header.begin(), header.end(), c); };
    if (count('(') <= count(')')) return false;
    return language_ == Language::cpp || !(header.ends_with("=>") || header.ends_with(')'));
  }

  void skip_block() {
    int depth = 0;
    for (; at_ < code_.size(); ++at_) {
      if (code_[at_] == '\n') ++line_;
      if (code_[at_] == '{') ++depth;
      if (code_[at_] == '}' && --depth == 0) break;
    }
    ++at_;
  }

  void reset() { header_.clear(); }

  std::string_view code_;
  Language language_;
  std::regex access_{"(public|private|protected)"};
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  std::size_t header_line_ = 1;
  std::string header_;
  std::vector<Function> found_;
};

/// `name() {` … `}`, both at the start of a line.
std::vector<Function> shell_functions(std::string_view text) {
  std::vector<Function> found;
  std::size_t number = 0;
  bool inside = false;
  for (const auto line : lines_of(text)) {
    ++number;
    if (!inside && line.ends_with("() {") && is_word(line.front())) {
      inside = true;
      found.push_back({std::string(line), number, 0});
    }
    if (inside && line == "}") {
      inside = false;
      found.back().lines = number - found.back().line + 1;
    }
  }
  return found;
}

}  // namespace

std::string code_only(std::string_view text, Language language) {
  if (language != Language::cpp && language != Language::javascript) return std::string(text);
  return Blanker(text, language).run();
}

std::vector<Function> functions_of(std::string_view code, Language language) {
  if (language == Language::shell) return shell_functions(code);
  if (language == Language::other) return {};
  return FunctionFinder(code, language).run();
}

}  // namespace factory::test
