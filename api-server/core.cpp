#include "core.hpp"

#include <algorithm>
#include <stdexcept>

#include "common/log.hpp"
#include "common/paths.hpp"
#include "engine/audit.hpp"
#include "engine/rebuild.hpp"
#include "engine/timers.hpp"
#include "flows/flows.hpp"
#include "flows/slices.hpp"
#include "identity/last_used.hpp"
#include "queries/closed.hpp"
#include "queries/task_timer.hpp"
#include "slices/key/mint.hpp"
#include "slices/task/task.hpp"
#include "slices/template/folder.hpp"

namespace factory {

namespace {

template <class T>
T or_throw(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().detail);
  return std::move(result).value();
}

SigningKey open_seal_key(const std::string& file) {
  auto pem = read_secret_file(file);
  if (!pem && pem.error().code == ErrorCode::not_found) {
    SigningKey key = SigningKey::generate();
    or_throw(write_file_private(file, key.private_pem()));
    return key;
  }
  const auto key = SigningKey::from_pem(or_throw(std::move(pem)));
  if (!key) throw std::runtime_error(file + " holds no Ed25519 key");
  return *key;
}

/// The state of every stream of a kind, or of those whose view has one of these statuses.
template <class Definition>
void each_state(
    storage::Store& store,
    const std::function<void(const std::string&,
                             const std::shared_ptr<const typename Definition::State>&)>& visit,
    std::vector<std::string> statuses = {}) {
  const engine::SliceOf<Definition> slice;
  storage::ViewQuery query;
  query.kind = Definition::kind;
  query.statuses = std::move(statuses);
  query.limit = 100;
  for (;;) {
    const storage::ViewPage page = store.query_views(query);
    for (const storage::ViewRow& row : page.rows) {
      const engine::LoadedStream loaded = engine::load_stream(store, slice, row.id);
      visit(row.id, std::static_pointer_cast<const typename Definition::State>(loaded.state));
    }
    if (page.next_cursor.empty()) return;
    query.cursor = page.next_cursor;
  }
}

/// Tells the registry how a stream stands now, if it is one that it knows.
void tell(identity::Registry& registry, const engine::StreamChange& change) {
  const auto put = [&]<class State>(const State*) {
    registry.put(change.stream, std::static_pointer_cast<const State>(change.state));
  };
  const key::State* key = nullptr;
  const user::State* user = nullptr;
  const group::State* group = nullptr;
  const session::State* session = nullptr;
  if (change.kind == key::Definition::kind) put(key);
  if (change.kind == user::Definition::kind) put(user);
  if (change.kind == group::Definition::kind) put(group);
  if (change.kind == session::Definition::kind) put(session);
}

}  // namespace

Core::Core(CoreOptions options) : data_(options.data), observer_(options.observer) {
  or_throw(ensure_private_dir(data_));
  lock_ = std::make_unique<storage::FolderLock>(data_);
  clock_ = options.clock ? options.clock : std::make_shared<SystemClock>();
  ids_ = options.ids ? options.ids : std::make_shared<SystemIds>();
  catalog_ = Catalog::embedded();
  open(options);
  load_projections();
  open_identity();
  const auto committed = [this](const std::vector<engine::StreamChange>& changes) {
    for (const engine::StreamChange& change : changes) {
      tell(*registry_, change);
      if (change.kind != agent::Definition::kind) continue;
      agents_.put(change.stream, std::static_pointer_cast<const agent::State>(change.state),
                  clock_->now());
    }
  };
  runner_ = std::make_unique<engine::Runner>(engine::RunnerParts{
      *store_, *clock_, *ids_, all_slices(), flows::follow, [this] { return registry_->people(); },
      [this](const Principal& actor) { return registry_->stands(actor); }, committed,
      std::move(options.effect_kinds), std::move(options.failed), options.observer});
  load_templates();
  create_first_keys();
}

Core::~Core() = default;

void Core::open(CoreOptions& options) {
  store_ = options.store ? std::move(options.store) : storage::open_sqlite(data_ + "/factory.db");
  search_ = storage::open_sqlite_search(data_ + "/search.db");
  if (search_->position() > store_->last_position()) {
    log(LogLevel::warning, "the search index is ahead of the store, which is of an earlier day");
    search_->put({}, 0);  // once more from the beginning
  }
  blobs_ = storage::open_file_blobs(data_ + "/blobs");
  seal_key_ = open_seal_key(data_ + "/seal.key");
  if (engine::views_outdated(*store_, all_slices())) {
    log(LogLevel::info, "views are of another version: folding the log again");
    engine::rebuild_views(*store_, all_slices());
  }
}

void Core::load_projections() {
  registry_ = std::make_unique<identity::Registry>(*clock_);
  const auto put = [this](const std::string& id, const auto& state) { registry_->put(id, state); };
  each_state<key::Definition>(*store_, put);
  each_state<user::Definition>(*store_, put);
  each_state<group::Definition>(*store_, put, {"active"});
  each_state<session::Definition>(*store_, put, {"active"});
  each_state<agent::Definition>(
      *store_, [&](const std::string& id, const std::shared_ptr<const agent::State>& state) {
        agents_.put(id, state, clock_->now());
      });
  std::vector<pipeline_template::Loaded> known;
  each_state<pipeline_template::Definition>(
      *store_,
      [&](const std::string&, const std::shared_ptr<const pipeline_template::State>& state) {
        known.push_back(state->loaded);
      });
  std::sort(known.begin(), known.end(),
            [](const auto& left, const auto& right) { return left.at < right.at; });
  for (const auto& loaded : known) templates_.put(loaded);
}

void Core::open_identity() {
  const std::string file = data_ + "/key.pepper";
  auto pepper = identity::read_pepper(file);
  if (!pepper && pepper.error().code == ErrorCode::not_found) {
    if (registry_->needs_pepper()) {
      throw std::runtime_error(
          file +
          " is missing: without it no key and no password can be checked. Put it back from "
          "where the backups of secrets are.");
    }
    pepper = identity::Pepper::generate();
    or_throw(write_file_private(file, pepper->text() + "\n"));
  }
  identity_ =
      std::make_unique<identity::Identity>(*registry_, or_throw(std::move(pepper)), data_, *clock_);
  last_used_ = identity::read_last_used(data_ + "/last_used.json");
  registry_->set_last_used(last_used_);
}

void Core::keep_last_used() {
  auto now = registry_->last_used();
  if (now == last_used_) return;
  identity::write_last_used(data_ + "/last_used.json", now);
  last_used_ = std::move(now);
}

void Core::load_templates() {
  std::vector<pipeline_template::Load> loads;
  for (const auto& [file, definition] : catalog_->templates()) {
    loads.push_back(or_throw(pipeline_template::read_definition(definition)));
  }
  pipeline_template::FolderContent folder = pipeline_template::read_folder(data_ + "/templates");
  for (const pipeline_template::BadFile& bad : folder.bad) {
    log(LogLevel::error, "a template was not loaded",
        {{"file", bad.file}, {"why", bad.error.detail}});
  }
  std::move(folder.loads.begin(), folder.loads.end(), std::back_inserter(loads));
  for (pipeline_template::Load& load : loads) {
    engine::Call call;
    call.command = {pipeline_template::stream_of(load.loaded), pipeline_template::Command{load}};
    or_throw(runner_->run(std::move(call)));
    templates_.put(load.loaded);
  }
}

void Core::create_first_keys() {
  if (!registry_->people()->people.empty()) return;
  for (const auto& [file, channel] :
       {std::pair{"owner.key", "rest"}, std::pair{"mcp.key", "mcp"}}) {
    key::Created wanted;
    wanted.name = "owner";
    wanted.role = Role::owner;
    wanted.channel = channel;
    key::Minted minted = key::mint(std::move(wanted), ids_->next(clock_->now()), identity_->pepper);
    // The file first: a key that nobody has would lock everybody out.
    or_throw(write_file_private(data_ + "/" + file, minted.token + "\n"));
    engine::Call call;
    call.command = {minted.id, key::Command{std::move(minted.command)}};
    or_throw(runner_->run(std::move(call)));
  }
}

engine::ArchiveRun Core::archive(Millis older_than, std::int64_t most) {
  const std::lock_guard lock(archiving_);
  queries::ClosedPipelines closed(*store_, clock_->now() - older_than);
  return engine::archive_groups(
      {*runner_, *store_, seal_key_, *clock_, archive_folder()}, [&] { return closed.next(); },
      most);
}

engine::ArchiveRun Core::archive_notifications(Millis older_than, std::int64_t most) {
  const std::lock_guard lock(archiving_);
  const Time now = clock_->now();
  queries::OldNotifications old(*store_, now - older_than, now - 4 * older_than);
  return engine::archive_groups(
      {*runner_, *store_, seal_key_, *clock_, archive_folder()}, [&] { return old.next(); }, most);
}

int Core::fire_timers() {
  const auto command = [this](const engine::Slice& slice, const storage::TimerRow& timer) {
    if (slice.kind() == agent::Definition::kind) {
      return std::any(agent::Command{agents_.due(timer.stream, clock_->now())});
    }
    if (slice.kind() != task::Definition::kind) return std::any();
    return std::any(task::Command{queries::task_timer(*store_, *registry_->people(), timer)});
  };
  return engine::fire_timers(*runner_, *store_, *clock_, all_slices(), command, observer_);
}

bool Core::seal() {
  return engine::seal_log(*store_, seal_key_, clock_->now(),
                          [this](const auto& work) { runner_->with_store(work); });
}

}  // namespace factory
