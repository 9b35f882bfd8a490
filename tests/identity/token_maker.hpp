#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

namespace factory::test {

/// A provider's key on P-256, which signs whatever a test likes.
class TokenMaker {
 public:
  explicit TokenMaker(std::string key_id = "k1");
  ~TokenMaker();
  TokenMaker(TokenMaker&&) noexcept;

  /// As it stands in a key set.
  [[nodiscard]] nlohmann::json jwk() const;
  /// A token with a header that says ES256 and names the key, unless `header` says otherwise.
  [[nodiscard]] std::string sign(const nlohmann::json& claims,
                                 const nlohmann::json& header = nlohmann::json::object()) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace factory::test
