#include "cli/admin.hpp"

#include <filesystem>
#include <fstream>
#include <iostream>
#include <limits>
#include <nlohmann/json.hpp>

#include "cli/remote.hpp"
#include "common/paths.hpp"
#include "core.hpp"
#include "engine/audit.hpp"
#include "engine/rebuild.hpp"
#include "flows/slices.hpp"
#include "slices/asset/collect.hpp"

namespace factory::cli {

namespace {

using nlohmann::json;
namespace fs = std::filesystem;

std::string store_file(const std::string& data) {
  const std::string file = data + "/factory.db";
  if (!fs::exists(file)) throw std::runtime_error("there is no store in " + data);
  return file;
}

struct OpenedStore {
  std::unique_ptr<storage::FolderLock> lock;  ///< of one who writes
  std::unique_ptr<storage::Store> store;
};

OpenedStore open_store(const std::string& data, storage::Opening opening) {
  OpenedStore opened;
  if (opening == storage::Opening::own) opened.lock = std::make_unique<storage::FolderLock>(data);
  opened.store = storage::open_sqlite(store_file(data), opening);
  return opened;
}

SigningKey seal_key(const std::string& data) {
  auto pem = read_secret_file(data + "/seal.key");
  if (!pem) throw std::runtime_error(pem.error().detail);
  const auto key = SigningKey::from_pem(*pem);
  if (!key) throw std::runtime_error(data + "/seal.key holds no Ed25519 key");
  return *key;
}

// --- audit ------------------------------------------------------------------------------------

int print_report(const engine::AuditReport& report) {
  std::cout << json{{"sound", report.sound()},
                    {"events", report.events},
                    {"streams", report.streams},
                    {"seals", report.seals},
                    {"sealed_through", report.sealed_through},
                    {"archived", report.archived},
                    {"archives", report.archives},
                    {"problems", report.problems}}
                   .dump(2)
            << "\n";
  return report.sound() ? 0 : 1;
}

int verify_file(const Options& options) {
  std::ifstream in(options.file);
  if (!in) throw std::runtime_error("cannot read " + options.file);
  return print_report(engine::verify_trail(
      in, options.public_key.empty() ? std::nullopt : std::optional(options.public_key)));
}

}  // namespace

std::string data_folder(const Options& options) {
  if (!options.data.empty()) return options.data;
  const std::string set = variable("FACTORY_DATA");
  return set.empty() ? default_data_dir().string() : set;
}

int run_audit(const Options& options) {
  if (options.action == Action::audit_verify && !options.file.empty()) return verify_file(options);
  const std::string data = data_folder(options);
  const auto [lock, store] = open_store(data, storage::Opening::look);
  const SigningKey key = seal_key(data);
  if (options.action == Action::audit_verify) {
    return print_report(engine::verify_store(
        *store, options.public_key.empty() ? key.public_hex() : options.public_key,
        data + "/archive"));
  }
  if (options.file.empty()) {
    engine::export_trail(*store, key, SystemClock().now(), std::cout);
    return std::cout.flush() ? 0 : 1;
  }
  std::ofstream out(options.file, std::ios::trunc);
  engine::export_trail(*store, key, SystemClock().now(), out);
  if (!out.flush()) throw std::runtime_error("cannot write " + options.file);
  return 0;
}

namespace {

json archived(const engine::ArchiveRun& run) {
  return {{"pipelines", run.groups},
          {"streams", run.streams},
          {"events", run.events},
          {"files", run.files},
          {"more", run.more}};
}

/// One step of a run.
json archive_some(const std::optional<Running>& server, const std::string& data, int days) {
  if (!server) {
    Core core(CoreOptions{data, {}, {}, {}, {}, {}});
    const Millis age{days * 86'400'000LL};
    return archived(core.archive(age, std::numeric_limits<std::int64_t>::max()));
  }
  const Result<json> answer =
      call_server(*server, "POST", "/v1/archives", {{"older_than_days", days}});
  if (!answer) throw std::runtime_error(answer.error().detail);
  return *answer;
}

}  // namespace

int run_archive(const Options& options) {
  const std::string data = data_folder(options);
  const std::optional<Running> server = running_server(data);
  json total = archived({});
  bool more = true;
  while (more) {
    const json some = archive_some(server, data, options.older_than_days);
    for (const char* name : {"pipelines", "streams", "events"}) {
      total[name] = total[name].get<std::int64_t>() + some.at(name).get<std::int64_t>();
    }
    for (const json& file : some.at("files")) total["files"].push_back(file);
    // Without progress what is left changes all the time: the next run takes it.
    more = some.at("more").get<bool>() && some.at("pipelines").get<std::int64_t>() > 0;
    total["more"] = some.at("more");
  }
  std::cout << total.dump(2) << "\n";
  return 0;
}

namespace {

/// All but those that are being uploaded. One that nothing needs may be removed meanwhile.
void copy_blobs(const std::string& from, const std::string& to) {
  for (const fs::directory_entry& shelf : fs::directory_iterator(from)) {
    if (!shelf.is_directory() || shelf.path().filename() == "incoming") continue;
    const fs::path place = fs::path(to) / shelf.path().filename();
    fs::create_directories(place);
    for (const fs::directory_entry& blob : fs::directory_iterator(shelf.path())) {
      std::error_code error;
      fs::copy_file(blob.path(), place / blob.path().filename(), error);
      if (error && fs::exists(blob.path())) {
        throw std::runtime_error("cannot copy " + blob.path().string() + ": " + error.message());
      }
    }
  }
}

}  // namespace

int run_backup(const Options& options) {
  const std::string data = data_folder(options);
  open_store(data, storage::Opening::look).store->backup(options.file);
  // Blobs never change once they are there, so a copy behind the store's holds all it refers to.
  const std::string blobs = options.file + ".blobs";
  if (fs::exists(data + "/blobs")) copy_blobs(data + "/blobs", blobs);
  const std::string archive = options.file + ".archive";
  if (fs::exists(data + "/archive")) {
    fs::copy(data + "/archive", archive, fs::copy_options::recursive);
  }
  std::cout << json{{"store", options.file}, {"blobs", blobs}, {"archive", archive}}.dump() << "\n";
  return 0;
}

int run_rebuild(const Options& options) {
  const std::string data = data_folder(options);
  const auto [lock, store] =
      open_store(data, options.check ? storage::Opening::look : storage::Opening::own);
  const engine::RebuildReport report = options.check ? engine::check_views(*store, all_slices())
                                                     : engine::rebuild_views(*store, all_slices());
  std::cout << json{{"streams", report.streams},
                    {"clean", report.differences.empty()},
                    {"differences", report.differences}}
                   .dump(2)
            << "\n";
  return report.differences.empty() ? 0 : 1;
}

int run_gc(const Options& options) {
  const std::string data = data_folder(options);
  const auto [lock, store] =
      open_store(data, options.dry_run ? storage::Opening::look : storage::Opening::own);
  const auto blobs = storage::open_file_blobs(data + "/blobs", options.dry_run);
  const asset::Collected found =
      asset::Collector(*store, *blobs, data + "/archive").run(asset::kGrace, options.dry_run);
  std::cout << json{{"dry_run", options.dry_run},
                    {"files", found.blobs},
                    {"young", found.young},
                    {options.dry_run ? "removable" : "removed", found.removed},
                    {"bytes", found.bytes},
                    {"digests", found.digests}}
                   .dump(2)
            << "\n";
  return 0;
}

}  // namespace factory::cli
