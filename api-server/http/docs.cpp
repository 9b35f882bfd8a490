#include "http/docs.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "common/digest.hpp"

namespace factory::http {
namespace {

/// The page runs its own script alone and talks to this server alone. The viewer puts its styles
/// into the page, and shows pictures that the description holds.
constexpr const char* kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; "
    "img-src 'self' data:; font-src 'self' data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";

std::string_view file_named(std::string_view name) {
  for (const EmbeddedFile& file : docs_files()) {
    if (file.path.ends_with(name)) return file.text;
  }
  throw std::logic_error(std::string(name) + " is not compiled in");
}

using Fields = std::vector<std::pair<std::string, std::string>>;

Fields with_validator(Fields headers, std::string_view text) {
  headers.emplace_back("ETag", "\"" + to_hex(sha256(text)).substr(0, 32) + "\"");
  headers.emplace_back("Cache-Control", "no-cache");
  return headers;
}

/// The text is compiled in: only an answer holds a copy.
Handler file_answer(std::string_view text, std::string content_type, const Fields& headers) {
  return [text, content_type = std::move(content_type),
          fields = with_validator(headers, text)](const Request& /*request*/) {
    Answer answer;
    answer.content_type = content_type;
    answer.headers = fields;
    answer.body = text;
    return Result<Answer>(std::move(answer));
  };
}

}  // namespace

Handler fixed_answer(std::shared_ptr<const std::string> text, std::string content_type) {
  auto fields = with_validator({}, *text);
  return [text = std::move(text), content_type = std::move(content_type),
          fields = std::move(fields)](const Request& /*request*/) {
    Answer answer;
    answer.content_type = content_type;
    answer.headers = fields;
    answer.body = *text;
    return Result<Answer>(std::move(answer));
  };
}

void bind_docs_routes(Handlers& handlers) {
  handlers.bind("docs.page", file_answer(file_named("/docs.html"), "text/html; charset=utf-8",
                                         {{"Content-Security-Policy", kPolicy}}));
  handlers.bind("docs.viewer",
                file_answer(file_named(".min.js"), "text/javascript; charset=utf-8", {}));
}

}  // namespace factory::http
