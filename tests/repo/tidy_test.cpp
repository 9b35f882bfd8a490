#include <algorithm>

#include "tests/repo/rules.hpp"
#include "tests/support/catch.hpp"

namespace factory::test {
namespace {

Findings over_the_tree(Findings (*rule)(const SourceFile&)) {
  Findings all;
  for (const auto& file : source_tree()) {
    const auto found = rule(file);
    all.insert(all.end(), found.begin(), found.end());
  }
  return all;
}

void require_clean(Findings (*rule)(const SourceFile&)) {
  const Findings findings = over_the_tree(rule);
  INFO(listed(findings));
  CHECK(findings.empty());
}

std::string repeated(const std::string& text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

std::size_t found(Findings (*rule)(const SourceFile&), const std::string& path,
                  const std::string& text) {
  const Findings findings = rule({path, text});
  UNSCOPED_INFO(listed(findings));
  return findings.size();
}

}  // namespace

TEST_CASE("the tree that is looked at is this one") {
  const auto files = source_tree();
  const auto has = [&](std::string_view path) {
    return std::any_of(files.begin(), files.end(),
                       [&](const SourceFile& file) { return file.path == path; });
  };
  CHECK(has("CMakeLists.txt"));
  CHECK(has("dev"));
  CHECK(has("common/result.hpp"));
  CHECK(has("tests/repo/tidy_test.cpp"));
}

TEST_CASE("files and functions are small") { require_clean(check_sizes); }
TEST_CASE("includes point in the allowed directions") { require_clean(check_includes); }
TEST_CASE("banned calls and unfinished marks do not occur") { require_clean(check_calls); }
TEST_CASE("no file names a machine or a registry") { require_clean(check_portable); }

TEST_CASE("a long file is found") {
  CHECK(found(check_sizes, "common/a.cpp", repeated("int x;\n", 400)) == 0);
  CHECK(found(check_sizes, "common/a.cpp", repeated("int x;\n", 401)) == 1);
  CHECK(found(check_sizes, "dev", repeated("true\n", 401)) == 1);
  CHECK(found(check_sizes, "README.md", repeated("a line\n", 401)) == 0);
}

TEST_CASE("a long function is found, however it is written") {
  const std::string body = repeated("  f();\n", 69);
  for (const std::string head :
       {"void f() {\n", "template <class T>\nT f(T x = {}) {\n", "TEST_CASE(\"{ }\") {\n",
        "class A {\n public:\n  A() : a_{1}, b_(2) {\n", "namespace a {\nauto f() -> int {\n",
        "#define X {\nint A::f(int a) const noexcept {\n", "auto f = [](int) {\n"}) {
    INFO(head);
    CHECK(found(check_sizes, "common/a.cpp", head + body + "}\n") == 1);
    CHECK(found(check_sizes, "common/a.cpp", head + "}\n" + body) == 0);
  }
  CHECK(found(check_sizes, "common/a.cpp", "void f() {\n" + repeated("  f();\n", 68) + "}\n") == 0);
  CHECK(found(check_sizes, "common/a.cpp", "struct A {\n" + repeated("  int a;\n", 99) + "};\n") ==
        0);
}

TEST_CASE("a long function is found in scripts") {
  const std::string body = repeated("  f();\n", 69);
  for (const std::string head : {"function f({ a, b } = {}) {\n", "test('}', async (t) => {\n",
                                 "const f = () => {\n", "class A {\n  run(a) {\n"}) {
    INFO(head);
    CHECK(found(check_sizes, "tests/e2e/a.mjs", head + body + "}\n") == 1);
    CHECK(found(check_sizes, "tests/e2e/a.mjs", head + "  x = /[/}]{/;\n}\n") == 0);
  }
  CHECK(found(check_sizes, "dev", "run() {\n" + body + "}\n") == 1);
  CHECK(found(check_sizes, "dev", "run() {\n}\n" + body) == 0);
}

TEST_CASE("includes against the grain are found") {
  const std::string gate = "api-server/slices/gate/";
  const auto including = [](const std::string& path, const std::string& target) {
    const bool angled = target.front() == '<';
    return found(check_includes, path,
                 "#include " + (angled ? target : "\"" + target + "\"") + "\n");
  };
  CHECK(including(gate + "decide.cpp", "slices/gate/gate.hpp") == 0);
  CHECK(including(gate + "decide.cpp", "common/result.hpp") == 0);
  CHECK(including(gate + "decide.cpp", "domain/decision.hpp") == 0);
  CHECK(including(gate + "decide.cpp", "slices/task/task.hpp") == 1);
  CHECK(including(gate + "decide.cpp", "storage/store.hpp") == 1);
  CHECK(including(gate + "decide.cpp", "engine/runner.hpp") == 1);
  CHECK(including(gate + "decide.cpp", "common/log.hpp") == 1);
  CHECK(including(gate + "evolve.cpp", "<nlohmann/json.hpp>") == 1);
  CHECK(including(gate + "view.cpp", "<nlohmann/json.hpp>") == 0);
  CHECK(including(gate + "view.cpp", "engine/codec.hpp") == 0);
  CHECK(including(gate + "evolve.cpp", "engine/codec.hpp") == 1);
  CHECK(including(gate + "routes.cpp", "engine/runner.hpp") == 0);
  CHECK(including(gate + "routes.cpp", "slices/task/task.hpp") == 1);
  CHECK(including("api-server/flows/gate_task.cpp", "slices/task/task.hpp") == 0);
  CHECK(including("api-server/storage/sqlite/store.cpp", "slices/task/task.hpp") == 1);
  CHECK(including("api-server/storage/sqlite/store.cpp", "engine/runner.hpp") == 1);
  CHECK(including("mcp-stdio/bridge.cpp", "engine/runner.hpp") == 1);
  CHECK(including("mcp-stdio/bridge.cpp", "common/mcp/session.hpp") == 0);
  CHECK(including("api-server/app.cpp", "mcp-stdio/bridge.hpp") == 1);
  CHECK(including("common/catalog.cpp", "engine/runner.hpp") == 1);
}

TEST_CASE("a library outside its place is found") {
  const auto including = [](const std::string& path, const std::string& target) {
    return found(check_includes, path, "#include <" + target + ">\n");
  };
  CHECK(including("api-server/http/server.cpp", "httplib.h") == 0);
  CHECK(including("api-server/app.cpp", "httplib.h") == 1);
  CHECK(including("common/http_client.cpp", "curl/curl.h") == 0);
  CHECK(including("mcp-stdio/bridge.cpp", "curl/curl.h") == 1);
  CHECK(including("api-server/engine/runner.cpp", "SQLiteCpp/Database.h") == 1);
  CHECK(including("api-server/engine/runner.cpp", "sqlite3.h") == 1);
  CHECK(including("common/ids.cpp", "openssl/rand.h") == 1);
  CHECK(including("api-server/http/server.cpp", "expat.h") == 1);
  CHECK(including("api-server/app.cpp", "CLI/CLI.hpp") == 1);
  CHECK(including("api-server/cli/options.cpp", "CLI/CLI.hpp") == 0);
  CHECK(including("mcp-stdio/stdio_transport.cpp", "boost/asio.hpp") == 0);
  CHECK(including("common/mcp/session.cpp", "boost/asio.hpp") == 1);
}

TEST_CASE("banned calls are found in code and not in words about them") {
  const std::string path = "common/a.cpp";
  CHECK(found(check_calls, path, "thread.detach();\n") == 1);
  CHECK(found(check_calls, path, "std::this_thread::sleep_for(x);\n") == 1);
  CHECK(found(check_calls, path, "try { f(); } catch (...) {\n  // never mind\n}\n") == 1);
  CHECK(found(check_calls, path, "try { f(); } catch (...) { log(); throw; }\n") == 0);
  CHECK(found(check_calls, path, "assert(x);\n") == 1);
  CHECK(found(check_calls, path, "static_assert(x);\n") == 0);
  CHECK(found(check_calls, path, "std::cout << x;\n") == 1);
  CHECK(found(check_calls, "api-server/main.cpp", "std::cout << x;\n") == 0);
  CHECK(found(check_calls, path, "// no sleep_for( here\nf(\"std::cout\");\n") == 0);
  CHECK(found(check_calls, path,
              "// TO"
              "DO: more\n") == 1);
  CHECK(found(check_calls, "tests/http/a_test.cpp", "#include <catch2/catch.hpp>\n") == 1);
  CHECK(found(check_calls, path,
              "TEST_CA"
              "SE(\"-x\") {}\n") == 1);
  CHECK(found(check_calls, path,
              "TEST_CA"
              "SE(\"a; b\") {}\n") == 1);
}

TEST_CASE("what only one machine has is found") {
  CHECK(found(check_portable, "README.md",
              "cd /ho"
              "me/me/src\n") == 1);
  CHECK(found(check_portable, "README.md",
              "GET /v1/ho"
              "me/x, ./wo"
              "rk/x\n") == 0);
  CHECK(found(check_portable, "a.npmrc",
              "registry=https://regis"
              "try.example.org/npm\n") == 1);
  CHECK(found(check_portable, "tests/e2e/package-lock.json",
              "\"resol"
              "ved\": \"x\"\n") == 1);
  CHECK(found(check_portable, "tests/e2e/package-lock.json", "\"integrity\": \"x\"\n") == 0);
}

}  // namespace factory::test
