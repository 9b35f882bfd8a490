#pragma once

#include "tests/repo/tree.hpp"

namespace factory::test {

// Each rule looks at one file, so that a test can show what it catches and what it lets pass.

/// Files of code up to 400 lines, functions up to 70.
Findings check_sizes(const SourceFile& file);

/// Who may include whom, and one owning place for each library.
Findings check_includes(const SourceFile& file);

/// Calls and marks that have no place in the tree.
Findings check_calls(const SourceFile& file);

/// Nothing that only one machine has: its paths, its package registry.
Findings check_portable(const SourceFile& file);

}  // namespace factory::test
