#pragma once

#include <string_view>

namespace factory {

/// The version as semver, with the commit it was built from as build metadata: "0.1.0+4f2a91c".
/// Just "0.1.0" for a release and for a source tree without git. Thread-safe.
std::string_view version();

}  // namespace factory
