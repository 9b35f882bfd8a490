#include "tests/mcp/transcript.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "tests/support/files_catalog.hpp"

namespace factory::test {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

std::string read_text(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

[[noreturn]] void fail(const std::string& why) { throw std::runtime_error(why); }

/// The first word, and what comes after the blank that ends it.
std::pair<std::string, std::string> split(const std::string& text) {
  const std::size_t end = text.find(' ');
  if (end == std::string::npos) return {text, ""};
  return {text.substr(0, end), text.substr(end + 1)};
}

std::string expanded(std::string text) {
  const std::pair<std::string, std::string> marks[] = {
      {"%M", R"({"io.modelcontextprotocol/protocolVersion":"2026-07-28",)"
             R"("io.modelcontextprotocol/clientCapabilities":{}})"},
      {"%S", R"({"io.modelcontextprotocol/serverInfo":{"name":"notes","title":"Notes",)"
             R"("version":"1.2.3","description":"Keeps notes"}})"}};
  for (const auto& [mark, meaning] : marks) {
    for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at)) {
      text.replace(at, mark.size(), meaning);
    }
  }
  return text;
}

std::string object_mismatch(const json& pattern, const json& actual, const std::string& at) {
  const bool open = pattern.contains("...");
  for (const auto& [name, value] : pattern.items()) {
    if (name == "...") continue;
    if (!actual.contains(name)) return at + "/" + name + " is missing";
    if (auto why = mismatch(value, actual[name], at + "/" + name); !why.empty()) return why;
  }
  for (const auto& [name, value] : actual.items()) {
    if (!open && !pattern.contains(name)) return at + "/" + name + " was not expected";
  }
  return {};
}

}  // namespace

std::string mismatch(const json& pattern, const json& actual, const std::string& at) {
  if (pattern == "*") return {};
  if (pattern.is_object() && actual.is_object()) return object_mismatch(pattern, actual, at);
  if (pattern.is_array() && actual.is_array()) {
    if (pattern.size() != actual.size()) {
      return at + " has " + std::to_string(actual.size()) + " items";
    }
    for (std::size_t i = 0; i < pattern.size(); ++i) {
      auto why = mismatch(pattern[i], actual[i], at + "/" + std::to_string(i));
      if (!why.empty()) return why;
    }
    return {};
  }
  // 5 and 5.0 are equal to the library, but not on the wire.
  return pattern.dump() == actual.dump() ? "" : at + " is " + actual.dump();
}

mcp::BackendAnswer ScriptedBackend::call(const HttpMapping& mapping, const json& arguments,
                                         const mcp::CallContext& context) {
  std::string operation = mapping.operation;
  if (operation.empty()) {
    operation = mapping.operation_by_value.at(arguments.at(mapping.operation_argument));
  }
  calls.push_back({{"operation", operation},
                   {"arguments", arguments},
                   {"query", mapping.constant_query},
                   {"traceparent", context.traceparent},
                   {"stopped", context.stop.stop_requested()}});
  if (!throws.empty()) throw std::runtime_error(throws);
  const auto answer = answers.find(operation);
  if (answer == answers.end()) return {true, {{"title", "Nothing is scripted"}}};
  return answer->second;
}

Transcript::Transcript(std::string name) : name_(std::move(name)) { start(json::object()); }

void Transcript::start(const json& options) {
  mcp::FeatureOptions shown;
  shown.name = "notes";
  shown.title = "Notes";
  shown.version = "1.2.3";
  shown.description = "Keeps notes";
  shown.instructions = "Ask for notes.";
  shown.read_only = options.value("read_only", false);
  shown.toolsets = options.value("toolsets", std::vector<std::string>());
  shown.page_size = options.value("page_size", shown.page_size);
  shown.budget = options.value("budget", shown.budget);
  session_.reset();
  features_ = std::make_unique<mcp::Features>(notes_catalog(), shown, backend_);
  session_ = std::make_unique<mcp::Session>(
      *features_,
      [this](std::string message) {
        record(message);
        sent_.push_back(std::move(message));
      },
      [this](std::function<void()> job) {
        if (dropping_) return false;
        if (holding_) {
          held_.push_back(std::move(job));
        } else {
          job();
        }
        return true;
      });
}

/// With AF_RECORD set, everything that is sent goes into that file, too, beside what it answers.
void Transcript::record(const std::string& message) const {
  const char* file = std::getenv("AF_RECORD");
  if (file == nullptr) return;
  std::ofstream(file, std::ios::app) << name_ << "\t" << message << "\n";
}

void Transcript::play(const fs::path& file) {
  std::istringstream lines(read_text(file));
  Transcript transcript(file.stem().string());
  std::string text;
  for (int number = 1; std::getline(lines, text); ++number) {
    try {
      transcript.line(text);
    } catch (const std::exception& error) {
      fail(file.filename().string() + ":" + std::to_string(number) + ": " + error.what());
    }
  }
  transcript.expect_silence();
}

void Transcript::line(const std::string& text) {
  if (text.empty() || text.front() == '#') return;
  const auto [word, rest] = split(expanded(text));
  if (word == "<-") return expect(rest);
  expect_silence();
  if (word == "->") {
    const char* file = std::getenv("AF_RECORD");
    if (file != nullptr) std::ofstream(file, std::ios::app) << name_ << "\t>" << rest << "\n";
    session_->receive(rest);
  } else {
    directive(word, rest);
  }
}

void Transcript::directive(const std::string& word, const std::string& rest) {
  if (word == "@options") return start(json::parse(rest));
  if (word == "@backend") return script(rest, false);
  if (word == "@backend-fails") return script(rest, true);
  if (word == "@backend-throws") {
    backend_.throws = rest;
  } else if (word == "@hold") {
    holding_ = true;
  } else if (word == "@drop") {
    dropping_ = true;
  } else if (word == "@release") {
    holding_ = false;
    for (const auto& job : std::exchange(held_, {})) job();
  } else if (word == "@oversized") {
    const auto [limit, beginning] = split(rest);
    session_->receive_oversized(beginning, std::stoul(limit));
  } else if (word == "@called") {
    if (backend_.calls.empty()) fail("the backend was not called");
    const std::string why = mismatch(json::parse(rest), backend_.calls.back());
    if (!why.empty())
      fail("the backend was called with " + backend_.calls.back().dump() + ": " + why);
  } else {
    fail("what is " + word + "?");
  }
}

void Transcript::script(const std::string& rest, bool fails) {
  const auto [operation, document] = split(rest);
  backend_.answers[operation] = {fails, json::parse(document)};
}

void Transcript::expect(const std::string& text) {
  if (seen_ == sent_.size()) fail("the server sent nothing");
  const std::string& actual = sent_[seen_++];
  const std::string why = mismatch(json::parse(text), json::parse(actual));
  if (!why.empty()) fail("the server sent " + actual + "\n" + why);
}

void Transcript::expect_silence() const {
  if (seen_ < sent_.size()) fail("the server sent, unexpected: " + sent_[seen_]);
}

}  // namespace factory::test
