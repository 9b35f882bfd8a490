#include "tests/storage/log_check.hpp"

#include "tests/storage/store_cases.hpp"
#include "tests/support/catch.hpp"

namespace factory::test {

namespace {

std::string own_stream(std::int64_t number) { return numbered("gate_", static_cast<int>(number)); }

}  // namespace

storage::Commit checked_commit(std::int64_t number) {
  const std::string stream = own_stream(number);
  storage::Commit commit = appending(stream, 0, 3);
  commit.appends.push_back(appending("shared", number - 1).appends[0]);
  auto row = view_row(stream, "gate", "open", {{"gate", "", 0, number}});
  row.version = 3;
  row.doc += std::string(700, ' ');
  commit.views.push_back(new_view(row));
  commit.timers.push_back({stream, "sla", from_millis(number)});
  commit.request =
      storage::RequestRecord{"p", stream, "f", 200, std::to_string(number), from_millis(number)};
  return commit;
}

std::int64_t whole_commits(storage::Store& store) {
  const std::int64_t commits = static_cast<std::int64_t>(store.load("shared").size());
  std::int64_t position = 0;
  storage::EventQuery query;
  query.limit = 1'000;
  while (true) {
    const auto page = store.read_events(query);
    for (const auto& record : page.events) {
      ++position;
      const std::int64_t number = (position - 1) / 4 + 1;
      const bool shared = position % 4 == 0;
      const std::string stream = shared ? "shared" : own_stream(number);
      const std::int64_t version = shared ? number : (position - 1) % 4 + 1;
      const bool fits = record.position == position && record.stream == stream &&
                        record.version == version && record.hash == sha256(record.body);
      if (!fits) FAIL("event " << record.position << " is not the one that was written");
    }
    if (!page.next) break;
    query.after = *page.next;
  }
  REQUIRE(position == 4 * commits);
  std::int64_t views = 0;
  store.each_view([&](const storage::ViewRow& row) {
    ++views;
    if (row.id != own_stream(views)) FAIL("view " << row.id << " is one too many");
  });
  CHECK(views == commits);
  const auto tags = store.count_tags("gate", commits + 1);
  CHECK((commits == 0 ? tags.empty() : tags.at(0).count == commits));
  CHECK(store.due_timers(from_millis(1'000'000'000), 1'000'000).size() ==
        static_cast<std::size_t>(commits));
  for (std::int64_t number = 1; number <= commits + 1; ++number) {
    const auto request = store.find_request("p", own_stream(number));
    if (request.has_value() != (number <= commits)) FAIL("request " << number << " is wrong");
  }
  return commits;
}

}  // namespace factory::test
