#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/digest.hpp"
#include "storage/store.hpp"

namespace factory::engine {

/// Which part of the trail; all of it by default.
struct TrailRange {
  std::int64_t after = 0;               ///< position; exclusive
  std::optional<std::int64_t> through;  ///< position; inclusive
  std::optional<Time> since, until;     ///< both inclusive
  [[nodiscard]] bool whole() const { return after == 0 && !through && !since && !until; }
};

/// The trail as JSON lines, in memory a piece at a time however long it is.
///
/// Of the whole: {"position","hash","event"} for each event in order, and
/// {"seal":{"position","digest","signature","at","public_key"}} behind the last event it covers,
/// one of them behind the last event. Of a part: the line {"part":…} first, then its events. The
/// last line of either is {"head":…}, which signs the number of events and the digest of every byte
/// before it, so that a cut-off end shows. An event whose body went into an archive is
/// {"position","hash","archived":{"stream","version","type","at","actor"}}. Writes nothing to the
/// store. What comes behind the moment of the construction is left out.
class TrailExport {
 public:
  TrailExport(storage::Store& store, const SigningKey& key, Time now, TrailRange range = {});

  /// The next whole lines, about 64 KiB; empty at the end.
  std::string next();

 private:
  void add_event(const storage::EventRecord& event, std::string& out);
  void add_seal(const storage::Seal& seal, std::string& out);
  void end(std::string& out);
  /// Adds a line, which the head covers.
  void add_line(const std::string& line, std::string& out);
  const storage::Seal* next_seal();

  storage::Store& store_;
  const SigningKey& key_;
  Time now_;
  bool whole_;
  std::int64_t last_;  ///< position
  storage::EventQuery query_;
  bool started_ = false, read_all_ = false, ended_ = false;
  std::vector<storage::Seal> seals_;
  std::size_t next_seal_ = 0;
  storage::Seal sealed_;          ///< the last one written, or nothing
  std::optional<Sha256> digest_;  ///< of the hashes since then
  Sha256 lines_;                  ///< all of them
  std::int64_t first_ = 0, position_ = 0, events_ = 0;
};

/// One line of a trail: the event with its place and hash.
std::string event_line(const storage::EventRecord& event);
/// The exact text of the event in such a line, without the line's end; empty if there is none.
std::string event_text(const std::string& line);

/// The line that opens a part of a trail ("range" or "archive"), and the one that signs it, or the
/// whole ("whole").
std::string part_line(const std::string& kind, Time at);
inline constexpr const char* whole_trail = "whole";
struct PartHead {
  std::string kind;
  std::int64_t from = 0, position = 0, events = 0;
  Hash digest{};  ///< SHA-256 of all lines before
  Time at{};
  [[nodiscard]] std::string signed_text() const;
};
std::string head_line(const PartHead& head, const SigningKey& key);

/// What a seal at this position with this digest signs.
std::string sealed_text(std::int64_t position, const Hash& digest);

inline std::string_view bytes_of(const Hash& hash) {
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

}  // namespace factory::engine
