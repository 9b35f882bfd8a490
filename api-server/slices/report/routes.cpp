#include "slices/report/routes.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "common/digest.hpp"
#include "common/text.hpp"
#include "slices/report/documents.hpp"
#include "slices/report/markdown.hpp"
#include "slices/report/report.hpp"
#include "slices/report/repository.hpp"

namespace factory::report {
namespace {

using http::Answer;
using http::Request;
using nlohmann::json;
using Texts = std::vector<std::string>;

constexpr std::size_t excerpt_bytes = 400;

Error wrong(std::string pointer, std::string detail, std::string hint) {
  return {ErrorCode::invalid_request,
          "The field " + pointer.substr(1) + " " + detail + ".",
          std::move(hint),
          {{std::move(pointer), detail}},
          {}};
}

/// One @ with something before and a host behind: who reads the mail will know.
bool is_email(const std::string& text) {
  const std::size_t at = text.find('@');
  return at != std::string::npos && at > 0 && at == text.rfind('@') && at + 1 < text.size() &&
         text.find_first_of(" \t\r\n<>\",;") == std::string::npos;
}

/// How the text begins, for lists: without blanks around it.
std::string beginning(const std::string& text) {
  return excerpt(trimmed(text, " \t\r\n"), excerpt_bytes);
}

Result<Submitted> read_submission(const json& body) {
  Submitted submitted;
  submitted.server_name = body.at("server_name").get<std::string>();
  submitted.repository_url = body.at("repository_url").get<std::string>();
  submitted.developer_email = body.at("developer_email").get<std::string>();
  if (!is_email(submitted.developer_email)) {
    return wrong("/developer_email", "must be an e-mail address", "Give it as name@host.");
  }
  auto repository = normalised_repository(submitted.repository_url);
  if (!repository) return std::move(repository.error());
  submitted.repository = std::move(*repository);
  const auto& text = body.at("report_data").get_ref<const std::string&>();
  if (text.size() > longest_report) {
    return wrong("/report_data", "must be at most 262144 bytes of UTF-8",
                 "Leave out logs and the like; link to them.");
  }
  submitted.report_size = static_cast<std::int64_t>(text.size());
  submitted.excerpt = beginning(text);
  return submitted;
}

Result<Answer> submit(const Services& services, const Request& request, const ReviewPlan& plan) {
  auto submitted = read_submission(request.body);
  if (!submitted) return std::move(submitted.error());
  submitted->plan = plan;
  // The bytes first: an event never names a text that is not there.
  submitted->report_digest =
      services.blobs.put(request.body.at("report_data").get_ref<const std::string&>());
  const std::string id = report_of(submitted->repository);
  return http::command(services, request, id, Command{Submit{std::move(*submitted)}});
}

Result<Answer> change(const Services& services, const Request& request, Command command) {
  const std::string& id = request.path.at("report_id");
  if (!has_prefix(id, Definition::prefix)) {
    return Error{ErrorCode::not_found, "There is no report " + id + ".", "", {}, {}};
  }
  return http::command(services, request, id, std::move(command));
}

/// The member's text; nothing for null, as the notes of a review may be.
std::string text_of(const json& body, const char* name) {
  const auto found = body.find(name);
  return found != body.end() && found->is_string() ? found->get<std::string>() : "";
}

Review read_review(const json& body) {
  Review review;
  review.verdict = *enum_from<Verdict>(body.at("status").get<std::string>());
  review.reviewed_by = body.at("reviewed_by").get<std::string>();
  review.notes = text_of(body, "review_notes");
  review.requested_changes = body.value("requested_changes", Texts{});
  review.digest = body.value("digest", "");
  return review;
}

ReportCheck read_check(const json& body) {
  return {body.at("name").get<std::string>(),
          *enum_from<CheckStatus>(body.at("status").get<std::string>()), text_of(body, "details")};
}

Result<Exempt> read_exemption(const json& body) {
  const auto expires = parse_time(body.at("expires_at").get<std::string>());
  if (!expires) return wrong("/expires_at", "must be a time", "Give it as 2026-03-01T12:00:00Z.");
  return Exempt{body.at("check").get<std::string>(), body.at("reason").get<std::string>(),
                *expires};
}

Result<Answer> exempt(const Services& services, const Request& request) {
  auto exemption = read_exemption(request.body);
  if (!exemption) return std::move(exemption.error());
  return change(services, request, std::move(*exemption));
}

}  // namespace

void bind_routes(http::Handlers& handlers, const Services& services, ReviewPlan plan) {
  // The text is read outside of the writer's thread.
  const http::Completion with_text = [&services](const Request& request, Answer& answer) {
    answer.body = shown(services.blobs, answer.body, request.query.value("full", true));
  };
  handlers.bind(
      "report.submit",
      [&services, plan = std::move(plan)](const Request& request) {
        return submit(services, request, plan);
      },
      with_text);
  handlers.bind("report.list",
                [&services](const Request& request) { return list(services, request); });
  handlers.bind("report.get",
                [&services](const Request& request) { return get(services, request); });
  handlers.bind("report.html",
                [&services](const Request& request) { return html(services, request); });
  handlers.bind(
      "report.review",
      [&services](const Request& request) {
        return change(services, request, read_review(request.body));
      },
      with_text);
  handlers.bind(
      "report.check",
      [&services](const Request& request) {
        return change(services, request, read_check(request.body));
      },
      with_text);
  handlers.bind(
      "report.exempt", [&services](const Request& request) { return exempt(services, request); },
      with_text);
}

}  // namespace factory::report
