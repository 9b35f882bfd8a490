#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "domain/principal.hpp"
#include "http/auth.hpp"
#include "slices/group/group.hpp"
#include "slices/key/key.hpp"
#include "slices/session/session.hpp"
#include "slices/user/user.hpp"

namespace factory::identity {

/// Who there is, in memory: keys, users, groups and sessions as they stand. Filled at the start,
/// and by whoever commits before the command is answered: from then on a new key opens, and a
/// revoked one, a disabled user and an ended session do not. Thread-safe.
class Registry {
 public:
  explicit Registry(const Clock& clock) : clock_(clock) {}

  /// How something stands now. What is over and was never known is passed over.
  void put(const std::string& id, std::shared_ptr<const key::State> state);
  void put(const std::string& id, std::shared_ptr<const user::State> state);
  void put(const std::string& id, std::shared_ptr<const group::State> state);
  void put(const std::string& id, std::shared_ptr<const session::State> state);

  /// The owners of active keys and the active users, with the groups that they are members of, and
  /// the delegations in force now. Each holds one role for every active key, and one as a user.
  [[nodiscard]] std::shared_ptr<const Directory> people() const;

  /// The key with this id; nullptr if there is none. A key of a user gives what both allow, and
  /// nothing while the user is disabled.
  [[nodiscard]] std::shared_ptr<const http::Credential> key(const std::string& id) const;

  /// The user with this stream; nullptr if there is none.
  [[nodiscard]] std::shared_ptr<const user::State> user(const std::string& id) const;
  /// The user who is this one elsewhere; nullptr if there is none.
  [[nodiscard]] std::shared_ptr<const user::State> user_of(const user::ExternalId& identity) const;

  /// Who acts in this session, as things stand now; nullopt if the session or its user is over.
  [[nodiscard]] std::optional<Principal> session(const std::string& id) const;
  /// The open sessions of the user with this stream.
  [[nodiscard]] std::vector<std::string> sessions_of(const std::string& user_id) const;

  /// Whether who was let in as this principal still is: `unauthenticated` if the key, its secret,
  /// the session or the user is over by now, `forbidden` if the role has become a lesser one. Who
  /// came in without a key and a session is the server itself.
  [[nodiscard]] Status stands(const Principal& principal) const;

  /// Whether a name is, or ever was, that of a key or a user, or stands in a group, in whatever
  /// capitals.
  [[nodiscard]] bool is_known(const std::string& name) const;

  /// When each key was last used, and what an earlier run knew of it.
  [[nodiscard]] std::map<std::string, Time> last_used() const;
  void set_last_used(const std::map<std::string, Time>& known);

  /// Whether something stands that only the server's secret can check.
  [[nodiscard]] bool needs_pepper() const;

 private:
  struct Key {
    std::shared_ptr<const key::State> state;
    std::shared_ptr<std::atomic<std::int64_t>> last_used;
    std::shared_ptr<const http::Credential> credential;
  };

  [[nodiscard]] std::shared_ptr<const http::Credential> credential_of(const std::string& id,
                                                                      const Key& key) const;
  [[nodiscard]] std::optional<Principal> open_session(const std::string& id) const;
  [[nodiscard]] const user::State* user_named(const std::string& name) const;
  [[nodiscard]] std::vector<std::string> groups_of(const std::string& name,
                                                   std::vector<std::string> own) const;
  [[nodiscard]] std::shared_ptr<const Directory> gather(Time now, Time& until) const;
  void changed();

  const Clock& clock_;
  mutable std::mutex mutex_;
  std::map<std::string, Key> keys_;
  std::map<std::string, std::shared_ptr<const user::State>> users_;
  std::map<std::string, std::shared_ptr<const group::State>> groups_;
  std::map<std::string, std::shared_ptr<const session::State>> sessions_;
  std::set<std::string> key_names_;  ///< of all keys that there ever were, in normal spelling
  // What was gathered last, good until something changes or the moment comes.
  mutable std::shared_ptr<const Directory> people_;
  mutable Time people_until_{};
};

}  // namespace factory::identity
