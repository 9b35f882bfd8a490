#include <algorithm>
#include <atomic>
#include <barrier>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <set>
#include <thread>

#include "tests/e2e/program.hpp"
#include "tests/e2e/receiver.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"

/// The API and the command line as users have them: the real program, real HTTP, a folder.
namespace factory::test {
namespace {

using nlohmann::json;
using std::chrono::steady_clock;

/// A server on a folder of its own that goes with it.
class Site {
 public:
  explicit Site(const Environment& environment = {}) {
    put_one_gate_template(data());
    program_ = std::make_unique<Program>(
        std::vector<std::string>{"serve", "--listen", "127.0.0.1:0", "--data", data()},
        environment);
    url_ = program_->ready_url();
    owner_ = std::make_unique<Api>(url_, token_in(data()));
  }

  [[nodiscard]] std::string data() const { return (folder_ / "data").string(); }
  [[nodiscard]] std::string file(const std::string& name) const { return folder_ / name; }
  [[nodiscard]] const std::string& url() const { return url_; }
  Api& owner() { return *owner_; }
  Program& program() { return *program_; }

  Ran run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--data", data()});
    return run_program(arguments);
  }
  std::string token_of_new(const std::string& name) {
    const Answer made = owner_->post("/v1/keys", {{"name", name}, {"role", "operator"}});
    REQUIRE(made.status == 201);
    return made.json().at("token");
  }
  json create(const std::string& name) {
    const Answer made = owner_->post("/v1/pipelines", {{"name", name}, {"template", "one-gate"}});
    REQUIRE(made.status == 201);
    return made.json();
  }
  /// The approval that a new pipeline waits for.
  std::string waiting_approval() {
    const std::string path = "/v1/pipelines/" + create("waits")["id"].get<std::string>();
    const Answer done =
        owner_->post(path + "/stages/building/complete", {{"outcome", "succeeded"}});
    REQUIRE(done.status == 200);
    return done.json()["waiting_for"]["approval_id"];
  }
  void stop() {
    program_->signal(SIGTERM);
    REQUIRE(program_->wait() == 0);
  }

 private:
  TempDir folder_;
  std::unique_ptr<Program> program_;
  std::string url_;
  std::unique_ptr<Api> owner_;
};

std::string text_of(const std::string& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST_CASE("rest: of 32 who approve at once one decides, and 31 learn who did", "[rest]") {
  constexpr int many = 32;
  Site site;
  const std::string approval = site.waiting_approval();
  std::vector<std::string> tokens;
  for (int i = 0; i < many; ++i) tokens.push_back(site.token_of_new("person" + std::to_string(i)));
  std::vector<Answer> answers(many);
  {
    std::barrier all_at_once(many);
    std::vector<std::jthread> clients;
    for (std::size_t i = 0; i < many; ++i) {
      clients.emplace_back([&, i] {
        Api api(site.url(), tokens[i]);
        static_cast<void>(api.get("/v1/whoami"));  // the connection stands
        all_at_once.arrive_and_wait();
        answers[i] = api.post("/v1/approvals/" + approval + "/approve");
      });
    }
  }
  const json decided = site.owner().get("/v1/approvals/" + approval).json();
  CHECK(decided["status"] == "approved");
  CHECK(decided["votes"].size() == 1);
  int ok = 0;
  int told = 0;
  for (std::size_t i = 0; i < many; ++i) {
    INFO(answers[i].status << " " << answers[i].body);
    const json body = answers[i].json();
    if (answers[i].status == 200) {
      ++ok;
      CHECK(decided["decided_by"] == "person" + std::to_string(i));
    } else {
      CHECK(answers[i].status == 409);
      CHECK(body["code"] == "already_decided");
      CHECK(body["decided_by"] == decided["decided_by"]);
      ++told;
    }
  }
  CHECK(ok == 1);
  CHECK(told == many - 1);
}

TEST_CASE("rest: one Idempotency-Key, one effect, one answer", "[rest]") {
  Site site;
  const json body{{"name", "only-one"}, {"template", "one-gate"}};
  const Answer first = site.owner().post("/v1/pipelines", body, "key-1");
  const Answer again = site.owner().post("/v1/pipelines", body, "key-1");
  CHECK(first.status == 201);
  CHECK(again.status == 201);
  CHECK(again.body == first.body);
  CHECK(first.header("idempotency-replayed").empty());
  CHECK(again.header("idempotency-replayed") == "true");
  CHECK(site.owner().get("/v1/pipelines").json()["pipelines"].size() == 1);
  const Answer other =
      site.owner().post("/v1/pipelines", {{"name", "another"}, {"template", "one-gate"}}, "key-1");
  CHECK(other.status == 422);
  CHECK_THAT(other.body, contains("Idempotency-Key"));
  CHECK(site.owner().get("/v1/pipelines").json()["pipelines"].size() == 1);
}

TEST_CASE("rest: a stale If-Match changes nothing", "[rest]") {
  Site site;
  const std::string path = "/v1/pipelines/" + site.create("versions")["id"].get<std::string>();
  const std::string etag = site.owner().get(path).header("etag");
  REQUIRE(!etag.empty());
  const auto patch = [&](const char* priority) {
    return site.owner().send("PATCH", path, json{{"priority", priority}}.dump(),
                             {{"If-Match", etag}});
  };
  CHECK(patch("high").status == 200);
  const Answer stale = patch("low");
  CHECK(stale.status == 412);
  CHECK(stale.json()["code"] == "precondition_failed");
  CHECK(site.owner().get(path).json()["priority"] == "high");
}

TEST_CASE("serve: SIGTERM ends it well, whoever keeps a connection open", "[rest]") {
  Site site;
  std::vector<std::unique_ptr<Api>> idle;
  for (int i = 0; i < 8; ++i) {
    idle.push_back(std::make_unique<Api>(site.url(), token_in(site.data())));
    REQUIRE(idle.back()->get("/v1/whoami").status == 200);
  }
  const auto asked = steady_clock::now();
  site.program().signal(SIGTERM);
  CHECK(site.program().wait() == 0);
  CHECK(steady_clock::now() - asked < std::chrono::seconds(2));
  CHECK_FALSE(std::filesystem::exists(site.data() + "/server.json"));
}

TEST_CASE("serve: a folder and a port have one server", "[rest]") {
  Site site;
  const Ran same_folder = site.run({"serve", "--listen", "127.0.0.1:0"});
  CHECK(same_folder.code == 1);
  CHECK(same_folder.out.empty());
  CHECK_THAT(same_folder.err, contains("in use"));
  CHECK_THAT(same_folder.err, contains(site.data()));
  const std::string address = site.url().substr(std::string("http://").size());
  const Ran same_port = run_program({"serve", "--listen", address, "--data", site.file("another")});
  CHECK(same_port.code == 1);
  CHECK(same_port.out.empty());
  CHECK_THAT(same_port.err, contains(address));
  CHECK(site.owner().get("/healthz").status == 200);
}

TEST_CASE("key create: through the server while it runs, else by itself", "[rest]") {
  Site site;
  const auto create = [&](const std::string& name) {
    const Ran ran = site.run({"key", "create", "--name", name, "--role", "viewer"});
    INFO(ran.err);
    REQUIRE(ran.code == 0);
    return json::parse(ran.out).at("token").get<std::string>();
  };
  const std::string served = create("vera");
  CHECK(Api(site.url(), served).get("/v1/whoami").json()["id"] == "vera");
  site.stop();
  const std::string alone = create("walter");
  Program again({"serve", "--listen", "127.0.0.1:0", "--data", site.data()});
  const std::string url = again.ready_url();
  for (const auto& [token, name] : {std::pair{served, "vera"}, std::pair{alone, "walter"}}) {
    CHECK(Api(url, token).get("/v1/whoami").json()["id"] == name);
  }
  CHECK(Api(url, "af_nobody").get("/v1/whoami").status == 401);
}

TEST_CASE("backup: the copy of a store that is being written is whole", "[rest]") {
  Site site;
  const std::string copy = site.file("copy");
  std::filesystem::create_directory(copy);
  std::filesystem::permissions(copy, std::filesystem::perms::owner_all);
  const std::string before = site.create("before")["id"];
  std::atomic<bool> enough = false;
  Ran ran;
  {
    std::jthread writes([&] {
      Api api(site.url(), token_in(site.data()));
      while (!enough) api.post("/v1/pipelines", {{"name", "during"}, {"template", "one-gate"}});
    });
    ran = site.run({"backup", copy + "/factory.db"});
    enough = true;
  }
  INFO(ran.err);
  REQUIRE(ran.code == 0);
  CHECK(site.run({"backup", copy + "/factory.db"}).code != 0);  // nothing is written over
  for (const char* secret : {"/seal.key", "/key.pepper"}) {
    std::filesystem::copy_file(site.data() + secret, copy + secret);
  }
  CHECK(run_program({"audit", "verify", "--data", copy}).code == 0);
  CHECK(run_program({"rebuild", "--check", "--data", copy}).code == 0);
  Program restored({"serve", "--listen", "127.0.0.1:0", "--data", copy});
  Api api(restored.ready_url(), token_in(site.data()));
  CHECK(api.get("/v1/pipelines/" + before).json()["name"] == "before");
}

TEST_CASE("audit: what is exported verifies, and does not when it was changed", "[rest]") {
  Site site;
  site.create("the-one-name");
  const std::string file = site.file("trail.jsonl");
  REQUIRE(site.run({"audit", "export", "--file", file}).code == 0);
  const Ran sound = run_program({"audit", "verify", "--file", file});
  CHECK(sound.code == 0);
  CHECK(json::parse(sound.out)["sound"] == true);
  std::string text = text_of(file);
  const std::size_t at = text.find("the-one-name");
  REQUIRE(at != std::string::npos);
  text.replace(at, 7, "another");
  std::ofstream(file, std::ios::trunc) << text;
  const Ran changed = run_program({"audit", "verify", "--file", file});
  CHECK(changed.code == 1);
  CHECK_FALSE(json::parse(changed.out)["problems"].empty());
  CHECK(site.run({"audit", "verify"}).code == 0);
}

TEST_CASE("command line: what is unknown is refused with the nearest that is known", "[rest]") {
  const Ran option = run_program({"serve", "--lisen", "127.0.0.1:0"});
  CHECK(option.code == 2);
  CHECK_THAT(option.err, contains("--listen"));
  const Ran command = run_program({"audit", "verfy"});
  CHECK(command.code == 2);
  CHECK_THAT(command.err, contains("verify"));
  const TempDir folder;
  const auto file = folder.write("config.json", R"({"lisen":"127.0.0.1:0"})");
  const Ran setting = run_program({"serve", "--config", file, "--data", folder.string()});
  CHECK(setting.code == 2);
  CHECK_THAT(setting.err, contains("listen"));
}

TEST_CASE("announcements: told to the receiver, again after a failure", "[rest]") {
  constexpr int failures = 2;
  Receiver receiver(failures);
  Site site({{"FACTORY_ANNOUNCE_URL", receiver.url()}});
  const std::string approval = site.waiting_approval();
  const auto told = [](const Receiver::Bodies& bodies, const std::string& type) {
    return std::any_of(bodies.begin(), bodies.end(),
                       [&](const json& body) { return body["type"] == type; });
  };
  Receiver::Bodies bodies = receiver.wait_until([&](const Receiver::Bodies& now) {
    std::set<std::string> ids;
    for (const json& body : now) ids.insert(body["id"].get<std::string>());
    return now.size() >= ids.size() + failures && told(now, "task.created") &&
           told(now, "approval.pending");
  });
  REQUIRE(site.owner().post("/v1/approvals/" + approval + "/approve").status == 200);
  bodies = receiver.wait_until(
      [&](const Receiver::Bodies& now) { return told(now, "approval.approved"); });
  for (const json& body : bodies) {
    if (body["type"] == "approval.approved") CHECK(body["data"]["id"] == approval);
  }
}

}  // namespace
}  // namespace factory::test
