#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string_view>

#include "http/message.hpp"

namespace factory::http {

/// Speaks HTTP for one worker at a time: lets cpp-httplib take a vetted request through its server
/// and write the answer. The only code that knows cpp-httplib.
class Protocol {
 public:
  explicit Protocol(std::chrono::seconds keep_alive);
  ~Protocol();
  Protocol(const Protocol&) = delete;
  Protocol& operator=(const Protocol&) = delete;

  /// What the client gets, in one piece: valid until the next call. `answer` is called once; its
  /// exceptions become a 500 that tells nothing of them. `close` is asked after it.
  std::string_view write(const Head& head, const std::function<Outgoing()>& answer,
                         const std::function<bool()>& close);

 private:
  class Engine;
  std::unique_ptr<Engine> engine_;
};

}  // namespace factory::http
