#include "queries/search.hpp"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>
#include <vector>

#include "queries/moment.hpp"
#include "queries/words.hpp"

namespace factory::queries {
namespace {

using nlohmann::json;
using Texts = std::vector<std::string>;

/// For looking; with what ranking and showing take, the first page is there within 50 ms.
constexpr std::chrono::milliseconds looking_time{30};

Result<storage::SearchQuestion> read_question(const json& query) {
  storage::SearchQuestion question;
  question.words = query.at("q").get<std::string>();
  for (const std::string& type : query.value("entity_types", Texts{})) {
    question.kinds.push_back(kind_of_type(type));
  }
  question.statuses = query.value("status", Texts{});
  question.pipeline = query.value("pipeline_id", "");
  question.cursor = query.value("cursor", "");
  question.limit = query.value("limit", 10);
  question.time = looking_time;
  if (auto status = read_moment(query, "since", question.since); !status) return status.error();
  if (auto status = read_moment(query, "until", question.until); !status) return status.error();
  return question;
}

json result_of(const storage::SearchHit& hit) {
  json result{{"id", hit.id.substr(0, hit.id.find('#'))},
              {"type", public_type(hit.kind)},
              {"title", hit.title},
              {"snippet", hit.snippet},
              {"status", hit.status},
              {"updated_at", format_time(hit.at)}};
  if (!hit.pipeline.empty()) result["pipeline_id"] = hit.pipeline;
  return result;
}

std::string summary_of(const storage::SearchAnswer& found, std::size_t shown, std::int64_t behind) {
  std::string summary = shown == 0 ? "Nothing holds all of these words."
                                   : count_words(static_cast<std::int64_t>(shown), "result");
  if (shown > 0) summary += found.next_cursor.empty() ? "." : "; more on the next page.";
  if (!found.complete) {
    summary +=
        " There was no time to look at everything: add a word, a kind, a pipeline or a time.";
  } else if (found.capped) {
    summary += " More match than the newest ones, which were ranked: add a word or a filter.";
  }
  if (behind > 0) {
    summary += " The newest " + count_words(behind, "event") +
               " are not in the index yet: search again in a moment for what has just happened.";
  }
  return summary;
}

}  // namespace

std::string public_type(const std::string& kind) { return kind == "gate" ? "approval" : kind; }

std::string kind_of_type(const std::string& type) { return type == "approval" ? "gate" : type; }

Result<http::Answer> search(const Services& services, const http::Request& request) {
  const auto question = read_question(request.query);
  if (!question) return question.error();
  // Read before the search, so that the answer never claims more than it has seen.
  const std::int64_t through = services.search.position();
  storage::SearchAnswer found;
  try {
    found = services.search.search(*question);
  } catch (const std::invalid_argument& wrong) {
    return bad_parameter("cursor", wrong.what());
  }
  json results = json::array();
  for (const storage::SearchHit& hit : found.hits) {
    json result = result_of(hit);
    // What was archived is in the index still, but there is nothing to show of it.
    if (services.store.get_view(result["id"].get<std::string>())) {
      results.push_back(std::move(result));
    }
  }
  const std::int64_t head = services.store.last_position();
  const std::size_t shown = results.size();
  http::Answer answer;
  answer.body =
      json{{"results", std::move(results)},
           {"next_cursor", found.next_cursor.empty() ? json(nullptr) : json(found.next_cursor)},
           {"complete", found.complete},
           {"capped", found.capped},
           {"indexed_through", through},
           {"log_head", head},
           {"behind", head - through},
           {"summary", summary_of(found, shown, head - through)}}
          .dump();
  answer.next_cursor = std::move(found.next_cursor);
  return answer;
}

}  // namespace factory::queries
