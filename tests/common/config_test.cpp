#include "common/config.hpp"

#include <sys/stat.h>
#include <cstdlib>

#include <array>
#include <stdexcept>

#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"

using namespace factory;

namespace {

constexpr std::array kTable{
    Setting{"listen", "FACTORY_LISTEN", "127.0.0.1:8080", "Where to listen"},
    Setting{"threads", "FACTORY_THREADS", "8", "How many", SettingKind::number, 1, 64},
    Setting{"read-only", "FACTORY_READ_ONLY", "false", "No changes", SettingKind::yes_no},
    Setting{"token", "FACTORY_TOKEN", "", "The key", SettingKind::text, 0, 0, true},
    Setting{"hidden", "", "x", "Not in the environment"},
};

Settings load(const SettingsInput& input) { return load_settings(kTable, input); }

std::string text_of(const std::vector<FieldError>& errors) {
  std::string text;
  for (const FieldError& error : errors) {
    text += (text.empty() ? "" : "\n") + error.pointer + ": " + error.detail;
  }
  return text;
}

}  // namespace

TEST_CASE("without anything the defaults hold") {
  const Settings settings = load({});
  CHECK(settings.errors.empty());
  CHECK(settings.text("listen") == "127.0.0.1:8080");
  CHECK(settings.number("threads") == 8);
  CHECK_FALSE(settings.yes_no("read-only"));
  CHECK(settings.source("listen") == SettingSource::fallback);
  CHECK_FALSE(settings.given("listen"));
}

TEST_CASE("flags go before the environment, and that before the file") {
  const test::TempDir dir;
  SettingsInput input;
  input.file = dir.write("c.json", R"({"listen":"file","threads":2,"read-only":true})");
  CHECK(load(input).text("listen") == "file");
  CHECK(load(input).number("threads") == 2);
  CHECK(load(input).yes_no("read-only"));
  CHECK(load(input).source("listen") == SettingSource::file);
  input.environment = {{"FACTORY_LISTEN", "env"}, {"FACTORY_THREADS", ""}, {"PATH", "/bin"}};
  CHECK(load(input).text("listen") == "env");
  CHECK(load(input).source("listen") == SettingSource::environment);
  CHECK(load(input).number("threads") == 2);  // an empty variable sets nothing
  input.flags = {{"listen", "flag"}};
  CHECK(load(input).text("listen") == "flag");
  CHECK(load(input).source("listen") == SettingSource::flag);
  CHECK(load(input).given("listen"));
  CHECK(load(input).errors.empty());
  CHECK(load(input).warnings.empty());
}

TEST_CASE("unknown keys and flags are errors that name the nearest known one") {
  const test::TempDir dir;
  SettingsInput input;
  input.file = dir.write("c.json", R"({"lsten":"x","colour":"red"})");
  input.flags = {{"thread", "3"}};
  CHECK(text_of(load(input).errors) ==
        "file/colour: is unknown; known are listen, threads, read-only, token, hidden\n"
        "file/lsten: is unknown; did you mean \"listen\"?\n"
        "flag/thread: is unknown; did you mean \"threads\"?");
}

TEST_CASE("values of the wrong kind are errors that do not repeat them") {
  struct Row {
    const char* variable;
    const char* value;
    const char* error;
  };
  const Row row =
      GENERATE(Row{"FACTORY_THREADS", "many", "env/FACTORY_THREADS: expected a whole number"},
               Row{"FACTORY_THREADS", "3.5", "env/FACTORY_THREADS: expected a whole number"},
               Row{"FACTORY_THREADS", "0", "env/FACTORY_THREADS: must be at least 1"},
               Row{"FACTORY_THREADS", "65", "env/FACTORY_THREADS: must be at most 64"},
               Row{"FACTORY_READ_ONLY", "maybe", "env/FACTORY_READ_ONLY: expected true or false"});
  CHECK(text_of(load({{}, {{row.variable, row.value}}, {}}).errors) == row.error);
}

TEST_CASE("yes and no have their usual spellings") {
  const std::string yes = GENERATE("true", "1", "yes", "on");
  CHECK(load({{{"read-only", yes}}, {}, {}}).yes_no("read-only"));
  const std::string no = GENERATE("false", "0", "no", "off");
  CHECK_FALSE(load({{{"read-only", no}}, {}, {}}).yes_no("read-only"));
}

TEST_CASE("a slip in a variable's name is a warning, a foreign one is none") {
  const Settings settings = load({{}, {{"FACTORY_LISTN", "x"}, {"FACTORY_DATABASE_URL", "y"}}, {}});
  CHECK(settings.errors.empty());
  CHECK(text_of(settings.warnings) ==
        "env/FACTORY_LISTN: is unknown; did you mean \"FACTORY_LISTEN\"?");
}

TEST_CASE("a secret comes from the environment or a private file, never from the command line") {
  const test::TempDir dir;
  const auto file = dir.write("c.json", R"({"token":"s3cret"})");
  ::chmod(file.c_str(), 0644);
  const Settings open = load({{}, {}, file});
  REQUIRE(open.errors.size() == 1);
  CHECK(open.errors[0].pointer == "file/token");
  CHECK_THAT(open.errors[0].detail, test::contains("chmod 600"));
  CHECK(open.text("token").empty());
  ::chmod(file.c_str(), 0600);
  CHECK(load({{}, {}, file}).text("token") == "s3cret");
  CHECK(load({{}, {{"FACTORY_TOKEN", "t"}}, {}}).text("token") == "t");
  const Settings flag = load({{{"token", "s3cret"}}, {}, {}});
  REQUIRE(flag.errors.size() == 1);
  CHECK_THAT(flag.errors[0].detail, test::contains("set FACTORY_TOKEN"));
  CHECK(flag.errors[0].detail.find("s3cret") == std::string::npos);
}

TEST_CASE("a file that cannot be used is an error") {
  const test::TempDir dir;
  struct Row {
    const char* content;
    const char* error;
  };
  const Row row =
      GENERATE(Row{"{\"listen\":", "line 1, column 10"}, Row{"[]", "expected a JSON object"},
               Row{R"({"listen":null})", "expected a string, a whole number, true or false"},
               Row{R"({"threads":1.5})", "expected a string, a whole number, true or false"},
               Row{R"({"threads":"x"})", "expected a whole number"});
  const Settings settings = load({{}, {}, dir.write("c.json", row.content)});
  REQUIRE(settings.errors.size() == 1);
  CHECK_THAT(text_of(settings.errors), test::contains(row.error));
  CHECK_THAT(text_of(load({{}, {}, dir / "gone.json"}).errors),
             test::contains("No such file or directory"));
}

TEST_CASE("a name that the table does not have is a fault of the program") {
  const Settings settings = load({});
  CHECK_THROWS_AS(settings.text("lisen"), std::logic_error);
  CHECK_THROWS_AS(settings.number("listen"), std::logic_error);
  CHECK_THROWS_AS(settings.yes_no("listen"), std::logic_error);
}

TEST_CASE("the environment gives our variables alone") {
  ::setenv("FACTORY_TEST_VALUE", "a=b", 1);
  const auto variables = factory_environment();
  ::unsetenv("FACTORY_TEST_VALUE");
  CHECK(variables.at("FACTORY_TEST_VALUE") == "a=b");
  CHECK(variables.count("PATH") == 0);
}
