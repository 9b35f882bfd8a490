#include "slices/report/markdown_limits.hpp"

#include <algorithm>
#include <cstdint>

namespace factory::report {
namespace {

constexpr std::size_t most_marks = 4'000;           ///< in one paragraph
constexpr std::size_t most_containers = 40;         ///< that one line opens
constexpr std::size_t most_cells = 100'000;         ///< of all tables
constexpr std::uint64_t most_repeated = 4'000'000;  ///< bytes that references may come to
constexpr std::uint64_t most_descents = 2'000'000;  ///< of lines into what is open around them

bool is_mark(char c) {
  return std::string_view("[]!*_`<>()~&\\:").find(c) != std::string_view::npos;
}

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

/// How many quotes and list items the line opens at once, at most.
std::size_t containers(std::string_view line) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    const bool list = c == '-' || c == '+' || c == '*' || c == '.' || c == ')';
    const bool blank_follows = i + 1 < line.size() && (line[i + 1] == ' ' || line[i + 1] == '\t');
    if (c == '>' || (list && blank_follows)) ++count;
    if (c != '>' && c != ' ' && c != '\t' && !list && !(c >= '0' && c <= '9')) break;
  }
  return count;
}

/// Code between fences is laid out as it is, whatever it holds. Only fences of the page itself are
/// known here; once there is HTML, whose blocks may swallow a fence, none is.
class Fences {
 public:
  /// Whether the line belongs to fenced code.
  bool inside(std::string_view line) {
    const std::size_t indent = std::min(line.find_first_not_of(' '), line.size());
    std::string_view rest = line.substr(indent);
    if (length_ == 0 && rest.starts_with('<')) trusted_ = false;
    if (!trusted_ || indent > 3 || rest.empty()) return length_ != 0;
    const char mark = rest.front();
    const std::size_t run = std::min(rest.find_first_not_of(mark), rest.size());
    rest.remove_prefix(run);
    if (length_ != 0) {
      if (mark == mark_ && run >= length_ && is_blank(rest)) length_ = 0;
      return true;
    }
    const bool opens = (mark == '`' || mark == '~') && run >= 3 &&
                       rest.find_first_of("`~<") == std::string_view::npos;
    if (!opens) return false;
    mark_ = mark;
    length_ = run;
    return true;
  }

 private:
  bool trusted_ = true;
  char mark_ = 0;
  std::size_t length_ = 0;  ///< of the fence that is open; 0: none
};

/// What has been seen so far of the text, and of the lines since the last blank one.
class Judge {
 public:
  bool take(std::string_view line) {
    if (fences_.inside(line) || is_blank(line)) return end_paragraph();
    const auto marks = static_cast<std::size_t>(std::count_if(line.begin(), line.end(), is_mark));
    const auto bars = static_cast<std::size_t>(std::count(line.begin(), line.end(), '|'));
    marks_ += marks;
    brackets_ += static_cast<std::uint64_t>(std::count(line.begin(), line.end(), '['));
    ++lines_;
    ++all_lines_;
    bytes_ += line.size();
    // A list in a list is two columns further in.
    const std::size_t indent = std::min(line.find_first_not_of(" \t"), line.size());
    deepest_ = std::max<std::uint64_t>(deepest_, indent / 2 + containers(line));
    widest_ = std::max(widest_, bars);
    references_ = references_ || line.find("]:") != std::string_view::npos;
    return marks_ <= most_marks && containers(line) <= most_containers &&
           (widest_ == 0 || cells_ + lines_ * (widest_ + 1) <= most_cells);
  }

  bool end() {
    end_paragraph();
    return deepest_ * all_lines_ <= most_descents &&
           (!references_ || brackets_ * longest_ <= most_repeated);
  }

 private:
  bool end_paragraph() {
    if (widest_ > 0) cells_ += lines_ * (widest_ + 1);
    longest_ = std::max<std::uint64_t>(longest_, bytes_);
    marks_ = lines_ = bytes_ = widest_ = 0;
    return true;
  }

  Fences fences_;
  std::size_t marks_ = 0;
  std::size_t lines_ = 0;
  std::size_t bytes_ = 0;
  std::size_t widest_ = 0;       ///< most bars of a line
  std::size_t cells_ = 0;        ///< of the tables before
  std::uint64_t brackets_ = 0;   ///< that could be a use of a reference
  std::uint64_t longest_ = 0;    ///< paragraph, in bytes
  std::uint64_t deepest_ = 0;    ///< nesting that a line could come to
  std::uint64_t all_lines_ = 0;  ///< without blank ones and code
  bool references_ = false;
};

}  // namespace

bool is_tame(std::string_view markdown) {
  Judge judge;
  while (!markdown.empty()) {
    // A carriage return ends a line, too.
    const std::size_t end = std::min(markdown.find_first_of("\n\r"), markdown.size());
    if (!judge.take(markdown.substr(0, end))) return false;
    markdown.remove_prefix(std::min(end + 1, markdown.size()));
  }
  return judge.end();
}

}  // namespace factory::report
