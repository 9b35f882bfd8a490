#pragma once

#include <any>
#include <atomic>
#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "common/digest.hpp"
#include "core.hpp"
#include "storage/open.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/faulty_store.hpp"
#include "tests/support/house.hpp"
#include "tests/support/spec.hpp"

/// A seeded simulation: the real slices, flows, engine and store, with everything that is chance
/// (who does what, when, and what breaks) drawn from one seed.
namespace factory::sim {

/// An empty folder in memory where the machine has one.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::string file(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

/// What a call came to, as far as its caller knows.
enum class Known { acknowledged, refused, unknown };

/// One call and all that its caller saw.
struct Sent {
  std::string stream;
  std::any command;
  Principal actor;
  std::string key;         ///< Idempotency-Key; may be empty
  std::string request_id;  ///< stands in every event that it writes
  Known known = Known::unknown;
  std::string answer;           ///< of an acknowledged one
  bool replayed = false;        ///< answered from the record of an earlier one
  std::optional<Error> error;   ///< of a refused one
  std::size_t would_write = 0;  ///< events, when it was last decided
};

/// The house around a store that fails. Not thread-safe.
class World {
 public:
  World(std::uint64_t seed, test::FaultPlan plan);
  ~World() { close(); }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  /// Hands all of them in while the writer is held, so that they are one batch, and waits.
  void submit(std::vector<Sent>& calls);
  /// Fires what is due. False if the store failed meanwhile.
  bool fire_timers();
  /// As a new process would find it. A new engine always; a new store if `file_too`.
  void reopen(bool file_too);
  [[nodiscard]] bool dead() const { return dead_; }
  /// No faults from here on; reopens if need be.
  void heal();

  storage::Store& store() { return *real_; }
  test::FakeClock& clock() { return clock_; }
  const Directory& people() const { return *people_; }
  const SigningKey& seal_key() const { return seal_key_; }
  std::string fresh(const char* prefix) { return ids_.next(clock_.now()).make(prefix); }
  [[nodiscard]] int faults() const;

 private:
  void open();
  void close();

  Folder folder_;
  test::FakeClock clock_;
  test::SeededIds ids_;
  test::FaultPlan plan_;
  std::shared_ptr<const Directory> people_;
  SigningKey seal_key_ = SigningKey::generate();
  std::unique_ptr<storage::Store> real_;
  std::unique_ptr<test::FaultyStore> faulty_;
  std::unique_ptr<engine::Runner> runner_;
  int earlier_faults_ = 0;
  std::atomic<bool> dead_ = false;  ///< set by the engine's thread
};

/// Everybody there is; agents are among them.
const std::vector<Principal>& everybody();

}  // namespace factory::sim
