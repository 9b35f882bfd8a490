#pragma once

#include <optional>
#include <string>
#include <unordered_map>

#include "engine/audit.hpp"
#include "engine/trail_export.hpp"

namespace factory::engine {

/// Follows a trail event by event and seal by seal, and says what does not hold.
class Verifier {
 public:
  explicit Verifier(std::optional<std::string> public_hex) : public_hex_(std::move(public_hex)) {}

  struct Place {
    std::int64_t position = 0;
    std::string stream;
    std::int64_t version = 0;
  };

  /// What follows is no whole trail: "range" (its streams may have begun before) or "archive"
  /// (whole streams, whose places in the log have gaps).
  void part(const std::string& kind);
  void event(const Place& place, const std::string& body, const Hash& hash);
  /// What the store's row of an event says beside its body has to be what the body says.
  void columns(const storage::EventRecord& event);
  /// Its body is elsewhere: only its place in the chain can be checked here.
  void archived(const Place& place, const Hash& hash);
  void seal(const storage::Seal& seal, const std::string& signer);
  /// The end of a part; `digest` is that of the lines before.
  void head(const PartHead& head, const Hash& digest, const std::string& signature,
            const std::string& signer);

  void problem(std::string what);
  [[nodiscard]] const AuditReport& so_far() const { return report_; }
  /// At the end of a file, where something must have signed the last event.
  void expect_signed_end();
  AuditReport finish();

 private:
  struct Head {
    std::int64_t version = 0;
    Hash hash{};
  };
  /// Checks the place and moves the stream's head on; the head before, unless it is not known.
  std::optional<Head> follow(const Place& place, const Hash& hash);

  std::optional<std::string> public_hex_;
  std::string part_;  ///< empty: the whole
  bool has_head_ = false;
  std::unordered_map<std::string, Head> heads_;
  std::int64_t first_ = 0, last_ = 0;  ///< positions
  std::optional<Sha256> digest_;       ///< of the hashes since the last seal
  Hash sealed_{};
  AuditReport report_;
};

}  // namespace factory::engine
