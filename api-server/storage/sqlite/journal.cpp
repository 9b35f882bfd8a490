#include "storage/sqlite/journal.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>
#include <utility>

#include "common/paths.hpp"

namespace factory::storage {

namespace {

constexpr std::string_view kMagic = "AFjournl";
constexpr std::size_t kNumberAt = 8;
constexpr std::size_t kSizeAt = 16;
constexpr std::size_t kSealAt = 24;
constexpr std::size_t kHead = kSealAt + std::tuple_size_v<Hash>;
constexpr std::size_t kAlign = 8;

/// A file is made longer by so much at a time.
constexpr std::int64_t kStep = 256 * 1024;
/// From here on the other file is used, if it is free.
constexpr std::int64_t kEnough = 4 * 1024 * 1024;
constexpr std::size_t kMostBytes = 1U << 30U;

std::int64_t number_at(std::string_view text, std::size_t at) {
  std::int64_t value = 0;
  std::memcpy(&value, text.data() + at, sizeof value);
  return value;
}

std::string_view bytes_of(const std::int64_t& number) {
  return {reinterpret_cast<const char*>(&number), sizeof number};
}

std::size_t padded(std::size_t size) { return (size + kAlign - 1) / kAlign * kAlign; }

/// All of the parts, one behind the other; false if that failed.
bool write_all(int handle, std::span<iovec> parts, std::int64_t at) {
  while (!parts.empty()) {
    ssize_t written = ::pwritev(handle, parts.data(), static_cast<int>(parts.size()), at);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    at += written;
    while (!parts.empty() && static_cast<std::size_t>(written) >= parts[0].iov_len) {
      written -= static_cast<ssize_t>(parts[0].iov_len);
      parts = parts.subspan(1);
    }
    if (parts.empty()) break;
    parts[0].iov_base = static_cast<char*>(parts[0].iov_base) + written;
    parts[0].iov_len -= static_cast<std::size_t>(written);
  }
  return true;
}

iovec part_of(std::string_view bytes) {
  return {const_cast<char*>(bytes.data()), bytes.size()};  // pwritev() reads alone
}

std::string content_of(const std::string& file) {
  auto content = read_file(file, kMostBytes);
  if (!content) throw StoreFailure("open: " + content.error().detail);
  return std::move(content).value();
}

/// Sorts, and leaves out those up to number `moved`.
void in_order(std::vector<JournalRecord>& records, std::int64_t moved) {
  std::erase_if(records, [&](const JournalRecord& record) { return record.number <= moved; });
  std::sort(records.begin(), records.end(),
            [](const auto& a, const auto& b) { return a.number < b.number; });
}

}  // namespace

Journal::Journal(const std::string& database, std::string store)
    : database_(database), store_(std::move(store)) {
  for (std::size_t i = 0; i < files_.size(); ++i) {
    files_[i].handle = ::open(name(i).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (files_[i].handle < 0) fail("open");
  }
}

Journal::~Journal() {
  for (const File& file : files_) {
    if (file.handle >= 0) ::close(file.handle);
  }
}

void Journal::own() {
  if (::flock(files_[0].handle, LOCK_EX | LOCK_NB) != 0) {
    throw StoreFailure("open: another process writes to " + database_);
  }
  owned_ = true;
}

std::string Journal::name(std::size_t file) const {
  return database_ + ".commits" + std::to_string(file);
}

void Journal::fail(const char* doing) {
  failed_ = true;
  throw StoreFailure("commit: " + std::string(doing) + " " + name(current_) + ": " +
                     std::strerror(errno));
}

Hash Journal::seal(std::int64_t number, std::string_view bytes) const {
  Sha256 hash;
  hash.update(store_);
  hash.update(bytes_of(number));
  hash.update(bytes);
  return hash.finish();
}

/// Where the record at `at` ends; -1 if there is none.
std::int64_t Journal::record_at(std::string_view text, std::size_t at,
                                JournalRecord& record) const {
  if (text.size() < at + kHead || text.substr(at, kMagic.size()) != kMagic) return -1;
  const auto size = static_cast<std::size_t>(number_at(text, at + kSizeAt));
  if (size > kMostBytes || text.size() - at - kHead < size) return -1;
  record.number = number_at(text, at + kNumberAt);
  const std::string_view bytes = text.substr(at + kHead, size);
  const Hash expected = seal(record.number, bytes);
  if (std::memcmp(text.data() + at + kSealAt, expected.data(), expected.size()) != 0) return -1;
  record.bytes = bytes;
  return static_cast<std::int64_t>(at + padded(kHead + size));
}

/// Those at the beginning of a file that follow each other, and where they end.
std::vector<JournalRecord> Journal::records_of(std::string_view text, std::size_t& end) const {
  std::vector<JournalRecord> records;
  JournalRecord record;
  end = 0;
  for (std::int64_t behind = 0; (behind = record_at(text, end, record)) >= 0;) {
    if (!records.empty() && record.number != records.back().number + 1) break;
    end = static_cast<std::size_t>(behind);
    records.push_back(std::move(record));
  }
  return records;
}

/// Behind the end there may be older records than the `last` one, but none that is newer. Texts of
/// users stand there, too: only what can be a record is hashed.
void Journal::refuse_damage(std::size_t file, std::string_view text, std::size_t end,
                            std::int64_t last) const {
  JournalRecord record;
  const auto most = last + static_cast<std::int64_t>(2 * text.size() / kHead);
  for (std::size_t at = end; (at = text.find(kMagic, at)) != std::string_view::npos; ++at) {
    if (at % kAlign != 0 || text.size() < at + kHead) continue;
    const std::int64_t number = number_at(text, at + kNumberAt);
    if (number <= last || number > most || record_at(text, at, record) < 0) continue;
    throw StoreFailure("open: " + name(file) + " is damaged before commit " +
                       std::to_string(record.number) + ": restore a backup");
  }
}

std::vector<JournalRecord> Journal::recover(std::int64_t moved) {
  std::vector<JournalRecord> records;
  for (std::size_t i = 0; i < files_.size(); ++i) {
    const std::string text = content_of(name(i));
    std::size_t end = 0;
    std::vector<JournalRecord> some = records_of(text, end);
    refuse_damage(i, text, end, std::max(moved, some.empty() ? 0 : some.back().number));
    std::move(some.begin(), some.end(), std::back_inserter(records));
    files_[i].room = static_cast<std::int64_t>(text.size());
  }
  in_order(records, moved);
  for (std::size_t i = 0; i < records.size(); ++i) {
    const std::int64_t expected = moved + 1 + static_cast<std::int64_t>(i);
    if (records[i].number == expected) continue;
    throw StoreFailure("open: commit " + std::to_string(expected) + " is missing in " + name(0) +
                       " and " + name(1) + ": restore a backup");
  }
  moved_ = moved;
  last_ = moved + static_cast<std::int64_t>(records.size());
  // Whatever a file holds counts as not moved until the owner says that all of it is.
  for (File& file : files_) {
    file.end = file.room;
    file.last = last_;
  }
  return records;
}

std::vector<JournalRecord> Journal::look(std::int64_t moved) const {
  std::vector<JournalRecord> records;
  for (std::size_t i = 0; i < files_.size(); ++i) {
    std::size_t end = 0;
    std::vector<JournalRecord> some = records_of(content_of(name(i)), end);
    std::move(some.begin(), some.end(), std::back_inserter(records));
  }
  in_order(records, moved);
  // Of the file that was read first the last ones may be missing, and of the other not.
  const auto gap =
      std::adjacent_find(records.begin(), records.end(),
                         [](const auto& a, const auto& b) { return b.number != a.number + 1; });
  if (gap != records.end()) records.erase(gap + 1, records.end());
  return records;
}

void Journal::check() const {
  if (failed_) throw StoreFailure("commit: an earlier flush failed; the store must be reopened");
  if (!owned_) throw StoreFailure("commit: " + database_ + " was opened for a look only");
}

std::int64_t Journal::append(std::string_view bytes) {
  check();
  const std::int64_t number = last_ + 1;
  const Hash hash = seal(number, bytes);
  std::string head(kMagic);
  head.append(bytes_of(number)).append(bytes_of(static_cast<std::int64_t>(bytes.size())));
  head.append(reinterpret_cast<const char*>(hash.data()), hash.size());
  const std::size_t plain = head.size() + bytes.size();
  const std::string filler(padded(plain) - plain, '\0');
  const auto size = static_cast<std::int64_t>(plain + filler.size());
  if (size > static_cast<std::int64_t>(kMostBytes) / 2) {
    throw StoreFailure("commit: one batch of " + std::to_string(size) +
                       " bytes could not be read again");
  }
  std::array parts{part_of(head), part_of(bytes), part_of(filler)};
  File& file = choose(size);
  failed_ = true;  // until it is known better
  if (!write_all(file.handle, parts, file.end)) fail("write");
  if (::fdatasync(file.handle) != 0) fail("flush");
  failed_ = false;
  file.end += size;
  file.last = last_ = number;
  return number;
}

/// The file that the next record goes into, with room for it.
Journal::File& Journal::choose(std::int64_t bytes) {
  const std::int64_t moved = moved_;
  if (files_[current_].end + bytes > kEnough && files_[1 - current_].last <= moved) {
    current_ = 1 - current_;
  }
  File& file = files_[current_];
  if (file.last <= moved) file.end = 0;
  if (file.end + bytes > file.room) make_room(file, file.end + bytes - file.room);
  return file;
}

/// Zeros, written and flushed: a flush that only overwrites changes nothing about the file.
void Journal::make_room(File& file, std::int64_t bytes) {
  const std::string zeros(static_cast<std::size_t>((bytes + kStep - 1) / kStep * kStep), '\0');
  std::array parts{part_of(zeros)};
  if (!write_all(file.handle, parts, file.room) || ::fdatasync(file.handle) != 0) fail("extend");
  file.room += static_cast<std::int64_t>(zeros.size());
}

}  // namespace factory::storage
