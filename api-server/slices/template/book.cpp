#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "slices/template/template.hpp"

namespace factory::pipeline_template {

namespace {

constexpr std::size_t kKeptPlans = 64;

}  // namespace

void Book::put(const Loaded& loaded) {
  auto entry = std::make_shared<const Loaded>(loaded);
  const std::lock_guard lock(mutex_);
  const auto place =
      std::lower_bound(templates_.begin(), templates_.end(), loaded.name,
                       [](const auto& one, const std::string& name) { return one->name < name; });
  if (place != templates_.end() && (*place)->name == loaded.name) {
    *place = std::move(entry);
  } else {
    templates_.insert(place, std::move(entry));
  }
}

std::shared_ptr<const Loaded> Book::find(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(templates_.begin(), templates_.end(),
                                  [&](const auto& one) { return one->name == name; });
  return found == templates_.end() ? nullptr : *found;
}

std::vector<std::shared_ptr<const Loaded>> Book::all() const {
  const std::lock_guard lock(mutex_);
  return templates_;
}

Result<std::shared_ptr<const Plan>> Book::plan(const Loaded& loaded,
                                               const nlohmann::json& parameters) const {
  const std::string key = loaded.digest + parameters.dump();
  {
    const std::lock_guard lock(mutex_);
    const auto kept = plans_.find(key);
    if (kept != plans_.end()) return kept->second;
  }
  Result<Plan> made = instantiate(loaded, parameters);
  if (!made) return std::move(made.error());
  auto plan = std::make_shared<const Plan>(std::move(*made));
  const std::lock_guard lock(mutex_);
  if (plans_.size() >= kKeptPlans) plans_.clear();
  plans_.emplace(key, plan);
  return plan;
}

}  // namespace factory::pipeline_template
