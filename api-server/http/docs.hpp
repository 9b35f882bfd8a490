#pragma once

#include <memory>
#include <span>
#include <string>

#include "common/embedded.hpp"
#include "http/handlers.hpp"

namespace factory::http {

/// Binds /docs, a page that shows /openapi.json, and the script that it runs: both compiled in, so
/// that nothing is fetched from elsewhere. The script is third_party/openapi-explorer/.
void bind_docs_routes(Handlers& handlers);

/// Handler of a text that is the same for everybody, with an ETag made of its content.
Handler fixed_answer(std::shared_ptr<const std::string> text, std::string content_type);

}  // namespace factory::http

namespace factory {

/// The files of the page, by their paths in the tree. Thread-safe.
std::span<const EmbeddedFile> docs_files();

}  // namespace factory
