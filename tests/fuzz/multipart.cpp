// Forms as strangers may send them: whatever comes, however it is cut, the same comes out.
#include "slices/asset/multipart.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>

#include "slices/asset/naming.hpp"

namespace {

using factory::Done;
using factory::Status;

/// Writes down what it is given.
class Scribe final : public factory::asset::PartSink {
 public:
  Status begin(factory::asset::PartHead head) override {
    text += "[" + head.name + "|" + head.file_name.value_or("-") + "|" + head.media_type + "]";
    if (head.file_name) {
      const std::string name = factory::asset::file_name_of(*head.file_name);
      // What is taken for a name is one that a path may have.
      if (!name.empty() && !factory::asset::wrong_path(name).empty()) std::abort();
    }
    open_ = true;
    return Done{};
  }
  Status data(std::string_view bytes) override {
    if (!open_ || bytes.empty()) std::abort();
    text += bytes;
    return Done{};
  }
  Status end() override {
    if (!std::exchange(open_, false)) std::abort();
    text += "[end]";
    return Done{};
  }
  std::string text;

 private:
  bool open_ = false;
};

/// What comes out of the body in pieces of this size, and whether it was well formed.
std::pair<std::string, bool> read(std::string_view body, std::size_t piece) {
  Scribe scribe;
  factory::asset::Multipart parts("b", scribe);
  Status status = Done{};
  while (status && !body.empty()) {
    status = parts.feed(body.substr(0, piece));
    body.remove_prefix(std::min(piece, body.size()));
  }
  if (status) status = parts.finish();
  return {std::move(scribe.text), status.ok()};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t piece = 1 + data[0] % 64U;
  const std::string_view body = input.substr(1);
  const auto whole = read(body, body.size());
  const auto pieces = read(body, piece);
  if (whole.second != pieces.second) std::abort();
  // Of a broken form, more may have been passed on before the break was seen.
  if (whole.second && whole.first != pieces.first) std::abort();
  const auto boundary = factory::asset::boundary_of(body);
  if (boundary && (boundary->empty() || boundary->size() > 70)) std::abort();
  return 0;
}
