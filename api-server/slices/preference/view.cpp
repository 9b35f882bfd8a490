#include "common/digest.hpp"
#include "common/ids.hpp"
#include "common/json_writer.hpp"
#include "slices/preference/preference.hpp"

namespace factory::preference {
namespace {

std::string two_digits(int number) { return (number < 10 ? "0" : "") + std::to_string(number); }

std::string clock_text(int minutes) {
  return two_digits(minutes / 60) + ":" + two_digits(minutes % 60);
}

void put_content(JsonWriter& doc, const Changed& set) {
  doc.put("email", set.email).put("phone", set.phone).put("discord", set.discord);
  doc.key("channels").begin_object();
  for (const Rule& rule : set.channels) doc.put(name_of(rule.channel), name_of(rule.from));
  doc.end_object();
  if (!set.quiet) return;
  const Quiet& quiet = *set.quiet;
  const int offset = quiet.utc_offset_minutes;
  doc.key("quiet_hours").begin_object().put("from", clock_text(quiet.from_minute));
  doc.put("to", clock_text(quiet.to_minute));
  doc.put("utc_offset", (offset < 0 ? "-" : "+") + clock_text(offset < 0 ? -offset : offset));
  doc.end_object();
}

}  // namespace

std::string stream_of(std::string_view name) {
  return derived_id(Definition::prefix, sha256("preference:", name));
}

std::string default_document() {
  JsonWriter doc;
  doc.begin_object();
  put_content(doc, {});
  return doc.end_object().take();
}

View view(const std::string& id, const State& state) {
  JsonWriter doc;
  doc.begin_object().put("id", id).put("user", state.set.user);
  put_content(doc, state.set);
  return {"set", doc.put("changed_at", state.set.at).end_object().take(), "", {}};
}

}  // namespace factory::preference
