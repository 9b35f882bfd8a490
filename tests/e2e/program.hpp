#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "common/http_client.hpp"

/// The real programs of this build, and the API as a client sees it.
namespace factory::test {

/// How long anything may take before a test says that it hangs.
inline constexpr std::chrono::seconds patience{30};

using Environment = std::map<std::string, std::string>;

/// factory-api as a child process; its output goes to files of its own. The destructor kills it.
/// Not thread-safe.
class Program {
 public:
  /// Starts `factory-api arguments…`. Its environment is PATH, `environment`, and nothing else.
  explicit Program(const std::vector<std::string>& arguments, const Environment& environment = {});
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  /// Waits for the one line on the standard output that says where it serves. Throws with what the
  /// program said when it ends or hangs instead.
  std::string ready_url();
  void signal(int number) const;
  /// The exit code, or minus the signal that ended it. Throws if it lives on after `patience`.
  int wait();
  /// All that it wrote, once it has ended.
  [[nodiscard]] std::string output() const;
  [[nodiscard]] std::string errors() const;

 private:
  [[nodiscard]] std::string complaint(const std::string& what) const;

  pid_t process_ = 0;
  int process_ends_ = -1;  ///< readable when the process has ended
  int output_ = -1;
  int errors_file_ = -1;
  std::string output_text_;
};

/// What a command came to.
struct Ran {
  int code = 0;
  std::string out;
  std::string err;
};
Ran run_program(const std::vector<std::string>& arguments, const Environment& environment = {});

/// An answer of the API. `status` 0: there was none.
struct Answer {
  int status = 0;
  std::string body;
  std::multimap<std::string, std::string> headers;  ///< names in lower case
  [[nodiscard]] nlohmann::json json() const { return nlohmann::json::parse(body); }
  [[nodiscard]] std::string header(const std::string& name) const;
};

/// Somebody who calls the API. Thread-safe.
class Api {
 public:
  Api(std::string url, std::string token) : url_(std::move(url)), token_(std::move(token)) {}

  /// `body` is sent as it is; empty sends none, but POST then sends {}.
  Answer send(const std::string& method, const std::string& path, const std::string& body = "",
              const std::vector<std::pair<std::string, std::string>>& headers = {});
  Answer get(const std::string& path) { return send("GET", path); }
  Answer post(const std::string& path, const nlohmann::json& body = nlohmann::json::object(),
              const std::string& key = "");

 private:
  std::string url_;
  std::string token_;
  HttpClient client_;
};

/// The owner's token, or another that the server wrote into its data folder.
std::string token_in(const std::string& data, const std::string& file = "owner.key");

/// Puts tests/e2e's template `one-gate` into the templates of a data folder: work in building, a
/// decision at review, released. Its clock warns after one minute and is breached after two.
void put_one_gate_template(const std::string& data);

}  // namespace factory::test
