#include "slices/comment/mentions.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "domain/names.hpp"

namespace factory::comment {
namespace {

constexpr std::string_view at_end_of_names = ".-_@";

bool belongs_to_name(char c) { return is_name(std::string_view(&c, 1)); }

/// Whether an @ behind this character begins a name. Letters beyond ASCII do not stand in the way:
/// many languages put no blank between words.
bool ends_word(char before) {
  return !is_ascii_alnum(before) &&
         std::string_view("@/\\+-").find(before) == std::string_view::npos;
}

std::size_t run_of(std::string_view text, std::size_t from) {
  const std::size_t end = text.find_first_not_of(text[from], from);
  return (end == std::string_view::npos ? text.size() : end) - from;
}

/// The length of the fence that a line consists of, or begins with if one may follow; 0: none.
struct Fence {
  char mark = 0;
  std::size_t length = 0;
  bool bare = false;  ///< nothing but blanks behind it: only such a one closes
};

Fence fence_of(std::string_view line) {
  const std::size_t at = line.find_first_not_of(' ');
  if (at > 3) return {};  // also where there is nothing but blanks
  const char mark = line[at];
  if (mark != '`' && mark != '~') return {};
  const std::size_t length = run_of(line, at);
  if (length < 3) return {};
  const std::string_view rest = line.substr(at + length);
  // Behind backticks there may be none: that is a span of code in a line of text.
  if (mark == '`' && rest.find('`') != std::string_view::npos) return {};
  return {mark, length, rest.find_first_not_of(" \t\r") == std::string_view::npos};
}

/// The text with blanks in place of fenced blocks, fences included, and the rest as it is.
std::string without_fences(std::string_view text) {
  std::string kept;
  kept.reserve(text.size());
  Fence open;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size() - 1) + 1;
    const std::string_view line = text.substr(at, end - at);
    const Fence fence = fence_of(line.substr(0, line.find('\n')));
    const bool closes =
        open.length > 0 && fence.mark == open.mark && fence.length >= open.length && fence.bare;
    const bool code = open.length > 0 || fence.length > 0;
    // An empty line: no span of code reaches over a block.
    if (code) {
      kept += "\n\n";
    } else {
      kept += line;
    }
    if (closes) {
      open = {};
    } else if (open.length == 0) {
      open = fence;
    }
    at = end;
  }
  return kept;
}

/// Where spans of code begin and end: a run of backticks closes with the next of its length, and
/// stands for itself if there is none in its paragraph.
class Spans {
 public:
  explicit Spans(std::string_view text) : text_(text) {
    for (std::size_t at = text.find('`'); at != std::string_view::npos; at = text.find('`', at)) {
      const std::size_t length = run_of(text, at);
      runs_[length].insert(at);
      at += length;
    }
    for (std::size_t at = text.find("\n\n"); at != std::string_view::npos;
         at = text.find("\n\n", at + 1)) {
      breaks_.insert(at);
    }
  }

  /// Behind the span that begins with the backticks at `from`, or behind those.
  [[nodiscard]] std::size_t end_of(std::size_t from) const {
    const std::size_t length = run_of(text_, from);
    // None where the first of a run is escaped: what is left of it may be the only one of its
    // length.
    const auto same = runs_.find(length);
    if (same == runs_.end()) return from + length;
    const auto closing = same->second.upper_bound(from);
    if (closing == same->second.end()) return from + length;
    const auto blank = breaks_.lower_bound(from);
    if (blank != breaks_.end() && *blank < *closing) return from + length;
    return *closing + length;
  }

 private:
  std::string_view text_;
  std::map<std::size_t, std::set<std::size_t>> runs_;  ///< by length
  std::set<std::size_t> breaks_;                       ///< where paragraphs end
};

/// What it is called if nobody has that name: without what ends a sentence.
std::string bare(const std::string& word) {
  const std::size_t last = word.find_last_not_of(at_end_of_names);
  return last == std::string::npos ? "" : word.substr(0, last + 1);
}

}  // namespace

std::vector<std::string> mentioned_in(std::string_view text, std::size_t most) {
  const std::string shown = without_fences(text);
  const Spans spans(shown);
  std::vector<std::string> found;
  std::set<std::string> known;
  for (std::size_t at = 0; at < shown.size() && found.size() < most;) {
    const bool escaped = at > 0 && shown[at - 1] == '\\';
    if (shown[at] == '`') {
      at = escaped ? at + 1 : spans.end_of(at);
      continue;
    }
    if (shown[at] != '@' || (at > 0 && !ends_word(shown[at - 1]))) {
      ++at;
      continue;
    }
    std::size_t end = at + 1;
    while (end < shown.size() && belongs_to_name(shown[end])) ++end;
    std::string word = shown.substr(at + 1, end - at - 1);
    at = end;
    if (word.size() > longest_name || word.starts_with('@') || bare(word).empty()) continue;
    if (known.insert(word).second) found.push_back(std::move(word));
  }
  return found;
}

Mentions find_mentions(std::string_view text, const Directory& people) {
  const auto words = mentioned_in(text);
  // Every name that is meant by some word -> who has it, once through the people.
  std::map<std::string, std::string> wanted;
  const auto each_form = [](const std::string& word, const auto& visit) {
    const std::size_t shortest = bare(word).size();
    for (std::size_t size = word.size(); size >= shortest; --size) {
      if (visit(normal_name(std::string_view(word).substr(0, size)))) return true;
    }
    return false;
  };
  for (const std::string& word : words) {
    each_form(word, [&](const std::string& name) {
      wanted.emplace(name, "");
      return false;
    });
  }
  if (wanted.empty()) return {};
  for (const Person& person : people.people) {
    const auto asked = wanted.find(normal_name(person.id));
    if (asked != wanted.end()) asked->second = person.id;
  }
  std::set<std::string> found;
  std::set<std::string> unknown;
  for (const std::string& word : words) {
    const bool known = each_form(word, [&](const std::string& name) {
      const std::string& person = wanted.at(name);
      if (!person.empty()) found.insert(person);
      return !person.empty();
    });
    if (!known) unknown.insert(bare(word));
  }
  return {{found.begin(), found.end()}, {unknown.begin(), unknown.end()}};
}

}  // namespace factory::comment
