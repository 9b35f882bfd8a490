#include <array>
#include <functional>
#include <future>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "bench/http_load.hpp"
#include "bench/parts.hpp"
#include "bench/process.hpp"
#include "bench/zipf.hpp"
#include "core.hpp"
#include "flows/slices.hpp"
#include "slices/task/task.hpp"

namespace factory::bench {

namespace {

constexpr std::size_t vocabulary = 60'000;
constexpr std::uint64_t seed = 20'261'120;
constexpr long pipelines = 1000;
constexpr int looks = 200;
constexpr long unread_events = 20'000;
/// Between one document and the next: a million of them are from one year and a half.
constexpr Millis apart{47'000};

struct Kind {
  const char* name;
  const char* prefix;
  std::array<const char*, 3> statuses;
};
constexpr std::array<Kind, 5> kinds = {
    {{"comment", "cmt", {"active", "active", "active"}},
     {"task", "task", {"pending", "completed", "completed"}},
     {"gate", "gate", {"pending", "approved", "rejected"}},
     {"pipeline", "pipe", {"active", "completed", "failed"}},
     {"report", "report", {"approved", "approved", "rejected"}}}};

std::string numbered(const std::string& prefix, long number) {
  const std::string digits = std::to_string(100'000'000'000 + number);
  return prefix + "_00000000-0000-7000-8000-" + digits;
}

/// Documents, and the views that a search looks for before it shows them.
class Library {
 public:
  explicit Library(long documents)
      : documents_(documents), begin_(from_millis(1'720'000'000'000)) {}

  void fill(Core& core) {
    const std::int64_t position = core.store().last_position();
    std::vector<storage::SearchDocument> batch;
    for (long i = 0; i < documents_; ++i) {
      batch.push_back(document(i));
      if (batch.size() < 1000 && i + 1 < documents_) continue;
      core.search().put(batch, position);
      batch.clear();
    }
    add_views(core);
  }

  /// Words of one document, that stand beside each other in it.
  [[nodiscard]] const std::vector<std::string>& phrases() const { return phrases_; }
  [[nodiscard]] ZipfWords& words() { return words_; }

 private:
  storage::SearchDocument document(long number) {
    const Kind& kind = kinds.at(static_cast<std::size_t>(number) % kinds.size());
    storage::SearchDocument made;
    made.id = numbered(kind.prefix, number);
    made.kind = kind.name;
    made.title = words_.text(3 + words_.below(5));
    std::string text = words_.text(20 + words_.below(60));
    if (number % (documents_ / looks) == 0) phrases_.push_back(words_.text(3));
    if (number % (documents_ / looks) == 0) text += " " + phrases_.back();
    made.text = made.title + "\n" + text;
    made.status = kind.statuses.at(words_.below(3));
    made.pipeline = numbered("pipe", static_cast<long>(words_.below(pipelines)));
    made.at = begin_ + number * apart;
    return made;
  }

  void add_views(Core& core) const {
    std::vector<storage::ViewRow> known;
    core.store().each_view([&](const storage::ViewRow& row) { known.push_back(row); });
    const auto& slices = all_slices();
    std::size_t given = 0;
    long number = 0;
    core.runner().with_store([&](storage::Store& store) {
      store.replace_views([&]() -> std::optional<storage::ViewRow> {
        if (given < known.size()) return known[given++];
        if (number == documents_) return std::nullopt;
        const Kind& kind = kinds.at(static_cast<std::size_t>(number) % kinds.size());
        storage::ViewRow row;
        row.id = numbered(kind.prefix, number++);
        row.kind = kind.name;
        row.status = "old";
        row.version = 1;
        row.schema_version = engine::slice_of(slices, row.id)->view_version();
        row.doc = "{}";
        return row;
      });
    });
  }

  const long documents_;
  const Time begin_;
  ZipfWords words_{vocabulary, seed};
  std::vector<std::string> phrases_;
};

/// Events that the index has not read when the server starts.
void add_unread(Core& core) {
  std::vector<std::future<Result<engine::Reply>>> answers;
  for (long i = 0; i < unread_events; ++i) {
    task::Created created;
    created.kind = task::Type::manual_action;
    created.title = "Rotate the credentials of server " + std::to_string(i);
    engine::Call call;
    call.command = {core.ids().next(core.clock().now()).make("task"),
                    task::Command{task::Create{std::move(created)}}};
    answers.push_back(core.runner().submit(std::move(call)));
  }
  for (auto& answer : answers) {
    if (const auto reply = answer.get(); !reply) throw std::runtime_error(reply.error().detail);
  }
}

std::string in_address(std::string words) {
  for (std::size_t at = 0; (at = words.find(' ', at)) != std::string::npos;) {
    words.replace(at, 1, "%20");
  }
  return words;
}

nlohmann::json ask(HttpConnection& http, const std::string& question, double& milliseconds) {
  const auto from = Clock::now();
  const HttpReply reply = http.get("/v1/search?q=" + question);
  milliseconds = milliseconds_since(from);
  if (reply.status != 200) throw std::runtime_error(question + ": " + std::string(reply.body));
  return nlohmann::json::parse(reply.body);
}

/// How long the first page of many questions of one sort takes.
void measure(Report& report, HttpConnection& http, const std::string& name,
             const std::function<std::string(int)>& question) {
  std::vector<double> times;
  double incomplete = 0;
  for (int i = 0; i < looks; ++i) {
    double taken = 0;
    const nlohmann::json answer = ask(http, question(i), taken);
    times.push_back(taken);
    if (answer.at("complete") == false) incomplete += 1;
  }
  report.figure(name + ", p50", percentile(times, 0.5), "ms", "50");
  report.figure(name + ", p99", percentile(times, 0.99), "ms", "50");
  report.figure(name + ", not looked at to the end", incomplete * 100 / looks, "%");
}

void measure_all(Report& report, HttpConnection& http, Library& library) {
  ZipfWords& words = library.words();
  const auto rare = [&] { return words.word(20'000 + words.below(vocabulary - 20'000)); };
  const auto common = [&] { return words.word(words.below(30)); };
  measure(report, http, "a rare word", [&](int) { return rare(); });
  measure(report, http, "a common word", [&](int) { return common(); });
  measure(report, http, "two common words", [&](int) { return common() + "%20" + common(); });
  measure(report, http, "a common and a rare word", [&](int) { return common() + "%20" + rare(); });
  measure(report, http, "five words of middling frequency", [&](int) {
    std::string all;
    for (int i = 0; i < 5; ++i) all += (i == 0 ? "" : "%20") + words.word(100 + words.below(900));
    return all;
  });
  measure(report, http, "three words of one document", [&](int i) {
    return in_address(library.phrases().at(static_cast<std::size_t>(i) % library.phrases().size()));
  });
  for (const std::size_t letters : {1, 2, 3, 5}) {
    measure(report, http, "a beginning of " + std::to_string(letters) + " letters",
            [&](int) { return words.word(words.below(5000)).substr(0, letters); });
  }
  measure(report, http, "a common word and a beginning of 3 letters",
          [&](int) { return common() + "%20" + words.word(words.below(5000)).substr(0, 3); });
  measure(report, http, "a common word in one kind",
          [&](int) { return common() + "&entity_types=report"; });
  measure(report, http, "a common word in one of 1000 pipelines", [&](int) {
    return common() + "&pipeline_id=" + numbered("pipe", static_cast<long>(words.below(pipelines)));
  });
  measure(report, http, "a common word in a status",
          [&](int) { return common() + "&status=failed"; });
  measure(report, http, "a common word in a status that none has",
          [&](int) { return common() + "&status=cancelled"; });
  measure(report, http, "a common word of one week a year ago",
          [&](int) { return common() + "&since=2025-03-01&until=2025-03-08"; });
}

/// What the server says right after its start, while the index reads what it has missed.
void catch_up(Report& report, HttpConnection& http) {
  double taken = 0;
  const auto from = Clock::now();
  nlohmann::json answer = ask(http, "rotate", taken);
  report.figure("events behind, as the first answer says", answer.at("behind"), "");
  std::vector<double> times{taken};
  while (answer.at("behind") > 0) {
    answer = ask(http, "rotate", taken);
    times.push_back(taken);
  }
  report.figure("caught up after", milliseconds_since(from), "ms");
  report.figure("searches meanwhile, p50", percentile(times, 0.5), "ms", "50");
  report.figure("searches meanwhile, p99", percentile(times, 0.99), "ms", "50");
}

}  // namespace

void search(Report& report, const Scale& scale) {
  const long documents = scale.documents();
  report.heading("First pages of searches over " + std::to_string(documents) + " documents");
  const Folder folder;
  Library library(documents);
  {
    CoreOptions options;
    options.data = folder.path();
    Core core(std::move(options));
    const auto from = Clock::now();
    library.fill(core);
    report.figure("documents indexed per second",
                  static_cast<double>(documents) * 1000 / milliseconds_since(from), "1/s");
    add_unread(core);
  }
  const Server server(folder.path(), {"--rate-limit", "0"});
  HttpConnection http(server.url(), server.token());
  catch_up(report, http);
  measure_all(report, http, library);
  report.figure("memory of the server", server.resident_mib(), "MiB");
}

}  // namespace factory::bench
