#include "slices/key/registry.hpp"

#include <algorithm>
#include <stdexcept>

namespace factory::key {
namespace {

http::Credential credential_of(const std::string& id, const State& state) {
  http::Credential credential;
  const auto hash = hash_from_hex(state.created.secret_hash);
  if (!hash) throw std::runtime_error("the stored hash of " + id + " is malformed");
  credential.hash = *hash;
  credential.revoked = state.status != Status::active;
  Principal& owner = credential.principal;
  owner.type = state.created.role == Role::agent ? ActorType::agent : ActorType::person;
  owner.id = state.created.name;
  owner.channel = state.created.channel;
  owner.role = state.created.role;
  owner.groups = state.created.groups;
  owner.key_id = id;
  return credential;
}

}  // namespace

void Registry::put(const std::string& id, const State& state) {
  if (state.status == Status::none) return;
  const std::lock_guard lock(mutex_);
  if (state.status == Status::revoked && keys_.count(id) == 0) return;
  keys_.insert_or_assign(id, std::make_shared<const http::Credential>(credential_of(id, state)));
  people_ = gather();
}

std::shared_ptr<const Directory> Registry::people() const {
  const std::lock_guard lock(mutex_);
  return people_;
}

std::shared_ptr<const http::Credential> Registry::find(const std::string& key_id) const {
  const std::lock_guard lock(mutex_);
  const auto key = keys_.find(key_id);
  return key == keys_.end() ? nullptr : key->second;
}

std::shared_ptr<const Directory> Registry::gather() const {
  std::map<std::string, Person> by_name;
  for (const auto& [id, key] : keys_) {
    if (key->revoked) continue;
    const Principal& owner = key->principal;
    Person& person = by_name[owner.id];
    person.id = owner.id;
    person.agent = person.agent || owner.type == ActorType::agent;
    person.roles.push_back(owner.role);
    for (const std::string& group : owner.groups) {
      if (std::find(person.groups.begin(), person.groups.end(), group) == person.groups.end()) {
        person.groups.push_back(group);
      }
    }
  }
  auto directory = std::make_shared<Directory>();
  for (auto& [name, person] : by_name) directory->people.push_back(std::move(person));
  return directory;
}

}  // namespace factory::key
