#pragma once

#include <string>
#include <vector>

#include "slices/user/user.hpp"

/// The parts of decide(), each for a user that exists.
namespace factory::user {

using Outcome = Result<Decision<Event>>;

Error refuse(ErrorCode code, std::string detail, std::string hint = {},
             std::vector<FieldError> fields = {});
Error wrong(std::string pointer, std::string detail);
Error no_such_user();
Outcome only(Event event);

// decide.cpp
/// Whether the actor stands high enough to touch what belongs to this name.
factory::Status may_manage(const std::string& name, Role role, const Ctx& ctx);

// decide_words.cpp
/// What the members of a user look like.
factory::Status check_words(const Created& wanted);
factory::Status check_words(const Changed& wanted);

// decide_login.cpp
Outcome note_failure(const State& state, const NoteFailure& command, const Ctx& ctx);
Outcome sign_in(const State& state, const SignIn& command, const Ctx& ctx);

// decide_delegation.cpp
Outcome delegate(const State& state, const Delegate& command, const Ctx& ctx);
Outcome end_delegation(const State& state, const EndDelegation& command, const Ctx& ctx);

}  // namespace factory::user
