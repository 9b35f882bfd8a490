#include "storage/sqlite/commit_text.hpp"

#include <bit>
#include <cstring>

#include "storage/sqlite/tag_list.hpp"

namespace factory::storage {

static_assert(std::endian::native == std::endian::little,
              "the journal's numbers are little endian");

namespace {

/// Of the form below. Stored commits never change: another form gets another number.
constexpr std::int64_t kForm = 1;

class Sink {
 public:
  explicit Sink(std::string& bytes) : bytes_(bytes) {}

  Sink& put(std::int64_t value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
    return *this;
  }
  Sink& put(std::string_view text) {
    count(text.size());
    bytes_.append(text);
    return *this;
  }
  void count(std::size_t number) { put(static_cast<std::int64_t>(number)); }

 private:
  std::string& bytes_;
};

class Source {
 public:
  explicit Source(std::string_view bytes) : rest_(bytes) {}

  [[nodiscard]] bool empty() const { return rest_.empty(); }
  std::int64_t number() {
    std::int64_t value = 0;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }
  std::string_view text() { return take(count(1)); }
  /// How many things follow, each of at least `least` bytes.
  std::size_t count(std::size_t least) {
    const auto value = static_cast<std::size_t>(number());
    if (value > rest_.size() / least) damaged();
    return value;
  }
  [[noreturn]] static void damaged() { throw StoreFailure("a commit in the journal is damaged"); }

 private:
  std::string_view take(std::size_t size) {
    if (size > rest_.size()) damaged();
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  std::string_view rest_;
};

void put_events(Sink& sink, const std::vector<Append>& appends) {
  std::size_t count = 0;
  for (const Append& append : appends) count += append.events.size();
  sink.count(count);
  for (const Append& append : appends) {
    std::int64_t version = append.expected_version;
    for (const EventRecord& event : append.events) {
      sink.put(append.stream).put(++version).put(event.type).put(to_millis(event.at));
      sink.put(event.actor).put(event.body);
      sink.put({reinterpret_cast<const char*>(event.hash.data()), event.hash.size()});
    }
  }
}

void put_tags(Sink& sink, const std::vector<Tag>& tags) {
  sink.count(tags.size());
  for (const Tag& tag : tags) {
    sink.put(tag.key).put(tag.value).put(tag.rank).put(tag.at);
  }
}

void put_view(Sink& sink, const ViewWrite& view) {
  const ViewRow& row = view.row;
  sink.put(row.id).put(row.kind).put(row.status).put(row.version).put(row.schema_version);
  sink.put(to_millis(row.updated_at)).put(encode_tags(row.tags)).put(row.doc).put(row.text);
  put_tags(sink, view.removed);
  put_tags(sink, view.added);
}

std::vector<TagText> take_tags(Source& source) {
  std::vector<TagText> tags(source.count(4 * sizeof(std::int64_t)));
  for (TagText& tag : tags) {
    tag.key = source.text();
    tag.value = source.text();
    tag.rank = source.number();
    tag.at = source.number();
  }
  return tags;
}

EventText take_event(Source& source) {
  EventText event;
  event.stream = source.text();
  event.version = source.number();
  event.type = source.text();
  event.at = source.number();
  event.actor = source.text();
  event.body = source.text();
  event.hash = source.text();
  if (event.hash.size() != std::tuple_size_v<Hash>) Source::damaged();
  return event;
}

ViewText take_view(Source& source) {
  ViewText view;
  view.id = source.text();
  view.kind = source.text();
  view.status = source.text();
  view.version = source.number();
  view.schema_version = source.number();
  view.updated_at = source.number();
  view.tags = source.text();
  view.doc = source.text();
  view.text = source.text();
  view.removed = take_tags(source);
  view.added = take_tags(source);
  return view;
}

TimerText take_timer(Source& source) {
  TimerText timer{source.text(), source.text(), std::nullopt};
  if (source.number() != 0) timer.due = source.number();
  return timer;
}

EffectText take_effect(Source& source) {
  return {source.text(), source.text(), source.text(), source.text(), source.number()};
}

RequestText take_request(Source& source) {
  return {source.text(),   source.text(), source.text(),
          source.number(), source.text(), source.number()};
}

template <class Take>
auto take_all(Source& source, Take take) {
  std::vector<decltype(take(source))> all(source.count(sizeof(std::int64_t)));
  for (auto& one : all) one = take(source);
  return all;
}

CommitText take_commit(Source& source) {
  if (source.number() != kForm) {
    throw StoreFailure("the journal was written by a newer program: start that one once");
  }
  CommitText commit;
  commit.events = take_all(source, take_event);
  commit.views = take_all(source, take_view);
  commit.timers = take_all(source, take_timer);
  commit.effects = take_all(source, take_effect);
  if (source.number() != 0) commit.request = take_request(source);
  return commit;
}

}  // namespace

TagText text_of(const Tag& tag) { return {tag.key, tag.value, tag.rank, tag.at}; }

ViewText text_of(const ViewRow& row, std::string_view tags) {
  return {row.id,
          row.kind,
          row.status,
          row.version,
          row.schema_version,
          to_millis(row.updated_at),
          tags,
          row.doc,
          row.text,
          {},
          {}};
}

void encode(const Commit& commit, std::string& bytes) {
  Sink sink(bytes);
  sink.put(kForm);
  put_events(sink, commit.appends);
  sink.count(commit.views.size());
  for (const ViewWrite& view : commit.views) put_view(sink, view);
  sink.count(commit.timers.size());
  for (const TimerWrite& timer : commit.timers) {
    sink.put(timer.stream).put(timer.name).put(timer.due ? 1 : 0);
    if (timer.due) sink.put(to_millis(*timer.due));
  }
  sink.count(commit.effects.size());
  for (const EffectWrite& effect : commit.effects) {
    sink.put(effect.id).put(effect.stream).put(effect.kind).put(effect.payload);
    sink.put(to_millis(effect.due));
  }
  sink.put(commit.request ? 1 : 0);
  if (!commit.request) return;
  const RequestRecord& request = *commit.request;
  sink.put(request.principal).put(request.key).put(request.fingerprint).put(request.status);
  sink.put(request.answer).put(to_millis(request.at));
}

std::vector<CommitText> decode(std::string_view bytes) {
  std::vector<CommitText> commits;
  Source source(bytes);
  while (!source.empty()) commits.push_back(take_commit(source));
  return commits;
}

}  // namespace factory::storage
