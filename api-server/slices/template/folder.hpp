#pragma once

#include <string>
#include <vector>

#include "slices/template/template.hpp"

namespace factory::pipeline_template {

/// A file that could not be used, and why: the template of this name that stood before, if any,
/// stays in use.
struct BadFile {
  std::string file;  ///< its name inside the folder
  Error error;
};

struct FolderContent {
  std::vector<Load> loads;  ///< in order of file name
  std::vector<BadFile> bad;
};

/// Reads every *.json of the folder (regular files up to 256 KiB). Each file stands for itself: a
/// bad one, or one whose name another file took before, is reported and skipped. A folder that does
/// not exist has no files. Never throws but std::bad_alloc.
FolderContent read_folder(const std::string& folder);

}  // namespace factory::pipeline_template
