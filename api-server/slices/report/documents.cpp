#include "slices/report/documents.hpp"

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "slices/report/markdown.hpp"
#include "slices/report/report.hpp"

namespace factory::report {
namespace {

using http::Answer;
using http::Request;
using nlohmann::json;

/// Of the texts on one page of the list.
constexpr std::int64_t most_text = 4 * 1024 * 1024;

std::string text_of(storage::Blobs& blobs, const json& document) {
  const auto digest = document.at("report_digest").get<std::string>();
  auto text = blobs.get(digest);
  if (!text) throw std::runtime_error("the text " + digest + " of a report is gone");
  return std::move(*text);
}

storage::ViewQuery query_of(const Request& request) {
  storage::ViewQuery query;
  const std::string status = request.query.value("status", "all");
  query.kind = Definition::kind;
  query.tag = status == "all" ? storage::Tag{"report", "", 0, 0}
                              : storage::Tag{"report.status", status, 0, 0};
  query.descending = true;
  query.limit = request.query.value("limit", 20);
  query.cursor = request.query.value("cursor", "");
  return query;
}

/// How many of the rows have texts that fit on one page; at least one.
int that_fit(const storage::ViewPage& page) {
  std::int64_t bytes = 0;
  int count = 0;
  for (const storage::ViewRow& row : page.rows) {
    bytes += json::parse(row.doc).value("report_size", std::int64_t{0});
    if (count > 0 && bytes > most_text) break;
    ++count;
  }
  return count;
}

Result<storage::ViewRow> find(const Services& services, const Request& request) {
  return http::find_view(services, std::string(Definition::kind), request.path.at("report_id"));
}

}  // namespace

std::string shown(storage::Blobs& blobs, const std::string& document, bool full) {
  if (!full) return document;
  json report = json::parse(document);
  report["report_data"] = text_of(blobs, report);
  return report.dump();
}

Result<Answer> list(const Services& services, const Request& request) {
  const bool full = request.query.value("full", true);
  storage::ViewQuery query = query_of(request);
  storage::ViewPage page;
  try {
    page = services.store.query_views(query);
    const int fitting = full ? that_fit(page) : query.limit;
    if (fitting < static_cast<int>(page.rows.size())) {
      query.limit = fitting;
      page = services.store.query_views(query);  // for the cursor right behind the last of them
    }
  } catch (const std::invalid_argument& wrong) {
    return Error{ErrorCode::invalid_request,
                 "The cursor is of no use here: " + std::string(wrong.what()) + ".",
                 "Start without a cursor, or follow the `Link` of the page before.",
                 {{"query/cursor", wrong.what()}},
                 {}};
  }
  Answer answer;
  answer.body = "[";
  for (const storage::ViewRow& row : page.rows) {
    if (answer.body.size() > 1) answer.body += ',';
    answer.body += shown(services.blobs, row.doc, full);
  }
  answer.body += ']';
  answer.next_cursor = std::move(page.next_cursor);
  return answer;
}

Result<Answer> get(const Services& services, const Request& request) {
  const auto row = find(services, request);
  if (!row) return row.error();
  Answer answer;
  answer.body = shown(services.blobs, row->doc, request.query.value("full", true));
  answer.etag = row->version;
  return answer;
}

Result<Answer> html(const Services& services, const Request& request) {
  const auto row = find(services, request);
  if (!row) return row.error();
  const json document = json::parse(row->doc);
  Answer answer;
  answer.body =
      html_page("Go-live: " + document.value("server_name", ""), text_of(services.blobs, document));
  answer.content_type = "text/html; charset=utf-8";
  answer.headers.emplace_back("Content-Security-Policy", html_policy);
  return answer;
}

}  // namespace factory::report
