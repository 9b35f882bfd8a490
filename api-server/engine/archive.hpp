#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/digest.hpp"
#include "engine/runner.hpp"
#include "storage/store.hpp"

/// Closed streams as sealed files beside the store.
///
/// Their events go into a file of JSON lines that ends in a signed head (engine/trail_export.hpp,
/// "archive"); `audit verify --file` checks it by itself. The store keeps each event's row with its
/// place, type, time, actor and hash, and blanks the body. That is what leaves everything else
/// sound without a second way of doing it: the log has no gaps, so reading by position stays a look
/// at the row; chain and seals go over hashes alone; the last row of a stream is its head and names
/// the file and its digest. What a store saves is bodies, documents and index entries, which are
/// nine tenths of it. Rebuild passes over archived streams, because they have no document any more.
namespace factory::engine {

/// Where the bodies of a stream went.
struct ArchiveMark {
  std::string file;    ///< its name in the archive folder
  std::string digest;  ///< hex, as its head says it
};
/// Of the last event of a stream; nullopt if it is not archived.
std::optional<ArchiveMark> archive_mark(const storage::EventRecord& last);
/// Of a stream; nullopt if it is there, or never was.
std::optional<ArchiveMark> find_archived(storage::Store& store, const std::string& stream);
/// What whoever asks for an archived thing is told.
Error archived_error(const std::string& stream, const ArchiveMark& mark);

/// One file.
struct ArchiveFile {
  std::string file;
  std::string digest;
  std::int64_t events = 0;
  std::int64_t bytes = 0;
  Time at{};
};
/// Those in the folder, oldest first, as their heads describe them; what is none is passed over.
std::vector<ArchiveFile> list_archives(const std::string& folder);

/// What a run came to.
struct ArchiveRun {
  std::int64_t groups = 0;
  std::int64_t streams = 0;
  std::int64_t events = 0;
  std::vector<std::string> files;
  bool more = false;  ///< the limit was reached: there may be further ones
};

/// Gives streams that are archived together, or none at the end.
using NextGroup = std::function<std::vector<std::string>()>;

struct ArchiveParts {
  Runner& runner;
  storage::Store& store;
  const SigningKey& key;
  const Clock& clock;
  std::string folder;
};

/// Archives up to `most` groups, 100 in a file. A file is on disk, whole and signed, before the
/// store gives up a body; a stream that changed meanwhile keeps all of its group. One run at a
/// time. Throws StoreFailure if a file cannot be written.
ArchiveRun archive_groups(const ArchiveParts& parts, const NextGroup& next, std::int64_t most);

/// Holds the archives of a folder against the rows that were left behind.
class ArchiveCheck {
 public:
  ArchiveCheck(storage::Store& store, std::string folder, std::string public_hex)
      : store_(store), folder_(std::move(folder)), public_hex_(std::move(public_hex)) {}

  /// An archived event of the store.
  void expect(const storage::EventRecord& event);
  /// Checks every file that the store names; returns how many were there.
  std::int64_t run(const std::function<void(std::string)>& problem);

 private:
  bool check_file(const std::string& file, const std::string& digest,
                  const std::function<void(std::string)>& problem);
  std::int64_t count_matches(const std::string& path, const std::string& digest,
                             const std::function<void(std::string)>& problem);

  storage::Store& store_;
  std::string folder_;
  std::string public_hex_;
  std::map<std::string, std::string> files_;              ///< name -> digest
  std::unordered_map<std::string, std::string> streams_;  ///< -> digest of its file
  std::int64_t expected_ = 0, found_ = 0;
};

}  // namespace factory::engine
