#pragma once

#include <stdexcept>
#include <string>

namespace factory::storage {

/// Another process holds the folder. what() is for the user: it names the folder and the holder.
class FolderLocked : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Holds a data folder for this process alone, by a lock on FOLDER/lock that the system drops when
/// the process ends, however it ends. The file holds the process id of the holder and stays.
class FolderLock {
 public:
  /// The folder must exist. Throws FolderLocked, or std::runtime_error if the file cannot be made.
  explicit FolderLock(const std::string& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int handle_ = -1;
};

}  // namespace factory::storage
