#pragma once

#include <string>

namespace factory::storage {

/// Moves a finished file to its name, on disk when it returns: its bytes are flushed, then it is
/// renamed, then the folder is flushed. Only its owner may read it. Throws StoreFailure.
void settle_file(const std::string& part, const std::string& name);

}  // namespace factory::storage
