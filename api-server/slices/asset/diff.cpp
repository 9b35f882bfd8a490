#include "slices/asset/diff.hpp"

#include <algorithm>
#include <dtl/dtl.hpp>
#include <unordered_map>
#include <vector>

#include "http/target.hpp"

namespace factory::asset {
namespace {

constexpr std::size_t kContext = 3;
/// Lines on both sides that differ, beyond which the shortest way is not looked for.
constexpr std::size_t kMostSearched = 4000;

/// A line, and what becomes of it: ' ', '-' or '+'.
struct Step {
  char mark;
  std::size_t line;  ///< of the side that has it
};

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1);
    lines.push_back(text.substr(0, end + 1));
    text.remove_prefix(end + 1);
  }
  return lines;
}

/// The same number for the same line, so that comparing costs nothing.
class Numbers {
 public:
  std::vector<int> of(const std::vector<std::string_view>& lines, std::size_t from,
                      std::size_t to) {
    std::vector<int> numbers;
    for (std::size_t i = from; i < to; ++i) {
      numbers.push_back(
          known_.try_emplace(lines[i], static_cast<int>(known_.size())).first->second);
    }
    return numbers;
  }

 private:
  std::unordered_map<std::string_view, int> known_;
};

/// The steps between the lines that both sides begin and end with.
void compare_middle(const std::vector<int>& before, const std::vector<int>& after,
                    std::size_t offset, std::vector<Step>& steps) {
  if (before.empty() || after.empty() || before.size() + after.size() > kMostSearched) {
    for (std::size_t i = 0; i < before.size(); ++i) steps.push_back({'-', offset + i});
    for (std::size_t i = 0; i < after.size(); ++i) steps.push_back({'+', offset + i});
    return;
  }
  dtl::Diff<int, std::vector<int>> diff(before, after);
  diff.compose();
  std::size_t left = offset;
  std::size_t right = offset;
  for (const auto& [line, info] : diff.getSes().getSequence()) {
    switch (info.type) {
      case dtl::SES_DELETE: steps.push_back({'-', left++}); break;
      case dtl::SES_ADD: steps.push_back({'+', right++}); break;
      case dtl::SES_COMMON:
        steps.push_back({' ', left++});
        ++right;
        break;
    }
  }
}

class Printer {
 public:
  Printer(const std::vector<std::string_view>& before, const std::vector<std::string_view>& after)
      : before_(before), after_(after) {}

  TextDiff print(const std::vector<Step>& steps) {
    std::size_t from = 0;
    while (from < steps.size()) {
      if (steps[from].mark == ' ') {
        pass(steps[from++]);
        continue;
      }
      from = print_hunk(steps, from);
    }
    return std::move(diff_);
  }

 private:
  /// Counts the line that a step goes over.
  void pass(const Step& step) {
    if (step.mark != '+') ++left_;
    if (step.mark != '-') ++right_;
  }

  /// Prints what changes from `from` on, with what stands around it; gives where it ended.
  std::size_t print_hunk(const std::vector<Step>& steps, std::size_t from) {
    const std::size_t lead = std::min(from, std::min(kContext, left_));
    std::size_t end = from;
    for (std::size_t i = from, common = 0; i < steps.size() && common <= 2 * kContext; ++i) {
      common = steps[i].mark == ' ' ? common + 1 : 0;
      if (common == 0) end = i + 1;
    }
    end = std::min(end + kContext, steps.size());
    std::size_t removed = lead;
    std::size_t added = lead;
    for (std::size_t i = from; i < end; ++i) {
      if (steps[i].mark != '+') ++removed;
      if (steps[i].mark != '-') ++added;
    }
    diff_.text +=
        "@@ -" + span(left_ - lead, removed) + " +" + span(right_ - lead, added) + " @@\n";
    for (std::size_t i = from - lead; i < from; ++i) line(steps[i]);
    for (std::size_t i = from; i < end;) i = print_run(steps, i, end);
    for (std::size_t i = from; i < end; ++i) pass(steps[i]);
    return end;
  }

  /// A line that stays, or all that changes in one place: first what goes, then what comes.
  std::size_t print_run(const std::vector<Step>& steps, std::size_t from, std::size_t end) {
    if (steps[from].mark == ' ') {
      line(steps[from]);
      return from + 1;
    }
    std::size_t to = from;
    while (to < end && steps[to].mark != ' ') ++to;
    for (const char mark : {'-', '+'}) {
      for (std::size_t i = from; i < to; ++i) {
        if (steps[i].mark == mark) line(steps[i]);
      }
    }
    return to;
  }

  static std::string span(std::size_t before, std::size_t count) {
    const std::size_t first = count == 0 ? before : before + 1;
    return std::to_string(first) + (count == 1 ? "" : "," + std::to_string(count));
  }

  void line(const Step& step) {
    if (step.mark == '+') ++diff_.added;
    if (step.mark == '-') ++diff_.removed;
    const std::string_view text = (step.mark == '+' ? after_ : before_)[step.line];
    diff_.text.push_back(step.mark);
    diff_.text.append(text);
    if (!text.ends_with('\n')) diff_.text.append("\n\\ No newline at end of file\n");
  }

  const std::vector<std::string_view>& before_;
  const std::vector<std::string_view>& after_;
  std::size_t left_ = 0;   ///< lines of `before` gone over
  std::size_t right_ = 0;  ///< the same of `after`
  TextDiff diff_;
};

}  // namespace

bool is_text(std::string_view bytes) {
  return bytes.find('\0') == std::string_view::npos && http::is_utf8(bytes);
}

TextDiff unified_diff(std::string_view before, std::string_view after,
                      const std::string& before_name, const std::string& after_name) {
  const auto left = lines_of(before);
  const auto right = lines_of(after);
  const std::size_t shorter = std::min(left.size(), right.size());
  std::size_t head = 0;
  while (head < shorter && left[head] == right[head]) ++head;
  std::size_t tail = 0;
  while (tail < shorter - head && left[left.size() - 1 - tail] == right[right.size() - 1 - tail]) {
    ++tail;
  }
  std::vector<Step> steps;
  for (std::size_t i = 0; i < head; ++i) steps.push_back({' ', i});
  Numbers numbers;
  const auto old_middle = numbers.of(left, head, left.size() - tail);
  const auto new_middle = numbers.of(right, head, right.size() - tail);
  compare_middle(old_middle, new_middle, head, steps);
  for (std::size_t i = left.size() - tail; i < left.size(); ++i) steps.push_back({' ', i});
  TextDiff diff = Printer(left, right).print(steps);
  if (!diff.text.empty()) {
    diff.text = "--- " + before_name + "\n+++ " + after_name + "\n" + diff.text;
  }
  return diff;
}

}  // namespace factory::asset
