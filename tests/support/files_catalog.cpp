#include "tests/support/files_catalog.hpp"

#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/embedded.hpp"

namespace factory::test {

std::shared_ptr<const Catalog> catalog_of(const std::filesystem::path& folder) {
  std::map<std::string, std::string> texts;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    if (!file) throw std::runtime_error("cannot read " + entry.path().string());
    texts[entry.path().lexically_relative(folder).string()] = {std::istreambuf_iterator<char>(file),
                                                               {}};
  }
  std::vector<EmbeddedFile> files;
  for (const auto& [path, text] : texts) files.push_back({path, text});
  return Catalog::from_files(files);
}

}  // namespace factory::test
