#include "identity/pending_logins.hpp"

namespace factory::identity {
namespace {

std::string_view as_text(const Hash& hash) {
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

}  // namespace

void PendingLogins::put(std::string state, PendingLogin login) {
  const std::lock_guard lock(mutex_);
  if (by_state_.size() >= most_) {
    by_state_.erase(oldest_first_.front());
    oldest_first_.pop_front();
  }
  oldest_first_.push_back(state);
  const auto place = std::prev(oldest_first_.end());
  by_state_.insert_or_assign(std::move(state), Entry{std::move(login), place});
}

std::optional<PendingLogin> PendingLogins::take(const std::string& state, const Hash& browser,
                                                Time now) {
  const std::lock_guard lock(mutex_);
  const auto found = by_state_.find(state);
  if (found == by_state_.end()) return std::nullopt;
  PendingLogin login = std::move(found->second.login);
  oldest_first_.erase(found->second.place);
  by_state_.erase(found);
  if (login.until <= now) return std::nullopt;
  if (!equal_constant_time(as_text(login.browser), as_text(browser))) return std::nullopt;
  return login;
}

std::size_t PendingLogins::size() const {
  const std::lock_guard lock(mutex_);
  return by_state_.size();
}

}  // namespace factory::identity
