#pragma once

#include <array>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "domain/decision.hpp"

/// An asset: a file that a pipeline made, with all its versions. Its identity is (pipeline, path):
/// the same path again is the next version. The bytes are in the blob store, by their digest.
namespace factory::asset {

enum class Status { none, active, archived };
enum class Kind { code, config, docs, build, test_report };

inline constexpr int kMostVersions = 1000;

}  // namespace factory::asset

namespace factory {
template <>
struct EnumNames<asset::Status> {
  static constexpr std::array<std::string_view, 3> names{"none", "active", "archived"};
};
template <>
struct EnumNames<asset::Kind> {
  static constexpr std::array<std::string_view, 5> names{"code", "config", "docs", "build",
                                                         "test_report"};
};
}  // namespace factory

namespace factory::asset {

/// One upload.
struct Version {
  int number = 0;
  std::string stage;
  Kind kind = Kind::code;
  std::string media_type;
  std::int64_t size = 0;  ///< bytes
  std::string digest;     ///< SHA-256 of the bytes, hex
  std::string generated_by;
  std::string by;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("number", &Version::number),
                      field("stage", &Version::stage),
                      field("type", &Version::kind),
                      field("media_type", &Version::media_type),
                      field("size", &Version::size),
                      field("digest", &Version::digest),
                      field("generated_by", &Version::generated_by),
                      field("by", &Version::by),
                      field("at", &Version::at)};
  }
};

struct Created {
  static constexpr std::string_view type = "asset.created";
  std::string pipeline_id;
  std::string path;
  Version version;
  static constexpr auto fields() {
    return std::tuple{field("pipeline_id", &Created::pipeline_id), field("path", &Created::path),
                      field("version", &Created::version)};
  }
};

/// A further version, also of an asset that was archived: that makes it active again.
struct Updated {
  static constexpr std::string_view type = "asset.updated";
  std::string pipeline_id;
  std::string path;
  Version version;
  static constexpr auto fields() {
    return std::tuple{field("pipeline_id", &Updated::pipeline_id), field("path", &Updated::path),
                      field("version", &Updated::version)};
  }
};

struct Archived {
  static constexpr std::string_view type = "asset.archived";
  std::string reason;
  std::string by;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("reason", &Archived::reason), field("by", &Archived::by),
                      field("at", &Archived::at)};
  }
};

/// The time that an archived asset is kept for is over: the bytes of all versions so far may go.
struct Purged {
  static constexpr std::string_view type = "asset.purged";
  Time at{};
  static constexpr auto fields() { return std::tuple{field("at", &Purged::at)}; }
};

using Event = std::variant<Created, Updated, Archived, Purged>;

struct State {
  Status status = Status::none;
  std::string pipeline_id;
  std::string path;
  std::vector<Version> versions;  ///< oldest first, numbered from 1
  int purged = 0;                 ///< versions up to this one have no bytes any more
  std::optional<Archived> archived;
};

struct Upload {
  std::string pipeline_id;
  std::string path;
  Version version;  ///< `number`, `by` and `at` are filled by decide
};
/// `keep`: how long the bytes stay from now on; zero: for ever.
struct Archive {
  std::string reason;
  Millis keep{};
};
struct Purge {};
using Command = std::variant<Upload, Archive, Purge>;

Result<Decision<Event>> decide(const State& state, const Command& command, const Ctx& ctx);
State evolve(State state, const Event& event);
View view(const std::string& id, const State& state);

struct Definition {
  using State = asset::State;
  using Command = asset::Command;
  using Event = asset::Event;
  static constexpr std::string_view kind = "asset";
  static constexpr std::string_view prefix = "asset";
  static constexpr int view_version = 1;
  static Command timer_fired(const std::string& /*name*/) { return Purge{}; }
};

/// The id of the asset at this path: always the same, so that two uploads at once meet in one
/// stream. A UUIDv8 (RFC 9562 section 5.8) made of their SHA-256.
std::string stream_of(const std::string& pipeline_id, const std::string& path);

/// The tag of a view that needs a blob, by its digest: what keeps it from being collected.
inline constexpr std::string_view kBlobTag = "blob";

}  // namespace factory::asset
