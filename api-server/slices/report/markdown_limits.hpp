#pragma once

#include <string_view>

namespace factory::report {

/// Whether a Markdown text can be laid out in a time and a size that are linear in its own: some
/// texts take parsers of Markdown the square of it. Judges by what a paragraph holds of the marks
/// that parsers look back for, by nested quotes and lists, by the cells that a table would get, and
/// by what link references would multiply. Ordinary reports pass. Linear, pure.
bool is_tame(std::string_view markdown);

}  // namespace factory::report
