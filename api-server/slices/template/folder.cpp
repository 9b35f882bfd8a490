#include "slices/template/folder.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <system_error>

#include "common/schema.hpp"

namespace factory::pipeline_template {

namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kMaxFile = 256 * 1024;  ///< bytes

Error refused(ErrorCode code, std::string detail, std::string hint) {
  return {code, std::move(detail), std::move(hint), {}, {}};
}

Result<std::string> read_file(const fs::path& path) {
  std::error_code failure;
  if (!fs::is_regular_file(path, failure)) {
    return refused(ErrorCode::invalid_request, "It is not a regular file.", "Put a file there.");
  }
  std::ifstream file(path, std::ios::binary);
  std::string text;
  if (file) {
    const std::uintmax_t size = fs::file_size(path, failure);
    if (!failure && size > kMaxFile) {
      return refused(ErrorCode::payload_too_large, "It is larger than 256 KiB.",
                     "Make the definition smaller.");
    }
    text.assign(std::istreambuf_iterator<char>(file), {});
  }
  if (!file || file.bad()) {
    return refused(ErrorCode::invalid_request, "It cannot be read.", "Check its permissions.");
  }
  return text;
}

Result<Load> read_template(const fs::path& path) {
  Result<std::string> text = read_file(path);
  if (!text) return std::move(text.error());
  Result<nlohmann::json> definition = parse_json(*text);
  if (!definition) return std::move(definition.error());
  return read_definition(*definition);
}

}  // namespace

FolderContent read_folder(const std::string& folder) {
  FolderContent content;
  std::error_code failure;
  if (!fs::exists(folder, failure)) return content;
  std::vector<fs::path> files;
  fs::directory_iterator entries(folder, failure);
  for (; !failure && entries != fs::directory_iterator(); entries.increment(failure)) {
    if (entries->path().extension() == ".json") files.push_back(entries->path());
  }
  if (failure) {
    content.bad.push_back({".", refused(ErrorCode::invalid_request,
                                        "The folder cannot be read: " + failure.message() + ".",
                                        "Check that it is a folder and its permissions.")});
  }
  std::sort(files.begin(), files.end());
  std::map<std::string, std::string> taken;  // template -> file
  for (const fs::path& path : files) {
    const std::string file = path.filename().string();
    Result<Load> load = read_template(path);
    if (!load) {
      content.bad.push_back({file, std::move(load.error())});
      continue;
    }
    const auto [owner, fresh] = taken.emplace(load->loaded.name, file);
    if (fresh) {
      content.loads.push_back(std::move(*load));
    } else {
      content.bad.push_back({file, refused(ErrorCode::conflict,
                                           "Template " + load->loaded.name + " stands in " +
                                               owner->second + " already.",
                                           "Give one of the two another name.")});
    }
  }
  return content;
}

}  // namespace factory::pipeline_template
