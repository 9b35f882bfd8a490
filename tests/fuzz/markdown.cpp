// Markdown of strangers: laid out without a crash, in bounded space, and without anything that a
// browser would run.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "slices/report/markdown.hpp"

namespace {

void hold(bool promise) {
  if (!promise) std::abort();
}

std::string lower_case(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view markdown(reinterpret_cast<const char*>(data), size);
  const std::string html = lower_case(factory::report::html_of(markdown));
  for (const char* const never :
       {"<script", "<style", "<iframe", "<svg", "<form", "<object", "<base", "<meta", " onerror=\"",
        "href=\"javascript:", "src=\"javascript:", "href=\"data:", "src=\"data:",
        "href=\"vbscript:"}) {
    hold(html.find(never) == std::string::npos);
  }
  hold(html.size() <= 64 * size + 16'000'000);
  return 0;
}
