#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/store.hpp"

namespace factory::storage {

/// A view's tags as they are kept in its row: for each one
/// "<bytes>:<key><bytes>:<value><rank>,<at>;". Lengths in front, so that any byte may occur in a
/// value.
std::string encode_tags(const std::vector<Tag>& tags);

/// Throws StoreFailure if the text is damaged.
std::vector<Tag> decode_tags(std::string_view text);

/// The first tag of that key and value in the list, without decoding the others.
std::optional<Tag> find_tag(std::string_view text, const std::string& key,
                            const std::string& value);
/// The same in a list that is decoded.
std::optional<Tag> find_tag(const std::vector<Tag>& tags, const std::string& key,
                            const std::string& value);

}  // namespace factory::storage
