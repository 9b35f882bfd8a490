#include "identity/registry.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "domain/names.hpp"

namespace factory::identity {
namespace {

Hash hash_from(const std::string& hex, const std::string& id) {
  const auto hash = hash_from_hex(hex);
  if (!hash) throw std::runtime_error("the stored hash of " + id + " is malformed");
  return *hash;
}

/// The one that may do less; the roles stand in that order.
Role lesser(Role left, Role right) { return std::max(left, right); }
static_assert(Role::owner < Role::admin && Role::admin < Role::operator_ &&
              Role::operator_ < Role::viewer && Role::viewer < Role::agent);

void add_distinct(std::vector<std::string>& list, const std::vector<std::string>& more) {
  for (const std::string& word : more) {
    if (std::find(list.begin(), list.end(), word) == list.end()) list.push_back(word);
  }
}

bool over(const key::State& key, Time now) {
  return key.status != key::Status::active ||
         (key.created.expires_at && *key.created.expires_at <= now);
}

/// Whether the secret of this number still opens the key.
bool opens(const http::Credential& key, int secret, Time now) {
  if (key.revoked || (key.expires_at && *key.expires_at <= now)) return false;
  return std::any_of(key.secrets.begin(), key.secrets.end(), [&](const auto& one) {
    return one.number == secret && (!one.until || now < *one.until);
  });
}

}  // namespace

void Registry::put(const std::string& id, std::shared_ptr<const key::State> state) {
  if (state->status == key::Status::none) return;
  const std::lock_guard lock(mutex_);
  key_names_.insert(normal_name(state->created.name));
  if (state->status != key::Status::active && keys_.count(id) == 0) return;
  Key& key = keys_[id];
  key.state = std::move(state);
  if (!key.last_used) key.last_used = std::make_shared<std::atomic<std::int64_t>>(0);
  key.credential = credential_of(id, key);
  people_ = nullptr;
}

void Registry::put(const std::string& id, std::shared_ptr<const user::State> state) {
  if (state->status == user::Status::none) return;
  const std::lock_guard lock(mutex_);
  users_.insert_or_assign(id, std::move(state));
  changed();
}

void Registry::put(const std::string& id, std::shared_ptr<const group::State> state) {
  const std::lock_guard lock(mutex_);
  if (state->status == group::Status::active) {
    groups_.insert_or_assign(id, std::move(state));
  } else {
    groups_.erase(id);
  }
  changed();
}

void Registry::put(const std::string& id, std::shared_ptr<const session::State> state) {
  const std::lock_guard lock(mutex_);
  if (state->status == session::Status::active) {
    sessions_.insert_or_assign(id, std::move(state));
  } else {
    sessions_.erase(id);
  }
}

void Registry::changed() {
  people_ = nullptr;
  for (auto& [id, key] : keys_) key.credential = credential_of(id, key);
}

std::shared_ptr<const http::Credential> Registry::credential_of(const std::string& id,
                                                                const Key& key) const {
  const key::State& state = *key.state;
  auto credential = std::make_shared<http::Credential>();
  credential->secrets.push_back(
      {hash_from(state.secret.hash, id), state.secret.version == 2, std::nullopt, state.rotations});
  if (state.earlier) {
    credential->secrets.push_back({hash_from(state.earlier->hash, id), state.earlier->version == 2,
                                   state.earlier->until, state.rotations - 1});
  }
  credential->revoked = state.status != key::Status::active;
  credential->expires_at = state.created.expires_at;
  credential->last_used = key.last_used;
  Principal& owner = credential->principal;
  owner.type = state.created.role == Role::agent ? ActorType::agent : ActorType::person;
  owner.id = state.created.name;
  owner.channel = state.created.channel;
  owner.role = state.created.role;
  owner.groups = groups_of(owner.id, state.created.groups);
  owner.key_id = id;
  owner.scopes = state.created.scopes;
  owner.expires_at = state.created.expires_at;
  if (const user::State* const user = user_named(owner.id)) {
    credential->revoked = credential->revoked || user->status != user::Status::active;
    owner.role = lesser(owner.role, user->role);
    add_distinct(owner.groups, user->groups);
  }
  return credential;
}

const user::State* Registry::user_named(const std::string& name) const {
  if (users_.empty()) return nullptr;
  const auto found = users_.find(user::stream_of(name));
  return found == users_.end() || found->second->name != name ? nullptr : found->second.get();
}

std::vector<std::string> Registry::groups_of(const std::string& name,
                                             std::vector<std::string> own) const {
  for (const auto& [id, group] : groups_) {
    if (std::binary_search(group->members.begin(), group->members.end(), name)) {
      add_distinct(own, {group->created.name});
    }
  }
  return own;
}

std::shared_ptr<const Directory> Registry::people() const {
  const Time now = clock_.now();
  const std::lock_guard lock(mutex_);
  if (!people_ || now >= people_until_) people_ = gather(now, people_until_);
  return people_;
}

std::shared_ptr<const Directory> Registry::gather(Time now, Time& until) const {
  std::map<std::string, Person> by_name;
  std::vector<Delegation> delegations;
  until = Time::max();
  const auto changes_at = [&](Time moment) {
    if (moment > now) until = std::min(until, moment);
  };
  for (const auto& [id, key] : keys_) {
    if (over(*key.state, now) || key.credential->revoked) continue;
    if (key.state->created.expires_at) changes_at(*key.state->created.expires_at);
    const Principal& owner = key.credential->principal;
    Person& person = by_name[owner.id];
    person.agent = person.agent || owner.type == ActorType::agent;
    person.roles.push_back(owner.role);
    add_distinct(person.groups, owner.groups);
    const bool for_good = owner.scopes.empty() && !owner.expires_at;
    if (owner.role == Role::owner && for_good) ++person.ways_as_owner;
  }
  for (const auto& [id, user] : users_) {
    if (user->status != user::Status::active) continue;
    Person& person = by_name[user->name];
    person.agent = person.agent || user->kind == user::Kind::agent;
    person.roles.push_back(user->role);
    if (user->role == Role::owner && user->can_sign_in()) ++person.ways_as_owner;
    add_distinct(person.groups, groups_of(user->name, user->groups));
    for (const user::Delegated& one : user->delegations) {
      changes_at(one.starts_at);
      changes_at(one.ends_at);
      if (one.starts_at <= now && now < one.ends_at) delegations.push_back({user->name, one.to});
    }
  }
  auto directory = std::make_shared<Directory>();
  for (auto& [name, person] : by_name) {
    person.id = name;
    directory->people.push_back(std::move(person));
  }
  directory->delegations = std::move(delegations);
  return directory;
}

std::shared_ptr<const http::Credential> Registry::key(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = keys_.find(id);
  return found == keys_.end() ? nullptr : found->second.credential;
}

std::shared_ptr<const user::State> Registry::user(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = users_.find(id);
  return found == users_.end() ? nullptr : found->second;
}

std::shared_ptr<const user::State> Registry::user_of(const user::ExternalId& identity) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [id, user] : users_) {
    const auto& known = user->identities;
    if (std::find(known.begin(), known.end(), identity) != known.end()) return user;
  }
  return nullptr;
}

std::optional<Principal> Registry::session(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  return open_session(id);
}

std::optional<Principal> Registry::open_session(const std::string& id) const {
  const Time now = clock_.now();
  const auto found = sessions_.find(id);
  if (found == sessions_.end() || found->second->expires_at <= now) return std::nullopt;
  const session::Started& started = found->second->started;
  const auto owner = users_.find(started.user_id);
  if (owner == users_.end() || !owner->second->keeps(id, started.at)) return std::nullopt;
  const user::State& user = *owner->second;
  Principal principal;
  principal.type = user.kind == user::Kind::agent ? ActorType::agent : ActorType::person;
  principal.id = user.name;
  principal.channel = started.channel;
  principal.role = user.role;
  principal.groups = groups_of(user.name, user.groups);
  principal.session_id = id;
  return principal;
}

Status Registry::stands(const Principal& principal) const {
  if (principal.key_id.empty() && principal.session_id.empty()) return Done{};
  std::optional<Role> role;
  const std::lock_guard lock(mutex_);
  if (!principal.key_id.empty()) {
    const auto key = keys_.find(principal.key_id);
    if (key != keys_.end() && opens(*key->second.credential, principal.key_secret, clock_.now())) {
      role = key->second.credential->principal.role;
    }
  } else if (const auto now = open_session(principal.session_id)) {
    role = now->role;
  }
  if (!role) {
    return Error{ErrorCode::unauthenticated,
                 "What this request was let in with ended while it was on its way.",
                 "Send it again with a key or a session that stands.",
                 {},
                 {}};
  }
  if (lesser(*role, principal.role) == principal.role) return Done{};
  return Error{ErrorCode::forbidden,
               "The role of " + principal.id + " was lowered after this request was sent.",
               "Send it again.",
               {},
               {}};
}

bool Registry::is_known(const std::string& name) const {
  const std::string normal = normal_name(name);
  const auto is_it = [&](const std::string& other) { return normal_name(other) == normal; };
  const std::lock_guard lock(mutex_);
  return key_names_.contains(normal) || users_.contains(user::stream_of(name)) ||
         std::any_of(groups_.begin(), groups_.end(), [&](const auto& group) {
           const auto& members = group.second->members;
           return std::any_of(members.begin(), members.end(), is_it);
         });
}

std::vector<std::string> Registry::sessions_of(const std::string& user_id) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> ids;
  for (const auto& [id, session] : sessions_) {
    if (session->started.user_id == user_id) ids.push_back(id);
  }
  return ids;
}

std::map<std::string, Time> Registry::last_used() const {
  const std::lock_guard lock(mutex_);
  std::map<std::string, Time> all;
  for (const auto& [id, key] : keys_) {
    const std::int64_t at = key.last_used->load(std::memory_order_relaxed);
    if (at != 0) all.emplace(id, from_millis(at));
  }
  return all;
}

void Registry::set_last_used(const std::map<std::string, Time>& known) {
  const std::lock_guard lock(mutex_);
  for (const auto& [id, at] : known) {
    const auto found = keys_.find(id);
    if (found != keys_.end()) found->second.last_used->store(to_millis(at));
  }
}

bool Registry::needs_pepper() const {
  const std::lock_guard lock(mutex_);
  return std::any_of(keys_.begin(), keys_.end(),
                     [](const auto& key) { return key.second.state->secret.version == 2; }) ||
         std::any_of(users_.begin(), users_.end(),
                     [](const auto& user) { return !user.second->sealed_hash.empty(); });
}

}  // namespace factory::identity
