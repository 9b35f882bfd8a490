#pragma once

#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "core.hpp"
#include "flows/slices.hpp"
#include "identity/identity.hpp"
#include "slices/gate/gate.hpp"
#include "slices/key/mint.hpp"
#include "slices/pipeline/pipeline.hpp"
#include "slices/task/task.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/temp_dir.hpp"

namespace factory::test {

/// Ids that are the same in every run of one seed, as long as they are drawn in the same order.
/// Thread-safe.
class SeededIds final : public IdSource {
 public:
  explicit SeededIds(std::uint64_t seed) : state_(seed) {}
  IdSeed next(Time at) override {
    const std::lock_guard lock(mutex_);
    const std::uint64_t high = next_word();
    return {at, high, next_word()};
  }

 private:
  std::uint64_t next_word() {  // SplitMix64
    std::uint64_t word = (state_ += 0x9E3779B97F4A7C15ULL);
    word = (word ^ (word >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    word = (word ^ (word >> 27U)) * 0x94D049BB133111EBULL;
    return word ^ (word >> 31U);
  }
  std::mutex mutex_;
  std::uint64_t state_;
};

/// The whole house without its HTTP edge, on a real store in a folder of its own, with a clock
/// that is moved by hand.
class House {
 public:
  explicit House(std::uint64_t seed = 1, std::vector<std::string> effect_kinds = {"announce"})
      : seed_(seed), effect_kinds_(std::move(effect_kinds)) {
    open();
  }

  void open() {
    CoreOptions options;
    options.data = folder_.path().string();
    options.clock = clock_;
    options.ids = std::make_shared<SeededIds>(seed_++);
    options.effect_kinds = effect_kinds_;
    core_ = std::make_unique<Core>(std::move(options));
  }
  /// As after a stop of the process: all that is not on disk is gone.
  void reopen() {
    core_.reset();
    open();
  }

  Core& core() { return *core_; }
  FakeClock& clock() { return *clock_; }

  template <class Command>
  Result<engine::Reply> run(const std::string& stream, Command command, const Principal& actor,
                            const std::string& key = "", const std::string& fingerprint = "") {
    engine::Call call;
    call.command = {stream, std::move(command)};
    call.actor = actor;
    call.idempotency_key = key;
    call.fingerprint = fingerprint;
    call.reply = [stream](const engine::Written& written) {
      return engine::Reply{200, written.view(stream).doc, written.view(stream).version, false, {}};
    };
    return core_->runner().run(std::move(call));
  }

  nlohmann::json doc(const std::string& id) {
    const auto row = core_->store().get_view(id);
    return row ? nlohmann::json::parse(row->doc) : nlohmann::json();
  }

  /// Adds a key, so that the person or agent exists.
  void add(const std::string& name, Role role, std::vector<std::string> groups = {}) {
    key::Created wanted;
    wanted.name = name;
    wanted.role = role;
    wanted.groups = std::move(groups);
    key::Minted minted =
        key::mint(std::move(wanted), core_->ids().next(clock_->now()), core_->identity().pepper);
    const auto done = run(minted.id, key::Command{std::move(minted.command)}, Principal{});
    if (!done) throw std::runtime_error(done.error().detail);
  }

  std::string fresh(const char* prefix) { return core_->ids().next(clock_->now()).make(prefix); }

 private:
  TempDir folder_;
  std::shared_ptr<FakeClock> clock_ = std::make_shared<FakeClock>();
  std::uint64_t seed_;
  std::vector<std::string> effect_kinds_;
  std::unique_ptr<Core> core_;
};

}  // namespace factory::test
