#include "common/paths.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cstdlib>

#include <thread>

#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"

using namespace factory;
using test::TempDir;

namespace {

unsigned mode_of(const std::filesystem::path& path) {
  struct stat status {};
  REQUIRE(::lstat(path.c_str(), &status) == 0);
  return status.st_mode & 07777U;
}

std::size_t entries(const std::filesystem::path& folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

/// Sets a variable (null: unsets it) and puts it back at the end of the scope.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* const before = ::getenv(name)) before_ = before;
    set(value);
  }
  ~Variable() { set(before_ ? before_->c_str() : nullptr); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  void set(const char* value) const {
    value == nullptr ? ::unsetenv(name_) : ::setenv(name_, value, 1);
  }
  const char* name_;
  std::optional<std::string> before_;
};

}  // namespace

TEST_CASE("the data folder follows the XDG specification") {
  struct Row {
    const char* data;
    const char* home;
    const char* folder;
  };
  const Row row = GENERATE(Row{"/data", "/home/a", "/data/agent-factory"},
                           Row{nullptr, "/home/a", "/home/a/.local/share/agent-factory"},
                           Row{"", "/home/a", "/home/a/.local/share/agent-factory"},
                           Row{"relative", "/home/a", "/home/a/.local/share/agent-factory"},
                           Row{nullptr, nullptr, ""});
  const Variable data("XDG_DATA_HOME", row.data);
  const Variable home("HOME", row.home);
  CHECK(default_data_dir() == row.folder);
}

TEST_CASE("files are read whole, up to a limit") {
  const TempDir dir;
  const std::string content = std::string(50'000, 'x') + '\0' + "end";
  const auto file = dir.write("f", content);
  const auto read = read_file(file);
  REQUIRE(read.ok());
  CHECK(*read == content);
  CHECK(read_file(file, content.size()).ok());
  CHECK(read_file(file, content.size() - 1).error().code == ErrorCode::payload_too_large);
  CHECK(read_file(dir / "gone").error().code == ErrorCode::not_found);
  CHECK_THAT(read_file(dir / "gone").error().detail, test::contains((dir / "gone").string()));
  CHECK_FALSE(read_file(dir.path()).ok());
}

TEST_CASE("a secret is read only from a file that nobody else can get at") {
  const TempDir dir;
  const auto file = dir.write("key", "s3cret");
  const unsigned wide = GENERATE(0604U, 0640U, 0620U, 0602U, 0644U, 0666U);
  ::chmod(file.c_str(), wide);
  const auto refused = read_secret_file(file);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == ErrorCode::forbidden);
  CHECK(refused.error().hint == "Run: chmod 600 " + file.string());
  ::chmod(file.c_str(), 0600);
  REQUIRE(read_secret_file(file).ok());
  CHECK(*read_secret_file(file) == "s3cret");
  ::chmod(file.c_str(), 0400);
  CHECK(read_secret_file(file).ok());
}

TEST_CASE("what is no plain file holds no secret and nobody up") {
  const TempDir dir;
  const auto pipe = dir / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(read_secret_file(pipe).error().code == ErrorCode::forbidden);
  CHECK(read_secret_file(dir.path()).error().code == ErrorCode::forbidden);
  CHECK(read_secret_file(dir / "gone").error().code == ErrorCode::not_found);
}

TEST_CASE("a private file is replaced as one step and only its owner may read it") {
  const TempDir dir;
  const auto file = dir.write("key", "old");
  ::chmod(file.c_str(), 0644);
  REQUIRE(write_file_private(file, "new").ok());
  CHECK(*read_file(file) == "new");
  CHECK(mode_of(file) == 0600);
  CHECK(entries(dir.path()) == 1);
  REQUIRE(write_file_private(dir / "fresh", "").ok());
  CHECK(mode_of(dir / "fresh") == 0600);
  CHECK(entries(dir.path()) == 2);
}

TEST_CASE("a link in the place of a private file is replaced, not followed") {
  const TempDir dir;
  const auto target = dir.write("target", "untouched");
  std::filesystem::create_symlink(target, dir / "key");
  REQUIRE(write_file_private(dir / "key", "new").ok());
  CHECK(*read_file(target) == "untouched");
  CHECK_FALSE(std::filesystem::is_symlink(dir / "key"));
}

TEST_CASE("a private file that cannot be written leaves nothing behind") {
  const TempDir dir;
  CHECK(write_file_private(dir / "no" / "folder", "x").error().code == ErrorCode::not_found);
  std::filesystem::create_directory(dir / "taken");
  CHECK_FALSE(write_file_private(dir / "taken", "x").ok());
  CHECK(entries(dir.path()) == 1);
}

TEST_CASE("readers see the old or the new file, never half of one") {
  const TempDir dir;
  const std::string a(20'000, 'a');
  const std::string b(30'000, 'b');
  REQUIRE(write_file_private(dir / "f", a).ok());
  std::jthread writer([&](const std::stop_token& stop) {
    for (bool first = false; !stop.stop_requested(); first = !first) {
      static_cast<void>(write_file_private(dir / "f", first ? a : b));
    }
  });
  int torn = 0;
  for (int i = 0; i < 200; ++i) {
    const auto read = read_file(dir / "f");
    if (!read.ok() || (*read != a && *read != b)) ++torn;
  }
  CHECK(torn == 0);
}

TEST_CASE("a private folder is made with all above it") {
  const TempDir dir;
  const auto folder = dir / "a" / "b" / "c";
  REQUIRE(ensure_private_dir(folder).ok());
  CHECK(mode_of(folder) == 0700);
  CHECK(mode_of(dir / "a") == 0700);
  CHECK(ensure_private_dir(folder).ok());
}

TEST_CASE("a folder that others can get at is narrowed only while it is empty") {
  const TempDir dir;
  const auto folder = dir / "wide";
  std::filesystem::create_directory(folder);
  ::chmod(folder.c_str(), 0755);
  REQUIRE(ensure_private_dir(folder).ok());
  CHECK(mode_of(folder) == 0700);
  ::chmod(folder.c_str(), 0755);
  dir.write("wide/content", "x");
  const auto refused = ensure_private_dir(folder);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().hint == "Run: chmod 700 " + folder.string());
  CHECK(mode_of(folder) == 0755);
}

TEST_CASE("what is no folder is refused") {
  const TempDir dir;
  const auto file = dir.write("file", "x");
  CHECK_FALSE(ensure_private_dir(file).ok());
  CHECK_FALSE(ensure_private_dir(file / "below").ok());
}
