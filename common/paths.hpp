#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "common/result.hpp"

namespace factory {

/// Files that both programs share, and those that nobody else may read. All thread-safe. Errors
/// name the path and the system's reason: `not_found` if there is no such file, `forbidden` if
/// its rights are too wide or too narrow, else `internal`.

/// $XDG_DATA_HOME/agent-factory, else $HOME/.local/share/agent-factory; empty if neither
/// variable holds an absolute path (XDG base directory specification).
std::filesystem::path default_data_dir();

/// The whole file; more than `max_bytes` is refused as `payload_too_large`.
Result<std::string> read_file(const std::filesystem::path& path,
                              std::size_t max_bytes = 16U << 20U);

/// The same of a file with a secret, which only its owner (or root) may read or write: one that
/// others can get at is refused with the command that mends it.
Result<std::string> read_secret_file(const std::filesystem::path& path,
                                     std::size_t max_bytes = 64U << 10U);

/// Puts `content` in place of the file as one step, with mode 0600: after a crash there is either
/// the old file or the new one, and after the return the new one is on disk.
Status write_file_private(const std::filesystem::path& path, std::string_view content);

/// Makes the folder (and those above it) with mode 0700. One that is there already is narrowed to
/// that mode if it is empty; one with content that others can get at is refused with the command
/// that mends it (it may be shared on purpose), as is what is no folder or another user's.
Status ensure_private_dir(const std::filesystem::path& path);

}  // namespace factory
