#include "storage/sqlite/sqlite_store.hpp"
#include "storage/sqlite/tables.hpp"
#include "storage/sqlite/tag_list.hpp"

namespace factory::storage {

namespace {

/// Whether it is still there as it was when somebody looked.
bool stands(Connection& connection, const ClosedStream& stream) {
  Query last = connection.query(
      "SELECT version, hash, body FROM events WHERE stream = ? ORDER BY version DESC LIMIT 1");
  if (!last.with(stream.stream).step()) return false;
  return last.integer(0) == stream.version && last.hash(1) == stream.head &&
         !is_archive_mark(last.text(2));
}

void drop_view(Connection& connection, const std::string& id) {
  std::vector<Tag> tags;
  {
    Query row = connection.query("SELECT tags FROM views WHERE id = ?");
    if (!row.with(id).step()) return;
    tags = decode_tags(row.text(0));
  }
  for (const Tag& tag : tags) remove_tag(connection, text_of(tag), id);
  connection.query("DELETE FROM views WHERE id = ?").with(id).run();
}

void blank(Connection& connection, const ClosedStream& stream, const std::string& mark) {
  connection.query("UPDATE events SET body = '' WHERE stream = ? AND version < ?")
      .with(stream.stream, stream.version)
      .run();
  connection.query("UPDATE events SET body = ? WHERE stream = ? AND version = ?")
      .with(mark, stream.stream, stream.version)
      .run();
  connection.query("DELETE FROM timers WHERE stream = ?").with(stream.stream).run();
  drop_view(connection, stream.stream);
}

}  // namespace

bool SqliteStore::archive(std::span<const ClosedStream> streams, const std::string& mark) {
  bool all = true;
  writing("archive", [&](Writer& writer) {
    writer.durably([&](Connection& connection) {
      for (const ClosedStream& stream : streams) all = all && stands(connection, stream);
      if (!all) return;
      for (const ClosedStream& stream : streams) blank(connection, stream, mark);
    });
  });
  return all;
}

}  // namespace factory::storage
