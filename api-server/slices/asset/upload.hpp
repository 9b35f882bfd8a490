#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "http/services.hpp"
#include "slices/asset/asset.hpp"
#include "slices/asset/limits.hpp"
#include "slices/asset/multipart.hpp"

namespace factory::asset {

/// Takes the form of one upload while it comes in: the fields into memory, the file into the blob
/// store. What was refused or interrupted leaves nothing there.
class UploadForm final : public PartSink {
 public:
  /// `request`: of a route whose `body` describes the fields. All must outlive this.
  UploadForm(const Services& services, const http::Request& request, const Limits& limits);

  /// Reads the whole body, checks it, and puts the file into the store. What it gives is still to
  /// be committed.
  Result<Upload> read();
  /// Tells a repetition from another request: of the fields and of the file's bytes. After `read`.
  [[nodiscard]] std::string fingerprint() const;

  factory::Status begin(PartHead head) override;
  factory::Status data(std::string_view bytes) override;
  factory::Status end() override;

 private:
  factory::Status pull();
  factory::Status begin_file(PartHead head);
  factory::Status check_announced() const;
  factory::Status check_media_type(const std::string& type) const;
  factory::Status check_pipeline();
  Result<Upload> checked();

  const Services& services_;
  const http::Request& request_;
  const Limits& limits_;
  nlohmann::json fields_ = nlohmann::json::object();
  std::string field_;  ///< the name of the one that is coming in; empty: it is the file
  std::string text_;   ///< of it
  std::size_t field_bytes_ = 0;
  std::unique_ptr<storage::BlobWriter> file_;
  std::uint64_t size_ = 0;
  std::string media_type_;
  std::string digest_;
};

}  // namespace factory::asset
