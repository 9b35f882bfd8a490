#include "engine/public_data.hpp"

#include "common/text.hpp"

namespace factory::engine {

namespace {

constexpr std::size_t most_bytes = 1000;

}  // namespace

nlohmann::json public_data(nlohmann::json data) {
  if (!data.is_object()) return nlohmann::json::object();
  for (const char* secret : {"secret_hash", "sealed_hash", "refresh_hash", "sealed_secret"}) {
    data.erase(secret);
  }
  for (auto& [name, value] : data.items()) {
    std::string text = value.dump();
    if (text.size() > most_bytes) value = excerpt(text, most_bytes);
  }
  return data;
}

}  // namespace factory::engine
