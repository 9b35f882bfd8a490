#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "domain/principal.hpp"
#include "slices/comment/comment.hpp"

/// Who is mentioned in a text of Markdown. Pure; linear in the text and in the people.
namespace factory::comment {

/// The texts after an @ that could be names, in order, each once, at most `most`. An @ counts at
/// the beginning of a word: not in "ada@example.com", "\@ada" or "https://example.com/@ada", and
/// not in what Markdown (CommonMark 0.31) shows as code, between backticks or fences.
std::vector<std::string> mentioned_in(std::string_view text, std::size_t most = most_mentions);

/// The same, found among everybody: letters are compared without their case, and what ends a
/// sentence ("@ada.") belongs to the name only if somebody is called so.
Mentions find_mentions(std::string_view text, const Directory& people);

}  // namespace factory::comment
