#pragma once

#include <string>

namespace factory::storage {

/// A new empty folder (0700), in memory where the system has a place for that, removed with all
/// that is in it by the destructor. A process that is killed leaves it behind.
class ScratchFolder {
 public:
  /// Throws StoreFailure.
  ScratchFolder();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace factory::storage
