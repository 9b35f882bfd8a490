#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string_view>

#include "http/message.hpp"
#include "http/outgoing_body.hpp"

namespace factory::http {

/// Speaks HTTP for one worker at a time: lets cpp-httplib take a vetted request through its server
/// and write the answer. The only code that knows cpp-httplib.
class Protocol {
 public:
  explicit Protocol(std::chrono::seconds keep_alive);
  ~Protocol();
  Protocol(const Protocol&) = delete;
  Protocol& operator=(const Protocol&) = delete;

  /// What the client gets: `bytes` in one piece, valid until the next call of either; then what
  /// `stream` gives, if it is set.
  struct Written {
    std::string_view bytes;
    std::shared_ptr<BodySource> stream;
    Framing framing = Framing::length;
  };

  /// `answer` is called once; its exceptions become a 500 that tells nothing of them. `close` is
  /// asked after it.
  Written write(const Head& head, const std::function<Outgoing()>& answer,
                const std::function<bool()>& close);
  /// Gives back the memory that one large answer needed: workers wait for long.
  void compact();

 private:
  class Engine;
  std::unique_ptr<Engine> engine_;
};

}  // namespace factory::http
