#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "common/digest.hpp"
#include "storage/folder_lock.hpp"
#include "storage/open.hpp"
#include "tests/storage/child_process.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"

namespace factory::test {

namespace fs = std::filesystem;

using storage::FolderLock;

namespace {

/// All files below a folder.
std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  return files;
}

unsigned mode_of(const fs::path& path) {
  struct stat about {};
  REQUIRE(::stat(path.c_str(), &about) == 0);
  return about.st_mode & 0777;
}

std::string locking_error(const std::string& folder) {
  try {
    const FolderLock lock(folder);
  } catch (const storage::FolderLocked& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a blob is found by the digest of its bytes") {
  const TempDir folder;
  const std::string place = (folder / "blobs").string();
  const auto blobs = storage::open_file_blobs(place);
  for (const std::string& bytes :
       {std::string(), std::string("a\0b", 3), std::string(3'000'000, 'x')}) {
    const std::string digest = blobs->put(bytes);
    CHECK(digest == to_hex(sha256(bytes)));
    CHECK(blobs->get(digest) == bytes);
    CHECK(blobs->put(bytes) == digest);
    CHECK(storage::open_file_blobs(place)->get(digest) == bytes);
  }
  CHECK(files_in(place).size() == 3);
  for (const fs::path& file : files_in(place)) {
    CHECK(mode_of(file) == 0600);
    CHECK(mode_of(file.parent_path()) == 0700);
    CHECK(file.parent_path().filename() == file.filename().string().substr(0, 2));
  }
  CHECK_FALSE(blobs->get(to_hex(sha256("never stored"))).has_value());
}

TEST_CASE("what is no digest reaches no file") {
  const TempDir folder;
  folder.write("secret", "words");
  const auto blobs = storage::open_file_blobs((folder / "blobs").string());
  const std::string upper = blobs->put("x");
  for (const std::string& odd : {std::string("../secret"), std::string(), std::string("zz"),
                                 "../" + std::string(61, 'a'), upper + "/", upper.substr(1)}) {
    CHECK_FALSE(blobs->get(odd).has_value());
  }
}

TEST_CASE("a damaged blob is not given out") {
  const TempDir folder;
  const auto blobs = storage::open_file_blobs(folder.string());
  const std::string digest = blobs->put("the evidence");
  const fs::path file = folder / (digest.substr(0, 2) + "/" + digest);
  SECTION("changed") {
    std::ofstream(file) << "THE evidence";
    CHECK_THROWS_AS(blobs->get(digest), storage::StoreFailure);
  }
  SECTION("cut, and stored again") {
    std::ofstream(file) << "the";
    CHECK_THROWS_AS(blobs->get(digest), storage::StoreFailure);
    CHECK(blobs->put("the evidence") == digest);
    CHECK(blobs->get(digest) == "the evidence");
  }
}

TEST_CASE("what a killed process left half written is swept out") {
  const TempDir folder;
  storage::open_file_blobs(folder.string());
  folder.write("incoming/7", "half a blo");
  storage::open_file_blobs(folder.string());
  CHECK(files_in(folder.path()).empty());
}

TEST_CASE("blobs are stored from many threads at once") {
  const TempDir folder;
  const auto blobs = storage::open_file_blobs(folder.string());
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 20; ++k) blobs->put("the same " + std::to_string(k));
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(files_in(folder.path()).size() == 20);
  for (const fs::path& file : files_in(folder.path())) {
    CHECK(blobs->get(file.filename().string()).has_value());
  }
}

TEST_CASE("a blob is written in pieces and read in parts") {
  const TempDir folder;
  const auto blobs = storage::open_file_blobs(folder.string());
  std::string bytes;
  const auto writer = blobs->writer();
  for (int i = 0; i < 1000; ++i) {
    const std::string piece = std::to_string(i) + std::string(static_cast<std::size_t>(i), 'x');
    bytes += piece;
    writer->write(piece);
  }
  const std::string digest = writer->finish();
  CHECK(digest == to_hex(sha256(bytes)));
  CHECK(blobs->get(digest) == bytes);
  CHECK(files_in(folder.path()).size() == 1);
  const auto reader = blobs->open(digest);
  REQUIRE(reader);
  CHECK(reader->size() == bytes.size());
  std::string part(100, '\0');
  CHECK(reader->read(5000, part.data(), part.size()) == 100);
  CHECK(part == bytes.substr(5000, 100));
  CHECK(reader->read(bytes.size() - 7, part.data(), part.size()) == 7);
  CHECK(part.substr(0, 7) == bytes.substr(bytes.size() - 7));
  CHECK(reader->read(bytes.size(), part.data(), part.size()) == 0);
  CHECK(blobs->open(to_hex(sha256("never stored"))) == nullptr);
  CHECK(blobs->open("../" + digest) == nullptr);
}

TEST_CASE("what a writer did not finish is gone with it") {
  const TempDir folder;
  const auto blobs = storage::open_file_blobs(folder.string());
  {
    const auto writer = blobs->writer();
    writer->write("half a blo");
    CHECK(files_in(folder.path()).size() == 1);
  }
  CHECK(files_in(folder.path()).empty());
}

TEST_CASE("the same bytes from a writer are stored once") {
  const TempDir folder;
  const auto blobs = storage::open_file_blobs(folder.string());
  const std::string digest = blobs->put("the same");
  const auto writer = blobs->writer();
  writer->write("the ");
  writer->write("same");
  CHECK(writer->finish() == digest);
  CHECK(files_in(folder.path()).size() == 1);
}

TEST_CASE("a blob is listed and removed, but not while it is young") {
  using std::chrono::hours;
  const TempDir folder;
  const auto blobs = storage::open_file_blobs(folder.string());
  const std::string old = blobs->put("old");
  const std::string again = blobs->put("asked for again");
  const auto make_old = [&](const std::string& digest) {
    fs::last_write_time(folder / (digest.substr(0, 2) + "/" + digest),
                        fs::file_time_type::clock::now() - hours(3));
  };
  make_old(old);
  make_old(again);
  blobs->put("asked for again");
  std::vector<std::string> seen;
  blobs->each([&](const storage::BlobInfo& blob) {
    seen.push_back(blob.digest);
    CHECK(blob.size == blobs->get(blob.digest)->size());
    CHECK((blob.age >= hours(2)) == (blob.digest == old));
  });
  CHECK(seen.size() == 2);
  const auto reader = blobs->open(old);
  CHECK_FALSE(blobs->remove(again, hours(1)));
  CHECK(blobs->remove(old, hours(1)));
  CHECK_FALSE(blobs->remove(old, hours(1)));
  CHECK_FALSE(blobs->remove("../secret", hours(0)));
  CHECK_FALSE(blobs->get(old).has_value());
  CHECK(blobs->get(again) == "asked for again");
  std::string rest(3, '\0');
  CHECK(reader->read(0, rest.data(), rest.size()) == 3);  // whoever had it open goes on
  CHECK(blobs->put("old") == old);
}

TEST_CASE("a folder that cannot be made is a failure") {
  const TempDir folder;
  folder.write("file", "");
  CHECK_THROWS_AS(storage::open_file_blobs((folder / "file").string()), storage::StoreFailure);
  CHECK_THROWS_AS(storage::open_file_blobs((folder / "no/where").string()), storage::StoreFailure);
}

TEST_CASE("a data folder has one holder, and the next one is told who") {
  const TempDir folder;
  {
    const FolderLock lock(folder.string());
    const std::string error = locking_error(folder.string());
    CHECK_THAT(error, contains(folder.string()));
    CHECK_THAT(error, contains("process " + std::to_string(::getpid()) + ":"));
    const TempDir other;
    CHECK(locking_error(other.string()).empty());
  }
  CHECK(locking_error(folder.string()).empty());
  CHECK(mode_of(folder / "lock") == 0600);
  CHECK_THROWS_AS(FolderLock((folder / "nowhere").string()), std::runtime_error);
}

TEST_CASE("a lock goes with its process, however that ends") {
  const TempDir folder;
  ChildProcess holder([&](const ChildProcess::Report& report) {
    const FolderLock lock(folder.string());
    report(::getpid());
    ::pause();
  });
  std::int64_t pid = 0;
  REQUIRE(holder.receive(pid));
  CHECK_THAT(locking_error(folder.string()), contains("process " + std::to_string(pid) + ":"));
  holder.kill();
  CHECK(locking_error(folder.string()).empty());
}

}  // namespace factory::test
