#include "cli/admin.hpp"

#include <filesystem>
#include <fstream>
#include <iostream>
#include <limits>
#include <nlohmann/json.hpp>

#include "common/http_client.hpp"
#include "common/paths.hpp"
#include "core.hpp"
#include "engine/audit.hpp"
#include "engine/rebuild.hpp"
#include "flows/slices.hpp"
#include "slices/asset/collect.hpp"
#include "slices/key/key.hpp"

namespace factory::cli {

namespace {

using nlohmann::json;
namespace fs = std::filesystem;

int refuse(const Error& error) {
  std::cerr << "factory-api: " << error.detail << "\n";
  for (const FieldError& field : error.fields) {
    std::cerr << "  " << field.pointer << ": " << field.detail << "\n";
  }
  if (!error.hint.empty()) std::cerr << error.hint << "\n";
  return 1;
}

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

// --- keys -------------------------------------------------------------------------------------

/// The server that runs on the folder and the owner's token for it.
struct Running {
  std::string url;
  std::string token;
  std::string ca_file;
};

std::string variable(const char* name) {
  const auto environment = factory_environment();
  const auto set = environment.find(name);
  return set == environment.end() ? "" : set->second;
}

std::optional<Running> running_server(const std::string& data) {
  const auto file = read_file(data + "/server.json");
  if (!file) return std::nullopt;
  const json address = json::parse(*file, nullptr, false);
  if (!address.is_object() || !address.contains("url")) return std::nullopt;
  Running running{address["url"].get<std::string>(), "", variable("FACTORY_CA_FILE")};
  HttpClient client;
  HttpRequest ping;
  ping.url = running.url + "/healthz";
  ping.timeout = Millis{2000};
  ping.ca_file = running.ca_file;
  if (const auto answer = client.send(ping); !answer) {
    if (answer.error().data.at("reason") != "certificate") return std::nullopt;
    throw std::runtime_error(answer.error().detail + " " + answer.error().hint);
  }
  const auto token = read_secret_file(data + "/owner.key");
  if (!token) throw std::runtime_error(token.error().detail);
  running.token = token->substr(0, token->find_last_not_of(" \r\n") + 1);
  return running;
}

int print_key(const json& doc) {
  std::cout << doc.dump(2) << "\n";
  return 0;
}

int key_through(const Running& server, const Options& options) {
  HttpRequest request;
  request.headers = {{"Authorization", "Bearer " + server.token},
                     {"Content-Type", "application/json"}};
  request.url = server.url + "/v1/keys";
  request.ca_file = server.ca_file;
  if (options.action == Action::key_create) {
    request.method = "POST";
    request.body = json{{"name", options.name},
                        {"role", options.role},
                        {"groups", options.groups},
                        {"channel", options.channel}}
                       .dump();
  } else if (options.action == Action::key_revoke) {
    request.method = "DELETE";
    request.url += "/" + options.key_id;
  }
  HttpClient client;
  const Result<HttpResponse> answer = client.send(request);
  if (!answer) return refuse(answer.error());
  const json doc = json::parse(answer->body, nullptr, false);
  if (answer->status < 300) return print_key(doc);
  std::cerr << "factory-api: " << doc.value("detail", "refused") << "\n"
            << doc.value("hint", "") << "\n";
  return 1;
}

int key_offline(const std::string& data, const Options& options) {
  Core core(CoreOptions{data, {}, {}, {}, {}, {}});
  if (options.action == Action::key_list) {
    storage::ViewQuery query;
    query.kind = "key";
    query.limit = 100;
    json keys = json::array();
    do {
      const storage::ViewPage page = core.store().query_views(query);
      for (const storage::ViewRow& row : page.rows) keys.push_back(json::parse(row.doc));
      query.cursor = page.next_cursor;
    } while (!query.cursor.empty());
    return print_key({{"keys", keys}});
  }
  engine::Call call;  // by the system: whoever holds the folder holds everything in it
  std::string token;
  if (options.action == Action::key_create) {
    key::Created wanted;
    wanted.name = options.name;
    wanted.role = enum_from<Role>(options.role).value_or(Role::viewer);
    wanted.groups = options.groups;
    wanted.channel = options.channel;
    key::Minted minted = key::mint(std::move(wanted), core.ids().next(core.clock().now()));
    token = minted.token;
    call.command = {minted.id, key::Command{std::move(minted.command)}};
  } else {
    call.command = {options.key_id, key::Command{key::Revoke{options.reason}}};
  }
  const std::string id = call.command.stream;
  call.reply = [&id](const engine::Written& written) {
    return engine::Reply{200, written.view(id).doc, 0, false, {}};
  };
  const auto reply = core.runner().run(std::move(call));
  if (!reply) return refuse(reply.error());
  json doc = json::parse(reply->body);
  if (!token.empty()) doc["token"] = token;
  return print_key(doc);
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

int run_key(const Options& options) {
  const std::string data = data_folder(options);
  const std::optional<Running> server = running_server(data);
  return server ? key_through(*server, options) : key_offline(data, options);
}

int run_audit(const Options& options) {
  if (options.action == Action::audit_verify && !options.file.empty()) return verify_file(options);
  const std::string data = data_folder(options);
  const auto store = storage::open_sqlite(store_file(data));
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
  HttpRequest request;
  request.method = "POST";
  request.url = server->url + "/v1/archives";
  request.headers = {{"Authorization", "Bearer " + server->token},
                     {"Content-Type", "application/json"}};
  request.body = json{{"older_than_days", days}}.dump();
  request.timeout = Millis{600'000};
  HttpClient client;
  const Result<HttpResponse> answer = client.send(request);
  if (!answer) throw std::runtime_error(answer.error().detail);
  json doc = json::parse(answer->body, nullptr, false);
  if (answer->status >= 300) throw std::runtime_error(doc.value("detail", "refused"));
  return doc;
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
  storage::open_sqlite(store_file(data))->backup(options.file);
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

int run_gc(const Options& options) {
  const std::string data = data_folder(options);
  std::unique_ptr<storage::FolderLock> lock;
  if (!options.dry_run) lock = std::make_unique<storage::FolderLock>(data);
  const auto store = storage::open_sqlite(store_file(data));
  const auto blobs = storage::open_file_blobs(data + "/blobs", options.dry_run);
  const asset::Collected found =
      asset::Collector(*store, *blobs).run(asset::kGrace, options.dry_run);
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
