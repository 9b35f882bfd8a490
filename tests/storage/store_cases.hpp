#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "storage/store.hpp"
#include "tests/support/temp_dir.hpp"

namespace factory::test {

/// A kind of store that the contract is checked against. `open` gets a folder that stays the same
/// when the store is opened again.
struct StoreKind {
  std::string name;
  std::function<std::unique_ptr<storage::Store>(const std::string& folder)> open;
};

/// All kinds that there are: GENERATE(from_range(store_kinds())).
std::vector<StoreKind> store_kinds();

/// A store in a folder of its own.
class OpenedStore {
 public:
  explicit OpenedStore(StoreKind kind) : kind_(std::move(kind)) { open(); }
  storage::Store* operator->() { return store_.get(); }
  storage::Store& operator*() { return *store_; }
  void close() { store_.reset(); }
  void open() { store_ = kind_.open(folder_.string()); }
  [[nodiscard]] const TempDir& folder() const { return folder_; }

 private:
  StoreKind kind_;
  TempDir folder_;
  std::unique_ptr<storage::Store> store_;
};

/// An event whose hash covers its body alone.
storage::EventRecord event(const std::string& type, const std::string& body = "{}",
                           Time at = from_millis(1'000));

/// A commit of `count` events to one stream.
storage::Commit appending(const std::string& stream, std::int64_t expected_version, int count = 1);

storage::ViewRow view_row(const std::string& id, const std::string& kind, const std::string& status,
                          std::vector<storage::Tag> tags = {});

/// A write of a view that was not there: all its tags are new.
storage::ViewWrite new_view(const storage::ViewRow& row);

/// Commits one commit and gives its outcome.
storage::CommitOutcome commit_one(storage::Store& store, const storage::Commit& commit);

/// Commits views alone, all of them new.
void put_views(storage::Store& store, const std::vector<storage::ViewRow>& rows);

/// The ids of a page, and those of all pages of a query one after the other.
std::vector<std::string> ids_of(const storage::ViewPage& page);
std::vector<std::string> all_ids(storage::Store& store, storage::ViewQuery query);

/// "name" + the number in six digits: sorts as the numbers do.
std::string numbered(const std::string& name, int number);

}  // namespace factory::test
