#include "flows/slices.hpp"

#include "slices/agent/agent.hpp"
#include "slices/asset/asset.hpp"
#include "slices/comment/comment.hpp"
#include "slices/gate/gate.hpp"
#include "slices/group/group.hpp"
#include "slices/key/key.hpp"
#include "slices/notification/notification.hpp"
#include "slices/pipeline/pipeline.hpp"
#include "slices/preference/preference.hpp"
#include "slices/report/report.hpp"
#include "slices/session/session.hpp"
#include "slices/task/task.hpp"
#include "slices/template/template.hpp"
#include "slices/user/user.hpp"
#include "slices/webhook/webhook.hpp"

namespace factory {

const std::vector<std::shared_ptr<const engine::Slice>>& all_slices() {
  static const std::vector<std::shared_ptr<const engine::Slice>> all{
      std::make_shared<engine::SliceOf<pipeline::Definition>>(),
      std::make_shared<engine::SliceOf<gate::Definition>>(),
      std::make_shared<engine::SliceOf<task::Definition>>(),
      std::make_shared<engine::SliceOf<key::Definition>>(),
      std::make_shared<engine::SliceOf<user::Definition>>(),
      std::make_shared<engine::SliceOf<group::Definition>>(),
      std::make_shared<engine::SliceOf<session::Definition>>(),
      std::make_shared<engine::SliceOf<agent::Definition>>(),
      std::make_shared<engine::SliceOf<asset::Definition>>(),
      std::make_shared<engine::SliceOf<comment::Definition>>(),
      std::make_shared<engine::SliceOf<pipeline_template::Definition>>(),
      std::make_shared<engine::SliceOf<report::Definition>>(),
      std::make_shared<engine::SliceOf<webhook::Definition>>(),
      std::make_shared<engine::SliceOf<notification::Definition>>(),
      std::make_shared<engine::SliceOf<preference::Definition>>()};
  return all;
}

}  // namespace factory
