#pragma once

#include <string>

#include "common/result.hpp"

namespace factory::report {

/// What a repository's URL comes to, so that two ways to write it are one: host (with a port that
/// was named) and path in lower case, without scheme, user, ".git" and a slash at the end.
/// https, http, ssh and git URLs, `git@host:path` and `host/path` are taken. `invalid_request` with
/// the field /repository_url for anything else: user and password, query and fragment, "..",
/// percent-encoding, more than 500 bytes. Pure.
Result<std::string> normalised_repository(const std::string& url);

/// The id of the one report of a repository, from its normalised form: a UUIDv8 (RFC 9562 section
/// 5.8) of its SHA-256. So there is never a second report of it.
std::string report_of(const std::string& repository);

}  // namespace factory::report
