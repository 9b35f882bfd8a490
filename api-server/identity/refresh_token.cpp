#include "identity/refresh_token.hpp"

#include <charconv>
#include <utility>

#include "common/entropy.hpp"

namespace factory::identity {
namespace {

constexpr std::string_view kPrefix = "rt_";
constexpr std::string_view kSessionPrefix = "sess_";
constexpr std::size_t kSecret = 32;
constexpr std::size_t kTag = 16;
constexpr std::size_t kLongest = 256;

std::string tag_of(std::string_view about, std::string_view secret, const Pepper& pepper) {
  const Hash tag = pepper.refresh_tag(std::string(about).append(secret));
  return {reinterpret_cast<const char*>(tag.data()), kTag};
}

}  // namespace

RefreshToken make_refresh_token(const std::string& session, int generation, const Pepper& pepper) {
  const std::string about = std::string(kPrefix) + session.substr(kSessionPrefix.size()) + "_" +
                            std::to_string(generation) + "_";
  std::string secret(kSecret, '\0');
  random_bytes(secret.data(), secret.size());
  RefreshToken token{
      session, generation, about + base64url(secret + tag_of(about, secret, pepper)), {}};
  token.hash = to_hex(pepper.refresh_hash(token.text));
  return token;
}

std::optional<RefreshToken> read_refresh_token(std::string_view text, const Pepper& pepper) {
  if (text.size() > kLongest || !text.starts_with(kPrefix)) return std::nullopt;
  const std::size_t id_end = text.find('_', kPrefix.size());
  if (id_end == std::string_view::npos) return std::nullopt;
  const std::size_t number_end = text.find('_', id_end + 1);
  if (number_end == std::string_view::npos) return std::nullopt;
  RefreshToken token;
  const char* const last = text.data() + number_end;
  const auto [end, error] = std::from_chars(text.data() + id_end + 1, last, token.generation);
  if (error != std::errc{} || end != last) return std::nullopt;
  const auto secret = base64url_decode(text.substr(number_end + 1));
  if (!secret || secret->size() != kSecret + kTag) return std::nullopt;
  const std::string_view about = text.substr(0, number_end + 1);
  const std::string expected = tag_of(about, std::string_view(*secret).substr(0, kSecret), pepper);
  if (!equal_constant_time(expected, std::string_view(*secret).substr(kSecret))) {
    return std::nullopt;
  }
  token.session =
      std::string(kSessionPrefix).append(text.substr(kPrefix.size(), id_end - kPrefix.size()));
  token.text = text;
  token.hash = to_hex(pepper.refresh_hash(text));
  return token;
}

}  // namespace factory::identity
