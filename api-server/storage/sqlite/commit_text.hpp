#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "storage/store.hpp"

/// Commits as the bytes of the journal, and those bytes read where they lie.
namespace factory::storage {

struct EventText {
  std::string_view stream;
  std::int64_t version = 0;
  std::string_view type;
  std::int64_t at = 0;  ///< ms since 1970, as all times here
  std::string_view actor, body;
  std::string_view hash;  ///< 32 bytes
};

struct TagText {
  std::string_view key, value;
  std::int64_t rank = 0, at = 0;
  friend bool operator==(const TagText&, const TagText&) = default;
};

struct ViewText {
  std::string_view id, kind, status;
  std::int64_t version = 0, schema_version = 0, updated_at = 0;
  std::string_view tags;  ///< as encode_tags() writes them
  std::string_view doc, text;
  std::vector<TagText> removed, added;
};

struct TimerText {
  std::string_view stream, name;
  std::optional<std::int64_t> due;
};

struct EffectText {
  std::string_view id, stream, kind, payload;
  std::int64_t due = 0;
};

struct RequestText {
  std::string_view principal, key, fingerprint;
  std::int64_t status = 0;
  std::string_view answer;
  std::int64_t at = 0;
};

/// The tag where it lies.
TagText text_of(const Tag& tag);
/// The row where it lies, with its list of tags in `tags`; without the tags of the index.
ViewText text_of(const ViewRow& row, std::string_view tags);

/// A Commit whose texts lie in somebody else's bytes.
struct CommitText {
  std::vector<EventText> events;
  std::vector<ViewText> views;
  std::vector<TimerText> timers;
  std::vector<EffectText> effects;
  std::optional<RequestText> request;
};

/// Appends the commit to `bytes`.
void encode(const Commit& commit, std::string& bytes);

/// The commits that `bytes` holds one after the other; they live as long as the bytes. Throws
/// StoreFailure if those are damaged, or of a form that only a newer program knows.
std::vector<CommitText> decode(std::string_view bytes);

}  // namespace factory::storage
