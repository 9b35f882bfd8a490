#pragma once

// The one place that knows which Catch2 there is: Debian 12 ships 2.13, Debian 13 ships 3.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#define CATCH_CONFIG_ENABLE_ALL_STRINGMAKERS
#include <catch2/catch.hpp>
#endif

namespace factory::test {

/// Matches a string that contains `part`: CHECK_THAT(text, contains("x")).
inline auto contains(const std::string& part) {
#if __has_include(<catch2/catch_all.hpp>)
  return Catch::Matchers::ContainsSubstring(part);
#else
  return Catch::Matchers::Contains(part);
#endif
}

}  // namespace factory::test
