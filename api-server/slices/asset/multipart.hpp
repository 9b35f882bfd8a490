#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/result.hpp"

namespace factory::asset {

/// What stands before a part's bytes.
struct PartHead {
  std::string name;                      ///< of the field
  std::optional<std::string> file_name;  ///< as the client gave it: never to be trusted
  std::string media_type;                ///< type/subtype in lower case; empty: none was given
};

/// Is given the parts in their order. An error ends the reading and is passed on.
class PartSink {
 public:
  virtual ~PartSink() = default;
  virtual factory::Status begin(PartHead head) = 0;
  virtual factory::Status data(std::string_view bytes) = 0;
  virtual factory::Status end() = 0;
};

/// The boundary that a Content-Type field of multipart/form-data names (RFC 2046 section 5.1.1: 1
/// to 70 of certain characters, quoted or not). `invalid_request` if there is none.
Result<std::string> boundary_of(std::string_view content_type);

/// Takes a body of multipart/form-data (RFC 7578) apart while it comes in, however it is cut.
/// Strict: lines end in CR LF, every part is of the form and named, nothing is encoded, and little
/// stands before the first part or after the last one. Holds a few KiB at most.
class Multipart {
 public:
  /// `sink` must outlive this.
  Multipart(const std::string& boundary, PartSink& sink);

  /// The next bytes. After an error nothing may follow.
  factory::Status feed(std::string_view bytes);
  /// The body is over: `invalid_request` unless the last part was closed.
  factory::Status finish();

 private:
  enum class Place { preamble, after_boundary, head, data, epilogue };

  Result<bool> step();
  Result<bool> find_boundary();
  Result<bool> read_after_boundary();
  Result<bool> read_head();
  factory::Status pass_data(std::string_view bytes);

  const std::string delimiter_;  ///< CR LF, two dashes, the boundary
  PartSink& sink_;
  Place place_ = Place::preamble;
  std::string buffer_;      ///< what came and was not used yet
  std::size_t used_ = 0;    ///< of it
  std::size_t around_ = 0;  ///< bytes before the first part or after the last one
  int parts_ = 0;
};

}  // namespace factory::asset
