#include "slices/comment/comment.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/spec.hpp"

/// Comments: given events, when a command, then events.
namespace factory::test {
namespace {

using Story = Spec<comment::Definition>;
using Names = std::vector<std::string>;
using nlohmann::json;

const std::vector<Principal> everybody{person("ada"), person("bob"), person("erin", Role::admin),
                                       agent("goose")};

comment::Post post(std::string text) {
  return {{comment::SubjectType::task, "task_1", "Review weather", "pipe_1", "gate_1"},
          std::move(text)};
}

Story posted(const std::string& text = "Hello @bob") {
  Story story(everybody);
  story.as(person("ada")).when(post(text));
  return story;
}

TEST_CASE("a comment keeps who said what about what, and whom it mentions") {
  Story story(everybody);
  const auto outcome = story.as(agent("goose")).when(post("Done. @ADA @nobody, look"));
  REQUIRE(outcome.brief() == "comment.posted");
  const auto& event = outcome.first<comment::Posted>();
  CHECK(event.mentions == Names{"ada"});
  CHECK(event.unknown_mentions == Names{"nobody"});
  CHECK(event.by == "goose");
  CHECK(event.by_agent);
  CHECK(event.channel == "mcp");
  const Shown view = story.view();
  CHECK(view.status == "posted");
  CHECK(view.doc.at("entity_type") == "task");
  CHECK(view.doc.at("entity_id") == "task_1");
  CHECK(view.doc.at("created_by_type") == "agent");
  CHECK_FALSE(view.doc.contains("decision"));
  CHECK_FALSE(view.doc.contains("edited_at"));
  CHECK(view.text == "Comment by goose on Review weather\nDone. @ADA @nobody, look");
  Names subjects;
  for (const IndexEntry& entry : view.index) {
    if (entry.key == comment::subject_tag) subjects.push_back(entry.value);
  }
  CHECK(subjects == Names{"task_1", "gate_1"});
}

TEST_CASE("a text must say something and be short") {
  Story story(everybody);
  story.as(person("ada"));
  CHECK(story.ask(post(" \n\t")).brief() == "refused: invalid_request");
  CHECK(story.ask(post(std::string(comment::longest_text, 'x'))).brief() == "comment.posted");
  CHECK(story.ask(post(std::string(comment::longest_text + 1, 'x'))).brief() ==
        "refused: invalid_request");
}

TEST_CASE("only its author changes a comment, and who was mentioned before is not told again") {
  Story story = posted();
  CHECK(story.as(person("bob")).ask(comment::Edit{"Mine"}).brief() == "refused: forbidden");
  CHECK(story.as(person("erin", Role::admin)).ask(comment::Edit{"Mine"}).brief() ==
        "refused: forbidden");
  story.as(person("ada"));
  CHECK(story.when(comment::Edit{"Hello @bob"}).brief() == "nothing");
  CHECK(story.ask(comment::Edit{""}).brief() == "refused: invalid_request");
  story.at(minute(5));
  const auto changed = story.when(comment::Edit{"Hello @bob and @goose"});
  REQUIRE(changed.brief() == "comment.edited");
  CHECK(changed.first<comment::Edited>().newly_mentioned == Names{"goose"});
  CHECK(story.when(comment::Edit{"Nobody"}).first<comment::Edited>().newly_mentioned.empty());
  const auto again = story.when(comment::Edit{"@bob @erin"});
  CHECK(again.first<comment::Edited>().newly_mentioned == Names{"erin"});
  const json doc = story.view().doc;
  CHECK(doc.at("text") == "@bob @erin");
  CHECK(doc.at("mentions") == json{"bob", "erin"});
  CHECK(doc.at("edits") == 3);
  CHECK(doc.at("edited_at") == format_time(minute(5)));
}

TEST_CASE("a comment cannot be changed without end") {
  Story story = posted();
  for (int i = 0; i < comment::most_edits; ++i) {
    REQUIRE(story.when(comment::Edit{"Text " + std::to_string(i)}).brief() == "comment.edited");
  }
  CHECK(story.when(comment::Edit{"Once more"}).brief() == "refused: conflict");
}

TEST_CASE("its author or an admin deletes a comment, and its place stays") {
  Story story = posted("A secret that slipped out, @bob");
  CHECK(story.as(person("bob")).ask(comment::Delete{}).brief() == "refused: forbidden");
  CHECK(story.as(person("ada")).ask(comment::Delete{}).brief() == "comment.deleted");
  CHECK(story.as(person("erin", Role::admin)).when(comment::Delete{}).brief() == "comment.deleted");
  const Shown view = story.view();
  CHECK(view.status == "deleted");
  CHECK(view.doc.at("text") == "");
  CHECK(view.doc.at("mentions").empty());
  CHECK(view.doc.at("created_by") == "ada");
  CHECK(view.doc.at("deleted_by") == "erin");
  CHECK(view.text.empty());
  CHECK_FALSE(view.index.empty());
  CHECK(story.when(comment::Delete{}).brief() == "nothing");
  CHECK(story.as(person("ada")).when(comment::Edit{"Back"}).brief() == "refused: conflict");
  CHECK(story.when(post("Again")).brief() == "refused: conflict");
}

TEST_CASE("what is not there is neither changed nor deleted") {
  Story story(everybody);
  story.as(person("ada"));
  CHECK(story.when(comment::Edit{"?"}).brief() == "refused: not_found");
  CHECK(story.when(comment::Delete{}).brief() == "refused: not_found");
  story.when(post("One"));
  CHECK(story.when(post("Two")).brief() == "refused: conflict");
}

}  // namespace
}  // namespace factory::test
