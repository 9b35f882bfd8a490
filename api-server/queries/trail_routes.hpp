#pragma once

#include <functional>
#include <string>

#include "engine/archive.hpp"
#include "http/services.hpp"
#include "storage/access_log.hpp"

namespace factory::queries {

/// What the routes of the trail work with besides. References outlive every request.
struct TrailParts {
  const SigningKey& key;
  storage::AccessLog& access;
  std::string archive_folder;
  /// Archives what has been closed for so long, at most so many pipelines.
  std::function<engine::ArchiveRun(Millis older_than, std::int64_t most)> archive;
};

/// Binds audit.export, audit.access, archive.run and archive.list.
void bind_trail_routes(http::Handlers& handlers, const Services& services, const TrailParts& parts);

}  // namespace factory::queries
