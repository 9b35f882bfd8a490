#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "effects/channel.hpp"
#include "slices/preference/preference.hpp"
#include "storage/store.hpp"

/// From documents and effects to what is told.
namespace factory::effects {

/// How one person is reached.
struct Reach {
  preference::Changed set;    ///< as they set it; else nothing
  std::string account_email;  ///< of the user's account; may be empty
  [[nodiscard]] const std::string& email() const {
    return set.email.empty() ? account_email : set.email;
  }
};
Reach reach_of(const std::string& person, storage::Store& store);

/// Which step of a ladder an effect tells of; -1 if it says none.
int step_of(const storage::EffectRow& effect);

/// What a step of a task's ladder tells; nullopt if the task's document shows no such step.
std::optional<Message> message_of_step(const nlohmann::json& task, int step, storage::Store& store);

/// What a notification's document tells.
Message message_of(const nlohmann::json& notification);

/// Makes one message of several: what the others tell is listed, as far as it fits.
void add_to_digest(Message& message, const std::vector<storage::ViewRow>& others,
                   const std::string& url);
void add_to_digest(Message& message, const std::vector<storage::EffectRow>& others,
                   storage::Store& store);

}  // namespace factory::effects
