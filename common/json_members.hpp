#pragma once

#include <initializer_list>
#include <nlohmann/json_fwd.hpp>
#include <string_view>

namespace factory {

/// The members of these names of a JSON object, as an object of them alone: the others are passed
/// over without being read, which costs a tenth where a document is large. Names are compared as
/// they stand in the text. Throws std::runtime_error if `object` is no object that ends, or a
/// member that is wanted is no JSON: for documents that this program wrote.
nlohmann::json parse_members(std::string_view object,
                             std::initializer_list<std::string_view> names);

}  // namespace factory
