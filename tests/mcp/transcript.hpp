#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "common/catalog.hpp"
#include "common/mcp/session.hpp"

namespace factory::test {

/// Answers by operation what it was told to, and keeps what it was asked.
class ScriptedBackend final : public mcp::Backend {
 public:
  mcp::BackendAnswer call(const HttpMapping& mapping, const nlohmann::json& arguments,
                          const mcp::CallContext& context) override;

  std::map<std::string, mcp::BackendAnswer> answers;  ///< by operation
  std::vector<nlohmann::json> calls;  ///< {operation, arguments, query, traceparent, stopped}
  std::string throws;                 ///< if set, every call throws this
};

/// One session of the protocol core, played from a text file. A line of it is one of
///   # …                      a comment
///   -> …                     a line that the client sends, as it is
///   <- …                     a message that the server must send next: JSON, in which "*" stands
///                            for any value, and a member "...": "*" for any further members
///   @backend OPERATION …     what the backend answers from now on
///   @backend-fails OPERATION …   the problem document that it answers from now on
///   @backend-throws TEXT     the backend throws from now on
///   @called …                what the backend was asked last (the form of "<-")
///   @hold, @release, @drop   keep calls waiting; run those that wait; take no calls any more
///   @oversized N …           a line that began like this was longer than N bytes
///   @options {"read_only", "toolsets", "page_size", "budget"}   of the session; comes first
/// %M stands for the `_meta` of a modern request, %S for the one of the answer to it.
/// Whatever the server sends must be expected, in its order.
class Transcript {
 public:
  /// Plays the file; throws std::runtime_error that names the line where it went wrong.
  static void play(const std::filesystem::path& file);

 private:
  explicit Transcript(std::string name);
  void line(const std::string& text);
  void directive(const std::string& word, const std::string& rest);
  void script(const std::string& rest, bool fails);
  void start(const nlohmann::json& options);
  void expect(const std::string& text);
  void expect_silence() const;
  void record(const std::string& message) const;

  std::string name_;
  ScriptedBackend backend_;
  std::unique_ptr<mcp::Features> features_;
  std::unique_ptr<mcp::Session> session_;
  std::vector<std::string> sent_;
  std::size_t seen_ = 0;
  std::vector<std::function<void()>> held_;
  bool holding_ = false;
  bool dropping_ = false;
};

/// Why `actual` does not match `pattern` (see "<-" above); empty if it does.
std::string mismatch(const nlohmann::json& pattern, const nlohmann::json& actual,
                     const std::string& at = "");

}  // namespace factory::test
