#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/catalog.hpp"
#include "common/clock.hpp"
#include "common/digest.hpp"
#include "common/ids.hpp"
#include "engine/archive.hpp"
#include "engine/runner.hpp"
#include "identity/identity.hpp"
#include "slices/agent/leases.hpp"
#include "slices/template/template.hpp"
#include "storage/folder_lock.hpp"
#include "storage/open.hpp"

namespace factory {

/// What a Core works with besides its data folder. Tests give their own clock, ids or store.
struct CoreOptions {
  std::string data;                                ///< the data folder; made (0700) if need be
  std::shared_ptr<const Clock> clock;              ///< empty: the machine's
  std::shared_ptr<IdSource> ids;                   ///< empty: random
  std::unique_ptr<storage::Store> store;           ///< empty: SQLite in the data folder
  std::vector<std::string> effect_kinds;           ///< that somebody carries out
  std::function<void(const std::string&)> failed;  ///< the store failed: stop
  engine::Observer* observer = nullptr;            ///< must outlive the core; null: nobody
};

/// The control plane without its HTTP edge: slices, engine and storage, wired by hand. One process
/// a data folder. Loads the templates that the product comes with and those of the folder
/// `templates` in the data folder.
class Core {
 public:
  /// Throws std::runtime_error in words for the user: the folder is in use, not writable, of a
  /// newer version.
  explicit Core(CoreOptions options);
  ~Core();
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  [[nodiscard]] const std::string& data() const { return data_; }
  [[nodiscard]] const Clock& clock() const { return *clock_; }
  IdSource& ids() { return *ids_; }
  storage::Store& store() { return *store_; }
  storage::SearchIndex& search() { return *search_; }
  storage::Blobs& blobs() { return *blobs_; }
  engine::Runner& runner() { return *runner_; }
  identity::Registry& registry() { return *registry_; }
  identity::Identity& identity() { return *identity_; }
  agent::Leases& agents() { return agents_; }
  pipeline_template::Book& templates() { return templates_; }
  [[nodiscard]] const Catalog& catalog() const { return *catalog_; }
  [[nodiscard]] const SigningKey& seal_key() const { return seal_key_; }

  /// Signs a checkpoint over the events since the last one; false if there are none.
  bool seal();
  /// Moves pipelines that have been closed for so long, with their gates and tasks, into sealed
  /// files in archive_folder(), the oldest first and at most so many. Any thread.
  engine::ArchiveRun archive(Millis older_than, std::int64_t most);
  /// The same with notifications that were read or dismissed so long ago, and with those that were
  /// made four times as long ago and never read; `most` counts tens of them.
  engine::ArchiveRun archive_notifications(Millis older_than, std::int64_t most);
  [[nodiscard]] std::string archive_folder() const { return data_ + "/archive"; }
  /// Turns timers that are due into commands (engine/timers.hpp); how many there were. One thread
  /// at a time.
  int fire_timers();

  /// Writes when each key was last used; a crash loses what came after the last time.
  void keep_last_used();

 private:
  void open(CoreOptions& options);
  void load_projections();
  /// Once it is known whether there is something that needs the server's secret.
  void open_identity();
  void load_templates();
  /// The owner's first keys, if the store knows none: owner.key, and mcp.key for the channel mcp.
  void create_first_keys();

  std::string data_;
  engine::Observer* observer_ = nullptr;
  std::unique_ptr<storage::FolderLock> lock_;
  std::shared_ptr<const Clock> clock_;
  std::shared_ptr<IdSource> ids_;
  std::shared_ptr<const Catalog> catalog_;
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<storage::SearchIndex> search_;
  std::unique_ptr<storage::Blobs> blobs_;
  SigningKey seal_key_;
  std::unique_ptr<identity::Registry> registry_;
  std::unique_ptr<identity::Identity> identity_;
  std::map<std::string, Time> last_used_;  ///< as they were written last
  agent::Leases agents_;
  pipeline_template::Book templates_;
  std::unique_ptr<engine::Runner> runner_;
  std::mutex archiving_;  ///< one run at a time
};

}  // namespace factory
