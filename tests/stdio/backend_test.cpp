#include "mcp-stdio/backend.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"

namespace factory::test {
namespace {

using mcp::BackendLocator;
using mcp::BackendSettings;

/// A data folder as a running server leaves it.
struct DataFolder {
  DataFolder() {
    say("http://127.0.0.1:4711/", ::getpid());
    key("mcp.key", "local-key\n", 0600);
  }
  void say(const std::string& url, long pid) const {
    folder.write("server.json", nlohmann::json{{"url", url}, {"pid", pid}}.dump());
  }
  void key(const std::string& name, const std::string& text, mode_t mode) const {
    ::chmod(folder.write(name, text).c_str(), mode);
  }
  [[nodiscard]] BackendSettings settings() const {
    BackendSettings settings;
    settings.data_folder = folder.path();
    return settings;
  }
  TempDir folder;
};

TEST_CASE("the local server and its key are found in the data folder", "[backend]") {
  const DataFolder data;
  const auto endpoint = BackendLocator(data.settings()).find();
  REQUIRE(endpoint.ok());
  CHECK(endpoint->url == "http://127.0.0.1:4711");
  CHECK(endpoint->token == "local-key");
}

TEST_CASE("a server that is gone, or a file that says nothing, is no server", "[backend]") {
  const DataFolder data;
  const BackendLocator locator(data.settings());
  data.say("http://127.0.0.1:4711", 0x3fffffff);
  CHECK_FALSE(locator.local_url().has_value());
  CHECK(locator.find().error().code == ErrorCode::unavailable);
  for (const std::string url : {"file:///etc/passwd", "http://", "http:///x", "http://a b",
                                "http://a?x=1", "javascript:1", ""}) {
    INFO(url);
    data.say(url, ::getpid());
    CHECK_FALSE(locator.local_url().has_value());
  }
  for (const std::string text : {"", "{", "[]", "{}", "{\"url\":5}"}) {
    data.folder.write("server.json", text);
    CHECK_FALSE(locator.local_url().has_value());
  }
}

TEST_CASE("a key that others can read is not used, and the answer says how to mend it",
          "[backend]") {
  const DataFolder data;
  const BackendLocator locator(data.settings());
  for (const mode_t mode : {0644U, 0640U, 0604U, 0660U}) {
    data.key("mcp.key", "local-key", mode);
    const auto endpoint = locator.find();
    REQUIRE_FALSE(endpoint.ok());
    CHECK(endpoint.error().code == ErrorCode::unauthenticated);
    CHECK_THAT(endpoint.error().hint, contains("chmod 600"));
    CHECK(endpoint.error().detail.find("local-key") == std::string::npos);
  }
  for (const std::string text : {"", "\n", "two words", "line\nline", "caf\u00e9"}) {
    data.key("mcp.key", text, 0600);
    CHECK_FALSE(locator.find().ok());
  }
  std::filesystem::remove(data.folder / "mcp.key");
  CHECK_THAT(locator.find().error().hint, contains("factory-api serve"));
}

TEST_CASE("the local key never goes to another server", "[backend]") {
  const DataFolder data;
  BackendSettings settings = data.settings();
  settings.url = "https://factory.example.com";
  const auto endpoint = BackendLocator(settings).find();
  REQUIRE_FALSE(endpoint.ok());
  CHECK_THAT(endpoint.error().hint, contains("FACTORY_TOKEN_FILE"));
  settings.url = "http://127.0.0.1:4711";
  CHECK(BackendLocator(settings).find()->token == "local-key");
}

TEST_CASE("the key itself comes before its file, and both before the local one", "[backend]") {
  const DataFolder data;
  data.key("other.key", "  file-key \n", 0600);
  BackendSettings settings = data.settings();
  settings.token_file = (data.folder / "other.key").string();
  CHECK(BackendLocator(settings).find()->token == "file-key");
  settings.token = "given-key";
  CHECK(BackendLocator(settings).find()->token == "given-key");
}

}  // namespace
}  // namespace factory::test
