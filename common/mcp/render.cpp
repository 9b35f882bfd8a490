#include "common/mcp/render.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>
#include <vector>

namespace factory::mcp {
namespace {

using nlohmann::json;

/// What says most about a thing comes first; the rest follows by name, and what has a structure
/// of its own after all that stands in one line.
constexpr std::array<std::string_view, 14> leading{
    "summary", "_cut",   "id",    "task_id",  "pipeline_id",   "name",  "title",
    "type",    "status", "state", "priority", "current_stage", "stage", "waiting_for"};

std::string dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

bool is_plain(const json& value) {
  if (!value.is_structured()) return true;
  return value.is_array() && std::ranges::none_of(value, &json::is_structured);
}

bool has_lines(const json& value) { return !is_plain(value) && !value.empty(); }

std::vector<const json::object_t::value_type*> ordered(const json& object) {
  std::vector<const json::object_t::value_type*> members;
  for (const auto& member : object.get_ref<const json::object_t&>()) members.push_back(&member);
  const auto rank = [](const auto* member) {
    const auto place = std::ranges::find(leading, member->first) - leading.begin();
    return std::pair(has_lines(member->second), place);
  };
  std::ranges::stable_sort(members, {}, rank);
  return members;
}

/// A string as it stands where nothing can be mistaken for the end of it, quoted otherwise.
std::string inline_string(const std::string& text) {
  const bool quote = text.empty() || text.front() == ' ' || text.back() == ' ' ||
                     text.find_first_of("\n\r\t\"") != std::string::npos ||
                     text.find(", ") != std::string::npos || text.find(": ") != std::string::npos;
  return quote ? dump(text) : text;
}

std::string inline_value(const json& value) {
  if (value.is_string()) return inline_string(value.get_ref<const std::string&>());
  if (!value.is_array()) return value.empty() && value.is_object() ? "{}" : dump(value);
  std::string text = "[";
  for (const json& item : value) {
    if (text.size() > 1) text += ", ";
    text += inline_value(item);
  }
  return text + "]";
}

class Outline {
 public:
  void object(const json& value, std::size_t indent, std::string_view without = {}) {
    for (const auto* member : ordered(value)) {
      if (member->first != without) this->member(member->first, member->second, indent);
    }
  }

  void list(const json& items, std::size_t indent) {
    for (const json& item : items) {
      if (item.is_object() && !item.empty()) {
        entry(item, indent);
      } else if (is_plain(item)) {
        line(indent, "- " + inline_value(item));
      } else {
        line(indent, "-");
        list(item, indent + 2);
      }
    }
  }

  void member(const std::string& name, const json& value, std::size_t indent) {
    if (value.is_string()) {
      text_member(name, value.get_ref<const std::string&>(), indent);
    } else if (!has_lines(value)) {
      line(indent, name + ": " + inline_value(value));
    } else if (value.is_array()) {
      line(indent, name + " (" + std::to_string(value.size()) + "):");
      list(value, indent);
    } else {
      line(indent, name + ":");
      object(value, indent + 2);
    }
  }

  void line(std::size_t indent, std::string_view text) {
    out_.append(indent, ' ').append(text).push_back('\n');
  }

  std::string take() {
    while (!out_.empty() && out_.back() == '\n') out_.pop_back();
    return std::move(out_);
  }

 private:
  /// Plain members in one line; what has a structure of its own below it.
  void entry(const json& item, std::size_t indent) {
    std::string text = "-";
    const auto members = ordered(item);
    for (const auto* member : members) {
      if (has_lines(member->second)) continue;
      text += text.size() > 1 ? ", " : " ";
      text += member->first + ": " + inline_value(member->second);
    }
    line(indent, text);
    for (const auto* member : members) {
      if (!has_lines(member->second)) continue;
      this->member(member->first, member->second, indent + 2);
    }
  }

  void text_member(const std::string& name, const std::string& text, std::size_t indent) {
    if (text.find('\n') == std::string::npos) {
      line(indent, name + ": " + (text.empty() ? "\"\"" : text));
      return;
    }
    line(indent, name + ": |");
    std::string_view rest = text;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      line(indent + 2, rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }

  std::string out_;
};

std::string member_text(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

void problem_errors(const json& errors, Outline& outline) {
  for (const json& error : errors) {
    if (!error.is_object()) {
      outline.line(0, "- " + inline_value(error));
      continue;
    }
    std::string text = member_text(error, "pointer");
    text = (text.empty() ? std::string("(the whole)") : text) + ": " + member_text(error, "detail");
    for (const auto& [name, value] : error.items()) {
      if (name != "pointer" && name != "detail") text += ", " + name + ": " + dump(value);
    }
    outline.line(0, "- " + text);
  }
}

}  // namespace

std::string render(const json& document) {
  Outline outline;
  if (document.is_object() && !document.empty()) {
    const auto summary = document.find("summary");
    const bool has_summary = summary != document.end() && summary->is_string();
    if (has_summary) outline.line(0, summary->get_ref<const std::string&>());
    outline.object(document, 0, has_summary ? "summary" : "");
  } else if (document.is_array() && !is_plain(document)) {
    outline.list(document, 0);
  } else if (document.is_string()) {
    return document.get<std::string>();
  } else {
    outline.line(0, inline_value(document));
  }
  return outline.take();
}

std::string render_problem(const json& problem) {
  Outline outline;
  json rest = problem.is_object() ? problem : json{{"detail", problem}};
  const std::string title = member_text(rest, "title");
  const std::string detail = member_text(rest, "detail");
  std::string head = title.empty() ? "The call failed" : title;
  if (!detail.empty()) head += ": " + detail;
  outline.line(0, head);
  if (const auto errors = rest.find("errors"); errors != rest.end() && errors->is_array()) {
    problem_errors(*errors, outline);
    rest.erase("errors");
  }
  const std::string hint = member_text(rest, "hint");
  if (!hint.empty()) outline.line(0, "What to do: " + hint);
  if (const auto retryable = rest.find("retryable");
      retryable != rest.end() && retryable->is_boolean()) {
    outline.line(0, *retryable ? "The same call may succeed later."
                               : "The same call will fail again until something changes.");
    rest.erase("retryable");
  }
  for (const char* said : {"title", "detail", "hint"}) {
    if (rest.contains(said) && rest[said].is_string()) rest.erase(said);
  }
  if (member_text(rest, "type") == "about:blank") rest.erase("type");
  outline.object(rest, 0);
  return outline.take();
}

}  // namespace factory::mcp
