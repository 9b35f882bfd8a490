#include "slices/report/markdown.hpp"

#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm.h>
#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <mutex>

#include "common/text.hpp"
#include "slices/report/markdown_limits.hpp"

namespace factory::report {
namespace {

using Parser = std::unique_ptr<cmark_parser, decltype(&cmark_parser_free)>;
using Node = std::unique_ptr<cmark_node, decltype(&cmark_node_free)>;
using Walk = std::unique_ptr<cmark_iter, decltype(&cmark_iter_free)>;

/// Raw HTML is left out and links are looked at without CMARK_OPT_UNSAFE.
constexpr int options = CMARK_OPT_VALIDATE_UTF8;

constexpr std::string_view style =
    "body{font:16px/1.5 system-ui,sans-serif;color:#1b1f24;background:#fff;margin:0}"
    "main{max-width:48rem;margin:0 auto;padding:2rem 1rem;overflow-wrap:break-word}"
    "pre,code{font-family:ui-monospace,monospace;font-size:.9em}"
    "pre{white-space:pre-wrap;background:#f5f6f8;padding:.75rem;border-radius:6px}"
    "table{border-collapse:collapse}th,td{border:1px solid #c9ced6;padding:.3rem .6rem}"
    "blockquote{margin:0;padding-left:1rem;border-left:3px solid #c9ced6;color:#57606a}";

std::string escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\0': out += "\xEF\xBF\xBD"; break;
      default: out += c;
    }
  }
  return out;
}

std::string as_plain_text(std::string_view markdown) {
  return "<pre>" + escaped(markdown.substr(0, longest_report)) + "</pre>\n";
}

/// Without a scheme, or with one that starts nothing in a browser. Whatever stands before a colon
/// counts as a scheme, blanks and control characters too: browsers pass over some of them.
bool is_harmless(std::string_view url) {
  const std::string_view head = url.substr(0, url.find_first_of("/?#"));
  const std::size_t colon = head.find(':');
  if (colon == std::string_view::npos) return true;
  constexpr std::array<std::string_view, 3> allowed{"http", "https", "mailto"};
  return std::any_of(allowed.begin(), allowed.end(), [&](std::string_view scheme) {
    return equal_ignoring_case(head.substr(0, colon), scheme);
  });
}

void disarm_links(cmark_node* document) {
  const Walk walk(cmark_iter_new(document), cmark_iter_free);
  while (true) {
    const cmark_event_type event = cmark_iter_next(walk.get());
    if (event == CMARK_EVENT_DONE) return;
    if (event != CMARK_EVENT_ENTER) continue;
    cmark_node* const node = cmark_iter_get_node(walk.get());
    const cmark_node_type type = cmark_node_get_type(node);
    if (type != CMARK_NODE_LINK && type != CMARK_NODE_IMAGE) continue;
    const char* const url = cmark_node_get_url(node);
    if (url != nullptr && !is_harmless(url)) cmark_node_set_url(node, "");
  }
}

/// The library's table of extensions is filled once.
bool extensions_are_known() {
  static const bool known = [] {
    cmark_gfm_core_extensions_ensure_registered();
    return true;
  }();
  return known;
}

}  // namespace

std::string html_of(std::string_view markdown) {
  if (markdown.size() > longest_report || !is_tame(markdown)) return as_plain_text(markdown);
  // The library keeps a table for all its parsers, which each of them changes while it parses.
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  const Parser parser(cmark_parser_new(options), cmark_parser_free);
  if (extensions_are_known()) {
    for (const char* const name : {"table", "strikethrough", "tasklist"}) {
      cmark_syntax_extension* const extension = cmark_find_syntax_extension(name);
      if (extension != nullptr) cmark_parser_attach_syntax_extension(parser.get(), extension);
    }
  }
  cmark_parser_feed(parser.get(), markdown.data(), markdown.size());
  const Node document(cmark_parser_finish(parser.get()), cmark_node_free);
  disarm_links(document.get());
  const std::unique_ptr<char, decltype(&std::free)> html(
      cmark_render_html(document.get(), options, cmark_parser_get_syntax_extensions(parser.get())),
      std::free);
  return html.get();
}

std::string html_page(std::string_view title, std::string_view markdown) {
  std::string page = "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>";
  page += escaped(title);
  page.append("</title><style>").append(style).append("</style></head>\n<body><main>\n");
  page += html_of(markdown);
  return page + "</main></body></html>\n";
}

}  // namespace factory::report
