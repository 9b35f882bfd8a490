#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace factory::mcp {

/// A revision of the protocol and all that differs between them for a server like this one.
struct Revision {
  std::string_view name;
  bool modern;            ///< stateless: no handshake, `_meta` on each request, `resultType`
  bool batches;           ///< JSON-RPC batches are taken
  bool tool_annotations;  ///< tools carry hints
  bool titles;            ///< things carry `title`; tools carry `outputSchema`
  bool bad_arguments_are_results;  ///< wrong tool arguments give isError, not an RPC error
  bool error_without_id;           ///< the schema allows an error without id
  bool described_server;           ///< serverInfo may hold `description`
  bool any_structure;              ///< structuredContent may be any JSON, not objects only
};

/// All revisions that are spoken, oldest first.
std::span<const Revision> revisions();

/// The revision of this name; null if it is not spoken.
const Revision* find_revision(std::string_view name);

/// The newest one that has the `initialize` handshake.
const Revision& latest_legacy();

const Revision& modern_revision();

/// The names of the revisions that need no handshake, newest first: what `server/discover` lists.
std::vector<std::string> modern_names();

}  // namespace factory::mcp
