#pragma once

#include <string>

#include "storage/store.hpp"

namespace factory::test {

/// Commit number `number` (from 1) of a writer whose store is checked afterwards: three events on a
/// stream of its own and one on a stream that all share, a view of the first, a timer, a request.
storage::Commit checked_commit(std::int64_t number);

/// How many checked commits the store holds. Fails unless it holds all up to that one and nothing
/// else, each one whole.
std::int64_t whole_commits(storage::Store& store);

}  // namespace factory::test
