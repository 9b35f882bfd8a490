#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace factory {

/// The members of these names of a JSON object, as the text of an object of them alone, as they
/// stand and in their order: nothing is read of the others, and of these only where they end. Names
/// are compared as they stand in the text. Throws std::runtime_error if `object` is no object that
/// ends: for documents that this program wrote.
std::string pick_members(std::string_view object, std::initializer_list<std::string_view> names);

}  // namespace factory
