#include <csignal>
#include <filesystem>
#include <fstream>

#include "tests/e2e/program.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"

/// Users and keys from the command line, with the real program.
namespace factory::test {
namespace {

using nlohmann::json;

constexpr const char* phrase = "correct horse battery staple";

class Folder {
 public:
  [[nodiscard]] std::string data() const { return (folder_ / "data").string(); }

  json run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--data", data()});
    const Ran ran = run_program(arguments);
    INFO(ran.err);
    REQUIRE(ran.code == 0);
    return json::parse(ran.out);
  }

  /// A file with a password that nobody else may read.
  [[nodiscard]] std::string password_file(const std::string& password = phrase) const {
    const auto file = folder_.write("password", password + "\n");
    std::filesystem::permissions(
        file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    return file.string();
  }

 private:
  TempDir folder_;
};

std::vector<std::string> serve(const Folder& folder) {
  return {"serve", "--listen", "127.0.0.1:0", "--data", folder.data()};
}

int login(const std::string& url, const std::string& password) {
  return Api(url, "").post("/v1/auth/login", {{"user", "ada"}, {"password", password}}).status;
}

}  // namespace

TEST_CASE("user create and set-password: through the server while it runs, else by themselves",
          "[rest]") {
  const Folder folder;
  const std::vector<std::string> create{"user",
                                        "create",
                                        "--name",
                                        "ada",
                                        "--role",
                                        "operator",
                                        "--display-name",
                                        "Ada L.",
                                        "--password-file",
                                        folder.password_file()};
  const json alone = folder.run(create);
  CHECK(alone["display_name"] == "Ada L.");
  CHECK(alone["has_password"] == true);
  Program server(serve(folder));
  const std::string url = server.ready_url();
  CHECK(login(url, phrase) == 200);
  const std::string second = "another long phrase of mine";
  folder.run(
      {"user", "set-password", "--name", "ada", "--password-file", folder.password_file(second)});
  CHECK(login(url, phrase) == 401);
  CHECK(login(url, second) == 200);
  folder.run({"user", "create", "--name", "bob", "--role", "viewer"});
  CHECK(folder.run({"user", "list"})["users"].size() == 2);
  server.signal(SIGTERM);
  REQUIRE(server.wait() == 0);
  CHECK(folder.run({"user", "list"})["users"].size() == 2);
}

TEST_CASE("user create: a password that others can read is not taken", "[rest]") {
  const Folder folder;
  const std::string file = folder.password_file();
  std::filesystem::permissions(file, std::filesystem::perms::others_read,
                               std::filesystem::perm_options::add);
  const Ran ran = run_program({"user", "create", "--name", "ada", "--role", "viewer",
                               "--password-file", file, "--data", folder.data()});
  CHECK(ran.code == 1);
  CHECK(ran.err.find("chmod") != std::string::npos);
}

TEST_CASE("key rotate: the new secret opens at once, the old one as long as it overlaps",
          "[rest]") {
  const Folder folder;
  const json made = folder.run(
      {"key", "create", "--name", "ci", "--role", "viewer", "--scope", "pipelines:read"});
  CHECK(made["scopes"] == json{"pipelines:read"});
  const std::string id = made["id"];
  const json alone = folder.run({"key", "rotate", id});
  CHECK(alone["token"] != made["token"]);
  Program server(serve(folder));
  const std::string url = server.ready_url();
  CHECK(Api(url, made["token"]).get("/v1/whoami").status == 200);
  CHECK(Api(url, alone["token"]).get("/v1/whoami").json()["scopes"] == json{"pipelines:read"});
  const json served = folder.run({"key", "rotate", id, "--overlap-minutes", "0"});
  CHECK(Api(url, made["token"]).get("/v1/whoami").status == 401);
  CHECK(Api(url, alone["token"]).get("/v1/whoami").status == 401);
  CHECK(Api(url, served["token"]).get("/v1/whoami").status == 200);
  CHECK(folder.run({"key", "rotate-signing"}).contains("kid"));
  CHECK(Api(url, "").get("/.well-known/jwks.json").json()["keys"].size() == 2);
}

TEST_CASE("serve: without its secret it does not start, and says what is missing", "[rest]") {
  const Folder folder;
  folder.run({"key", "list"});
  std::filesystem::remove(folder.data() + "/key.pepper");
  const Ran ran = run_program(serve(folder));
  CHECK(ran.code == 1);
  CHECK(ran.err.find("key.pepper is missing") != std::string::npos);
}

}  // namespace factory::test
