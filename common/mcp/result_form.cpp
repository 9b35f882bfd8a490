#include "common/mcp/result_form.hpp"

#include <functional>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "common/mcp/render.hpp"

namespace factory::mcp {
namespace {

using nlohmann::json;

std::string plain(const json& value) {
  if (value.is_null()) return "";
  if (value.is_string()) return value.get<std::string>();
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// A text for a cell of a Markdown table: in one line, and without an end of the cell in it.
std::string cell(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '|' || c == '\\') out += '\\';
    out += c == '\n' || c == '\r' ? ' ' : c;
  }
  return out;
}

/// The template with each {{name}} replaced, once.
std::string filled(std::string_view form,
                   const std::function<std::string(const std::string&)>& value) {
  std::string out;
  while (true) {
    const std::size_t open = form.find("{{");
    const std::size_t close = open == std::string_view::npos ? open : form.find("}}", open);
    out += form.substr(0, close == std::string_view::npos ? close : open);
    if (close == std::string_view::npos) return out;
    out += value(std::string(form.substr(open + 2, close - open - 2)));
    form.remove_prefix(close + 2);
  }
}

std::string lines(const std::string& form, const json& items) {
  std::string all;
  for (const json& item : items) {
    if (!all.empty()) all += '\n';
    all += filled(form, [&](const std::string& name) {
      return item.contains(name) ? cell(plain(item[name])) : std::string();
    });
  }
  return all;
}

/// What the form does not show and nobody may miss.
std::string rest_of(const json& document) {
  json rest = json::object();
  for (const char* const name : {"_cut", "next_cursor"}) {
    const auto found = document.find(name);
    if (found != document.end() && !found->is_null()) rest[name] = *found;
  }
  return rest.empty() ? "" : "\n\n" + render(rest);
}

}  // namespace

BackendAnswer with_list(const ResultForm& form, BackendAnswer answer) {
  if (form.list.empty() || answer.failed || !answer.document.is_array()) return answer;
  json document = json::object();
  document[form.list] = std::move(answer.document);
  document["next_cursor"] = answer.next_cursor.empty() ? json(nullptr) : json(answer.next_cursor);
  answer.document = std::move(document);
  return answer;
}

std::string text_of(const Tool& tool, const json& document, const json& arguments) {
  const ResultForm& form = tool.result;
  if (document.is_null()) return "Done.";
  if (form.text.empty() || !document.is_object()) return render(document);
  const json items = form.list.empty() ? json::array() : document.value(form.list, json::array());
  const bool use_empty = !form.list.empty() && items.empty() && !form.empty.empty();
  return filled(use_empty ? form.empty : form.text,
                [&](const std::string& name) {
                  const auto each = form.each.find(name);
                  if (each != form.each.end()) return lines(each->second, items);
                  if (document.contains(name)) return plain(document[name]);
                  return arguments.contains(name) ? plain(arguments[name]) : std::string();
                }) +
         rest_of(document);
}

}  // namespace factory::mcp
