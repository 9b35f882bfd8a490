#include "storage/sqlite/scratch_folder.hpp"

#include <cstdlib>
#include <filesystem>

#include "storage/store.hpp"

namespace factory::storage {

ScratchFolder::ScratchFolder() {
  std::error_code none;
  for (const std::filesystem::path& parent :
       {std::filesystem::path("/dev/shm"), std::filesystem::temp_directory_path(none)}) {
    path_ = (parent / "factory-store-XXXXXX").string();
    if (::mkdtemp(path_.data()) != nullptr) return;
  }
  throw StoreFailure("no folder can be made for a store in memory");
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace factory::storage
