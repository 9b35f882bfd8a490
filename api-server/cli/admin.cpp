#include "cli/admin.hpp"

#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/remote.hpp"
#include "common/paths.hpp"
#include "core.hpp"
#include "engine/audit.hpp"
#include "engine/rebuild.hpp"
#include "flows/slices.hpp"

namespace factory::cli {

namespace {

using nlohmann::json;
namespace fs = std::filesystem;

std::string store_file(const std::string& data) {
  const std::string file = data + "/factory.db";
  if (!fs::exists(file)) throw std::runtime_error("there is no store in " + data);
  return file;
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
  const auto store = storage::open_sqlite(store_file(data));
  const SigningKey key = seal_key(data);
  if (options.action == Action::audit_verify) {
    return print_report(engine::verify_store(
        *store, options.public_key.empty() ? key.public_hex() : options.public_key));
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

int run_backup(const Options& options) {
  const std::string data = data_folder(options);
  storage::open_sqlite(store_file(data))->backup(options.file);
  // Blobs never change once they are there, so a copy behind the store's holds all it refers to.
  const std::string blobs = options.file + ".blobs";
  if (fs::exists(data + "/blobs")) {
    fs::copy(data + "/blobs", blobs, fs::copy_options::recursive);
  }
  std::cout << json{{"store", options.file}, {"blobs", blobs}}.dump() << "\n";
  return 0;
}

int run_rebuild(const Options& options) {
  const std::string data = data_folder(options);
  std::unique_ptr<storage::FolderLock> lock;
  if (!options.check) lock = std::make_unique<storage::FolderLock>(data);
  const auto store = storage::open_sqlite(store_file(data));
  const engine::RebuildReport report = options.check ? engine::check_views(*store, all_slices())
                                                     : engine::rebuild_views(*store, all_slices());
  std::cout << json{{"streams", report.streams},
                    {"clean", report.differences.empty()},
                    {"differences", report.differences}}
                   .dump(2)
            << "\n";
  return report.differences.empty() ? 0 : 1;
}

}  // namespace factory::cli
