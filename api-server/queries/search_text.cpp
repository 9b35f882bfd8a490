#include "queries/search_text.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/text.hpp"
#include "http/target.hpp"

namespace factory::queries {
namespace {

using nlohmann::json;
using storage::SearchDocument;

/// Tags go, so that more of it has to be read.
constexpr std::size_t most_xml = 4 * most_text;

/// The beginning of a blob, cut between letters; empty if it is gone or no text in UTF-8.
std::string text_of_blob(storage::Blobs& blobs, const std::string& digest, std::size_t most) {
  const auto blob = digest.empty() ? nullptr : blobs.open(digest);
  if (!blob) return "";
  std::string text(static_cast<std::size_t>(std::min<std::uint64_t>(blob->size(), most)), '\0');
  text.resize(blob->read(0, text.data(), text.size()));
  // The last letter may be cut: at most three bytes of it are here.
  for (int cut = 0; cut < 4 && !text.empty() && !http::is_utf8(text); ++cut) text.pop_back();
  const bool binary = text.find('\0') != std::string::npos || !http::is_utf8(text);
  return binary ? "" : text;
}

std::string member(const json& doc, const char* name) {
  const auto found = doc.find(name);
  return found != doc.end() && found->is_string() ? found->get<std::string>() : "";
}

void add_test_results(storage::Blobs& blobs, const storage::ViewRow& row, const json& doc,
                      std::vector<SearchDocument>& documents) {
  for (const json& stage : doc.value("stages", json::array())) {
    const auto tests = stage.find("evidence") == stage.end()
                           ? json(nullptr)
                           : stage["evidence"].value("tests", json(nullptr));
    if (!tests.is_object()) continue;
    const std::string name = member(stage, "name");
    SearchDocument results{row.id + "#" + name, "test_results", "", ""};
    results.title = "Tests of " + name + ": " + member(doc, "name");
    results.text = std::to_string(tests.value("passed", 0)) + " passed, " +
                   std::to_string(tests.value("failed", 0)) + " failed, " +
                   std::to_string(tests.value("skipped", 0)) + " skipped\n";
    for (const json& failure : tests.value("failures", json::array())) {
      results.text += member(failure, "name") + ": " + member(failure, "message") + "\n";
    }
    results.text += text_of_xml(text_of_blob(blobs, member(tests, "report_digest"), most_xml));
    if (results.text.size() > most_text) results.text = excerpt(results.text, most_text);
    results.status = tests.value("failed", 0) > 0 ? "failed" : "passed";
    results.pipeline = row.id;
    results.at = row.updated_at;
    documents.push_back(std::move(results));
  }
}

}  // namespace

std::string text_of_xml(std::string_view xml) {
  std::string text;
  bool in_tag = false;
  char quote = 0;
  for (const char c : xml) {
    if (in_tag && quote == 0) {
      if (c == '"' || c == '\'') quote = c;
      if (c == '>') {
        in_tag = false;
        text += '\n';
      }
    } else if (in_tag && c == quote) {
      quote = 0;
      text += ' ';
    } else if (!in_tag && c == '<') {
      in_tag = true;
    } else {
      text += c;
    }
  }
  return text;
}

void add_texts(storage::Blobs& blobs, const storage::ViewRow& row,
               std::vector<SearchDocument>& documents) {
  const bool tested = row.kind == "pipeline" && row.doc.find(R"("tests":{)") != std::string::npos;
  if (!tested && row.kind != "asset" && row.kind != "report") return;
  const json doc = json::parse(row.doc);
  if (tested) return add_test_results(blobs, row, doc, documents);
  const std::string digest = member(doc, row.kind == "asset" ? "digest" : "report_digest");
  if (row.status == "archived") return;
  documents.front().text += '\n' + text_of_blob(blobs, digest, most_text);
}

}  // namespace factory::queries
