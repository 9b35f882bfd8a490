#include "slices/asset/upload.hpp"

#include <algorithm>
#include <utility>

#include "common/schema.hpp"
#include "common/text.hpp"
#include "http/problem.hpp"
#include "http/request_reader.hpp"
#include "http/target.hpp"
#include "slices/asset/naming.hpp"

namespace factory::asset {
namespace {

using nlohmann::json;

constexpr std::size_t kPiece = 64U << 10U;
constexpr std::size_t kMostFields = 32U << 10U;  ///< bytes of all fields together
/// What a form may have around its file: boundaries, heads and fields.
constexpr std::uint64_t kMostAround = 128U << 10U;
constexpr const char* kFile = "file";

Error too_large(std::uint64_t limit) {
  return {ErrorCode::payload_too_large,
          "The file is larger than " + std::to_string(limit) + " bytes.",
          "Send a smaller file, or have the server started with a larger --max-asset-bytes.",
          {{"/file", "may have at most " + std::to_string(limit) + " bytes"}},
          {}};
}

bool allows(const std::string& pattern, const std::string& type) {
  if (!pattern.ends_with("/*")) return pattern == type;
  return type.compare(0, pattern.size() - 1, pattern, 0, pattern.size() - 1) == 0;
}

std::string text(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

/// A JSON pointer to a field, whatever a stranger calls it.
std::string pointer_to(std::string_view name) {
  std::string pointer;
  append_pointer(pointer, name);
  return pointer;
}

}  // namespace

UploadForm::UploadForm(const Services& services, const http::Request& request, const Limits& limits)
    : services_(services), request_(request), limits_(limits) {}

Result<Upload> UploadForm::read() {
  if (factory::Status announced = check_announced(); !announced)
    return std::move(announced.error());
  if (factory::Status pulled = pull(); !pulled) return std::move(pulled.error());
  Result<Upload> upload = checked();
  if (!upload) return upload;
  digest_ = file_->finish();
  upload->version.digest = digest_;
  return upload;
}

std::string UploadForm::fingerprint() const {
  return http::fingerprint(*request_.head, json{{"fields", fields_}, {"digest", digest_}}.dump());
}

/// Refuses what is certainly too large before a byte of it is read.
factory::Status UploadForm::check_announced() const {
  const auto length = request_.head->content_length;
  if (length && *length > limits_.bytes + kMostAround) return too_large(limits_.bytes);
  return Done{};
}

factory::Status UploadForm::pull() {
  Result<std::string> boundary = boundary_of(http::header(request_, "Content-Type"));
  if (!boundary) return std::move(boundary.error());
  Multipart parts(*boundary, *this);
  std::string piece(kPiece, '\0');
  for (;;) {
    Result<std::size_t> count = request_.body_stream->read(piece.data(), piece.size());
    if (!count) return std::move(count.error());
    if (*count == 0) return parts.finish();
    if (factory::Status fed = parts.feed({piece.data(), *count}); !fed) return fed;
  }
}

factory::Status UploadForm::begin(PartHead head) {
  if (head.name == kFile) return begin_file(std::move(head));
  if (fields_.contains(head.name)) {
    return http::field_error(pointer_to(head.name), "may be given only once");
  }
  // Known ones alone are kept; that the others are unknown is told with all that is wrong.
  fields_[head.name] = nullptr;
  field_ = std::move(head.name);
  text_.clear();
  return Done{};
}

factory::Status UploadForm::begin_file(PartHead head) {
  if (file_ || fields_.contains(kFile)) {
    return http::field_error("/file", "may be given only once");
  }
  media_type_ = head.media_type.empty() ? "application/octet-stream" : std::move(head.media_type);
  if (factory::Status allowed = check_media_type(media_type_); !allowed) return allowed;
  // What is known already may save the sending of it all.
  if (fields_.contains("pipeline_id")) {
    if (factory::Status known = check_pipeline(); !known) return known;
  }
  fields_[kFile] = file_name_of(head.file_name.value_or(""));
  field_.clear();
  file_ = services_.blobs.writer();
  return Done{};
}

factory::Status UploadForm::check_media_type(const std::string& type) const {
  const auto& allowed = limits_.media_types;
  const bool known = std::any_of(allowed.begin(), allowed.end(),
                                 [&](const std::string& pattern) { return allows(pattern, type); });
  if (allowed.empty() || known) return Done{};
  return Error{ErrorCode::unsupported_media_type,
               "Files of the type " + type + " are not taken here.",
               "Send a file of another type: " + join(allowed, ", ") + ".",
               {{"/file", "must be of one of the types " + join(allowed, ", ")}},
               {}};
}

factory::Status UploadForm::check_pipeline() {
  const auto row = http::find_view(services_, "pipeline", text(fields_, "pipeline_id"));
  if (!row) return row.error();
  return Done{};
}

factory::Status UploadForm::data(std::string_view bytes) {
  if (!field_.empty()) {
    field_bytes_ += bytes.size();
    if (field_bytes_ > kMostFields) {
      return http::field_error(pointer_to(field_), "is longer than a field may be");
    }
    text_.append(bytes);
    return Done{};
  }
  size_ += bytes.size();
  if (size_ > limits_.bytes) return too_large(limits_.bytes);
  file_->write(bytes);
  return Done{};
}

factory::Status UploadForm::end() {
  if (field_.empty()) return Done{};
  const std::string name = std::exchange(field_, {});
  if (!http::is_utf8(text_)) return http::field_error(pointer_to(name), "must be UTF-8");
  if (name != "metadata") {
    fields_[name] = std::move(text_);
    return Done{};
  }
  Result<json> metadata = parse_json(text_);
  if (!metadata) return http::field_error("/metadata", "is not JSON: " + metadata.error().detail);
  fields_[name] = std::move(*metadata);
  return Done{};
}

Result<Upload> UploadForm::checked() {
  if (auto wrong = validate(request_.route->body, fields_); !wrong.empty()) {
    return http::invalid_fields(std::move(wrong));
  }
  const json metadata = fields_.value("metadata", json::object());
  Upload upload;
  upload.pipeline_id = text(fields_, "pipeline_id");
  upload.path = text(metadata, "path");
  if (upload.path.empty()) upload.path = text(fields_, kFile);
  if (upload.path.empty()) {
    return http::field_error("/metadata/path",
                             "must be given: the file has no name to take for it");
  }
  if (std::string wrong = wrong_path(upload.path); !wrong.empty()) {
    return http::field_error("/metadata/path", std::move(wrong));
  }
  const auto row = http::find_view(services_, "pipeline", upload.pipeline_id);
  if (!row) return row.error();
  Version& version = upload.version;
  version.stage = text(fields_, "stage");
  if (version.stage.empty()) {
    version.stage = json::parse(row->doc).at("current_stage").get<std::string>();
  }
  version.kind = enum_from<Kind>(text(fields_, "type")).value_or(Kind::code);
  version.media_type = media_type_;
  version.size = static_cast<std::int64_t>(size_);
  version.generated_by = text(metadata, "generated_by");
  return upload;
}

}  // namespace factory::asset
