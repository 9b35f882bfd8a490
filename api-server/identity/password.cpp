#include "identity/password.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include "identity/sealed.hpp"

namespace factory::identity {
namespace {

constexpr unsigned long long kPasses = 3;
constexpr std::size_t kMemory = 32U << 20U;
constexpr int kAtOnce = 2;
constexpr int kMostWaiting = 32;

void require_sodium() {
  // Idempotent and thread-safe.
  if (sodium_init() < 0) throw std::runtime_error("libsodium cannot be used on this machine");
}

Error busy() {
  return {ErrorCode::unavailable, "Too many passwords are being checked.", "", {}, {}};
}

std::string hash_of(const std::string& password) {
  std::array<char, crypto_pwhash_STRBYTES> text{};
  if (crypto_pwhash_str_alg(text.data(), password.data(), password.size(), kPasses, kMemory,
                            crypto_pwhash_ALG_ARGON2ID13) != 0) {
    throw std::runtime_error("no memory for a password hash");
  }
  return text.data();
}

/// No two kinds of character needed, only length; but not one thing over and over.
Status check_form(const std::string& password) {
  const auto wrong = [](std::string detail) {
    return Error{ErrorCode::invalid_request,
                 "The password " + detail + ".",
                 "Take a long phrase that nobody else would think of.",
                 {{"/password", detail}},
                 {}};
  };
  if (password.size() < Passwords::shortest) return wrong("must be at least 12 bytes long");
  if (password.size() > Passwords::longest) return wrong("must be at most 256 bytes long");
  std::string distinct = password;
  std::sort(distinct.begin(), distinct.end());
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  if (distinct.size() < 4) return wrong("must not repeat the same few characters");
  return Done{};
}

}  // namespace

/// A place among those who compute now.
class Passwords::Turn {
 public:
  explicit Turn(const Passwords& of) : of_(of) {
    std::unique_lock lock(of_.mutex_);
    if (of_.computing_ == kAtOnce && of_.waiting_ == kMostWaiting) return;
    ++of_.waiting_;
    of_.free_.wait(lock, [this] { return of_.computing_ < kAtOnce; });
    --of_.waiting_;
    ++of_.computing_;
    taken_ = true;
  }
  ~Turn() {
    if (!taken_) return;
    {
      const std::lock_guard lock(of_.mutex_);
      --of_.computing_;
    }
    of_.free_.notify_one();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  [[nodiscard]] bool taken() const { return taken_; }

 private:
  const Passwords& of_;
  bool taken_ = false;
};

Passwords::Passwords(const Hash& sealing_key) : key_(sealing_key) { require_sodium(); }

Result<std::string> Passwords::seal(const std::string& password) const {
  if (Status form = check_form(password); !form) return std::move(form.error());
  const Turn turn(*this);
  if (!turn.taken()) return busy();
  return seal_text(hash_of(password), key_);
}

Result<bool> Passwords::check(const std::string& password, const std::string& sealed) const {
  const Turn turn(*this);
  if (!turn.taken()) return busy();
  const std::string hash = open_text(sealed, key_);
  if (hash.empty()) {
    hash_of(password);  // as long as if there were somebody
    return false;
  }
  return crypto_pwhash_str_verify(hash.c_str(), password.data(), password.size()) == 0;
}

}  // namespace factory::identity
