#include "common/standard_webhooks.hpp"

#include <algorithm>

#include "common/digest.hpp"
#include "common/entropy.hpp"

namespace factory::standard_webhooks {
namespace {

constexpr std::string_view kPrefix = "whsec_";
constexpr std::size_t kNewBytes = 32;
constexpr std::size_t kLeastBytes = 24;
constexpr std::size_t kMostBytes = 64;

std::optional<std::string> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0 || text.find_first_of("-_") != std::string_view::npos) {
    return std::nullopt;
  }
  for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  std::string plain(text);
  std::replace(plain.begin(), plain.end(), '+', '-');
  std::replace(plain.begin(), plain.end(), '/', '_');
  return base64url_decode(plain);
}

}  // namespace

std::string new_secret() {
  std::string bytes(kNewBytes, '\0');
  random_bytes(bytes.data(), bytes.size());
  return std::string(kPrefix) + base64(bytes);
}

std::optional<std::string> key_of(std::string_view secret) {
  if (!secret.starts_with(kPrefix)) return std::nullopt;
  auto key = base64_decode(secret.substr(kPrefix.size()));
  if (!key || key->size() < kLeastBytes || key->size() > kMostBytes) return std::nullopt;
  return key;
}

std::string timestamp(Time at) { return std::to_string(to_millis(at) / 1000); }

std::string signatures(const std::vector<std::string>& keys, std::string_view id, Time at,
                       std::string_view body) {
  std::string content(id);
  content += "." + timestamp(at) + ".";
  content += body;
  std::string all;
  for (const std::string& key : keys) {
    const Hash mac = hmac_sha256(key, content);
    if (!all.empty()) all += ' ';
    all += "v1," + base64({reinterpret_cast<const char*>(mac.data()), mac.size()});
  }
  return all;
}

}  // namespace factory::standard_webhooks
