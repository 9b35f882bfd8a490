#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "storage/store.hpp"

namespace factory::storage {

/// What is in a journal's record: a number, one higher than the record's before, and bytes.
struct JournalRecord {
  std::int64_t number = 0;
  std::string bytes;
};

/// An append-only log in front of the database: a record is on disk before anybody is told of it,
/// and moved into the tables later. A flush of a few kilobytes over room that is there already
/// takes about half the time of one that makes a file longer, and a fraction of a transaction's.
///
/// Two files, `<database>.commits0` and `…1`, are written in turns: one is begun anew when all that
/// it holds is in the tables. A record is "AFjournl", number, size, SHA-256 of (the store's secret,
/// number, bytes), bytes, padded to 8. What a crash tore is no record, and was never acknowledged;
/// a record behind a damaged one shows that acknowledged ones were lost, and is refused.
///
/// One thread at a time, but for moved(). Errors are StoreFailure.
class Journal {
 public:
  /// Makes the files (0600) if need be. `store`: bytes that no other store has, so that records of
  /// another database that was here before are not taken for this one's.
  Journal(const std::string& database, std::string store);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  /// Makes the files this one's alone to write, until its end. Throws if another one has them.
  void own();

  /// The records behind number `moved`, in order: what the owner finds before it appends. Throws if
  /// one is missing or damaged.
  std::vector<JournalRecord> recover(std::int64_t moved);
  /// The records behind number `moved`, in order, while another process appends to them. It must
  /// not move any meanwhile.
  [[nodiscard]] std::vector<JournalRecord> look(std::int64_t moved) const;

  /// Throws if append() would, whatever the record is.
  void check() const;
  /// Writes the next record; its number. It is on disk when this returns. After a failure every
  /// further call fails: what stands is known after reopening.
  std::int64_t append(std::string_view bytes);

  /// All records up to this number are in the tables, and on disk there.
  void moved(std::int64_t number) { moved_ = number; }

 private:
  struct File {
    int handle = -1;
    std::int64_t room = 0;  ///< bytes that exist
    std::int64_t end = 0;   ///< behind the last record
    std::int64_t last = 0;  ///< its number; 0: none
  };

  [[nodiscard]] std::string name(std::size_t file) const;
  [[nodiscard]] std::vector<JournalRecord> records_of(std::string_view text,
                                                      std::size_t& end) const;
  void refuse_damage(std::size_t file, std::string_view text, std::size_t end,
                     std::int64_t last) const;
  [[nodiscard]] Hash seal(std::int64_t number, std::string_view bytes) const;
  [[nodiscard]] std::int64_t record_at(std::string_view text, std::size_t at,
                                       JournalRecord& record) const;
  File& choose(std::int64_t bytes);
  void make_room(File& file, std::int64_t bytes);
  [[noreturn]] void fail(const char* doing);

  const std::string database_;
  const std::string store_;
  std::array<File, 2> files_;
  std::size_t current_ = 0;
  std::int64_t last_ = 0;
  std::atomic<std::int64_t> moved_ = 0;
  bool owned_ = false;
  bool failed_ = false;
};

}  // namespace factory::storage
