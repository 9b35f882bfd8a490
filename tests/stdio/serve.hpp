#pragma once

#include <memory>
#include <string>
#include <thread>

#include "mcp-stdio/bridge.hpp"
#include "mcp-stdio/stdio_transport.hpp"
#include "tests/stdio/process.hpp"
#include "tests/support/files_catalog.hpp"

namespace factory::test {

/// The transport and the bridge within this process, over pipes, with the catalog of notes and the
/// server at `settings.url`.
class Serving {
 public:
  explicit Serving(mcp::BackendSettings settings, mcp::TransportOptions options = {})
      : bridge_(notes_catalog(), std::move(settings), false),
        features_(notes_catalog(), identity(), bridge_),
        input_(std::move(to_.writing)),
        output_(std::move(from_.reading)),
        thread_([this, options] {
          mcp::serve_stdio(features_, to_.reading.get(), from_.writing.get(), options);
          from_.writing = mcp::Descriptor();
        }) {}
  /// Ends the input and waits.
  ~Serving() { input_ = mcp::Descriptor(); }
  Serving(const Serving&) = delete;
  Serving& operator=(const Serving&) = delete;

  void send(const std::string& line) {
    const std::string text = line + "\n";
    if (::write(input_.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
      throw std::runtime_error("a short write");
    }
  }
  void call(const nlohmann::json& id, const std::string& tool,
            nlohmann::json arguments = nlohmann::json::object()) {
    send(modern(id, "tools/call", {{"name", tool}, {"arguments", std::move(arguments)}}));
  }
  void close_input() { input_ = mcp::Descriptor(); }
  Lines& output() { return output_; }

 private:
  static mcp::FeatureOptions identity() {
    mcp::FeatureOptions options;
    options.name = "notes";
    options.version = "1";
    return options;
  }

  Pipe to_;
  Pipe from_;
  mcp::Bridge bridge_;
  mcp::Features features_;
  mcp::Descriptor input_;
  Lines output_;
  std::jthread thread_;
};

/// A server that is somewhere else, with a key.
inline mcp::BackendSettings remote(const std::string& url) {
  mcp::BackendSettings settings;
  settings.url = url;
  settings.token = "secret-key";
  return settings;
}

}  // namespace factory::test
