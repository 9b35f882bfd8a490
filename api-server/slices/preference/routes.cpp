#include "slices/preference/routes.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "domain/calendar.hpp"
#include "http/problem.hpp"
#include "slices/preference/preference.hpp"

namespace factory::preference {
namespace {

using http::Answer;
using http::Request;
using nlohmann::json;

Result<Quiet> read_quiet(const json& body) {
  const auto from = minute_of_day(body.at("from").get<std::string>());
  const auto to = minute_of_day(body.at("to").get<std::string>());
  const auto offset = utc_offset_of(body.value("utc_offset", "+00:00"));
  if (!from) return http::field_error("/quiet_hours/from", "must be a time of day, as 22:00");
  if (!to) return http::field_error("/quiet_hours/to", "must be a time of day, as 07:00");
  if (!offset) return http::field_error("/quiet_hours/utc_offset", "must be as +01:00");
  return Quiet{*from, *to, *offset};
}

Result<Answer> put(const Services& services, const Request& request) {
  const json& body = request.body;
  Changed wanted;
  wanted.email = body.value("email", "");
  wanted.phone = body.value("phone", "");
  wanted.discord = body.value("discord", "");
  const json channels = body.value("channels", json::object());
  for (const auto& [name, from] : channels.items()) {
    wanted.channels.push_back(
        {enum_from<NotifyChannel>(name).value_or(NotifyChannel::email),
         enum_from<Threshold>(from.get<std::string>()).value_or(Threshold::info)});
  }
  if (body.contains("quiet_hours")) {
    const auto quiet = read_quiet(body["quiet_hours"]);
    if (!quiet) return quiet.error();
    wanted.quiet = *quiet;
  }
  return http::command(services, request, stream_of(request.principal.id),
                       Command{Set{std::move(wanted)}});
}

Result<Answer> get(const Services& services, const Request& request) {
  const auto row = services.store.get_view(stream_of(request.principal.id));
  Answer answer;
  answer.body = row ? row->doc : default_document();
  if (row) answer.etag = row->version;
  return answer;
}

}  // namespace

void bind_routes(http::Handlers& handlers, const Services& services) {
  handlers.bind("preference.get",
                [&services](const Request& request) { return get(services, request); });
  handlers.bind("preference.put",
                [&services](const Request& request) { return put(services, request); });
}

}  // namespace factory::preference
