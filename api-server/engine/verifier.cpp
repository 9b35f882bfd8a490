#include "engine/verifier.hpp"

#include <algorithm>
#include <utility>

#include "engine/runner.hpp"

namespace factory::engine {
namespace {

constexpr std::size_t most_problems = 100;

std::string named(const Verifier::Place& place) {
  return "event " + std::to_string(place.position) + " (" + place.stream + ")";
}

}  // namespace

void Verifier::problem(std::string what) {
  if (report_.problems.size() < most_problems) report_.problems.push_back(std::move(what));
}

void Verifier::part(const std::string& kind) {
  if (last_ > 0 || !part_.empty()) problem("a part of a trail begins in the middle of the file");
  if (kind != "range" && kind != "archive") problem("a part of an unknown kind: " + kind);
  part_ = kind;
}

std::optional<Verifier::Head> Verifier::follow(const Place& place, const Hash& hash) {
  const std::string where = named(place);
  if (has_head_) problem(where + " stands behind the signed end");
  const bool first = last_ == 0;
  const bool in_order =
      part_ == "archive" || (first && part_ == "range") || place.position == last_ + 1;
  if (!in_order) problem(where + " does not follow the one before");
  if (first) first_ = place.position;
  last_ = part_ == "archive" ? std::max(last_, place.position) : place.position;
  ++report_.events;
  const auto [at, unknown] = heads_.try_emplace(place.stream);
  std::optional<Head> before = at->second;
  if (unknown && part_ == "range" && place.version > 1) {
    before.reset();
  } else if (place.version != at->second.version + 1) {
    problem(where + " is version " + std::to_string(place.version) + " behind " +
            std::to_string(at->second.version) + ": events of the stream are missing");
  }
  at->second = {place.version, hash};
  if (part_.empty()) {
    if (!digest_) digest_.emplace().update(bytes_of(sealed_));
    digest_->update(bytes_of(hash));
  }
  return before;
}

void Verifier::event(const Place& place, const std::string& body, const Hash& hash) {
  const std::optional<Head> before = follow(place, hash);
  if (before && sha256(before->hash, body) != hash) {
    problem(named(place) + " was changed: its hash differs");
  }
}

void Verifier::columns(const storage::EventRecord& event) {
  if (!says_so(event.body, event)) {
    problem(named({event.position, event.stream, event.version}) +
            " was changed: its row says something else than its body");
  }
}

void Verifier::archived(const Place& place, const Hash& hash) {
  follow(place, hash);
  ++report_.archived;
}

void Verifier::seal(const storage::Seal& seal, const std::string& signer) {
  const std::string where = "the seal at " + std::to_string(seal.position);
  if (seal.position > last_) {
    problem(where + " covers events that are not there: the end was cut off after event " +
            std::to_string(last_));
    return;
  }
  if (!digest_) digest_.emplace().update(bytes_of(sealed_));
  if (digest_->finish() != seal.digest) problem(where + " does not fit the events before it");
  if (!verify_signature(public_hex_.value_or(signer), sealed_text(seal.position, seal.digest),
                        seal.signature)) {
    problem(where + " is not signed by the expected key");
  }
  sealed_ = seal.digest;
  digest_.reset();
  ++report_.seals;
  report_.sealed_through = seal.position;
}

void Verifier::head(const PartHead& head, const Hash& digest, const std::string& signature,
                    const std::string& signer) {
  has_head_ = true;
  const bool whole = part_.empty();
  if (!whole) {
    ++report_.seals;
    report_.sealed_through = head.position;
  }
  if (head.kind != (whole ? whole_trail : part_) || head.events != report_.events ||
      head.position != last_ || (part_ == "range" && head.from != first_)) {
    problem("the signed end does not fit the events before it");
  }
  if (digest != head.digest) problem("a line before the signed end was changed");
  if (!verify_signature(public_hex_.value_or(signer), head.signed_text(), signature)) {
    problem("the end is not signed by the expected key");
  }
}

void Verifier::expect_signed_end() {
  if (!has_head_) problem("the signed end is missing: the end of the file was cut off");
}

AuditReport Verifier::finish() {
  report_.streams = static_cast<std::int64_t>(heads_.size());
  return std::move(report_);
}

}  // namespace factory::engine
