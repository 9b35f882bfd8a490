#include "slices/asset/download.hpp"

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/digest.hpp"
#include "http/entity_tag.hpp"
#include "http/problem.hpp"
#include "http/target.hpp"
#include "slices/asset/asset.hpp"
#include "slices/asset/diff.hpp"
#include "slices/asset/naming.hpp"
#include "slices/asset/range.hpp"

namespace factory::asset {
namespace {

using http::Answer;
using http::Request;
using nlohmann::json;

/// Reads a part of a blob. Where it is the whole, the last piece is given only if the bytes have
/// the digest: a damaged file never passes for a sound one.
class BlobSource final : public http::BodySource {
 public:
  BlobSource(std::unique_ptr<storage::BlobReader> blob, const Range& range, std::string digest)
      : blob_(std::move(blob)), at_(range.first), left_(range.count), count_(range.count) {
    if (range.kind != Range::Kind::whole) return;
    wanted_ = std::move(digest);
    hash_ = std::make_unique<Sha256>();
  }

  std::size_t read(char* target, std::size_t size) override {
    const std::size_t count =
        blob_->read(at_, target, static_cast<std::size_t>(std::min<std::uint64_t>(size, left_)));
    at_ += count;
    left_ -= count;
    if (hash_ && count > 0) {
      hash_->update({target, count});
      if (left_ == 0 && to_hex(hash_->finish()) != wanted_) {
        throw storage::StoreFailure("the blob " + wanted_ + " is damaged");
      }
    }
    return count;
  }
  [[nodiscard]] std::optional<std::uint64_t> length() const override { return count_; }

 private:
  std::unique_ptr<storage::BlobReader> blob_;
  std::uint64_t at_;
  std::uint64_t left_;
  const std::uint64_t count_;
  std::string wanted_;
  std::unique_ptr<Sha256> hash_;
};

Result<json> find(const Services& services, const Request& request) {
  auto row = http::find_view(services, std::string(Definition::kind), request.path.at("asset_id"));
  if (!row) return std::move(row.error());
  return json::parse(row->doc);
}

/// The version with this number; the latest for 0.
Result<json> find_version(const json& doc, std::int64_t number) {
  const json& versions = doc.at("versions");
  if (number == 0) return versions.back();
  const auto found = std::find_if(versions.begin(), versions.end(), [&](const json& version) {
    return version.at("version") == number;
  });
  if (found != versions.end()) return *found;
  return Error{
      ErrorCode::not_found,
      doc.at("path").get<std::string>() + " has no version " + std::to_string(number) + ".",
      "Its versions are 1 to " + doc.at("latest_version").dump() + ".",
      {},
      {}};
}

Error gone(const json& version) {
  return {ErrorCode::not_found,
          "The bytes of version " + version.at("version").dump() + " are not kept any more.",
          "The asset was deleted, and the time that deleted files are kept for is over.",
          {},
          {}};
}

/// 416 has headers that other refusals do not have.
Answer unsatisfiable(const Request& request, std::uint64_t size) {
  const Error error{ErrorCode::invalid_request,
                    "The range lies behind the end: there are " + std::to_string(size) + " bytes.",
                    "Ask for a range within them, or for the whole without `Range`.",
                    {{"header/Range", "must begin before byte " + std::to_string(size)}},
                    {}};
  Answer answer;
  answer.status = 416;
  answer.content_type = "application/problem+json";
  answer.headers.emplace_back("Content-Range", "bytes */" + std::to_string(size));
  answer.body = http::problem_document(error, http::split_target(request.head->target).path,
                                       request.request_id, answer.status);
  return answer;
}

/// RFC 9110 section 13.2.2: a range counts only for GET and, with If-Range, for the same bytes.
Range asked_range(const Request& request, const std::string& tag, std::uint64_t size) {
  const std::string_view condition = http::header(request, "If-Range");
  if (request.head->method != "GET" || (!condition.empty() && condition != tag)) {
    return {Range::Kind::whole, 0, size};
  }
  return range_of(http::header(request, "Range"), size);
}

/// The bytes of one version for comparing them.
Result<std::string> text_of(const Services& services, const json& doc, std::int64_t number) {
  const auto version = find_version(doc, number);
  if (!version) return version.error();
  const std::string which =
      "Version " + std::to_string(number) + " of " + doc.at("path").get<std::string>();
  const auto refuse = [&](const std::string& why) {
    return Error{ErrorCode::unprocessable,
                 which + why,
                 "Download both versions and compare them yourself.",
                 {},
                 {}};
  };
  if (version->at("size").get<std::uint64_t>() > kMostDiffBytes) {
    return refuse(" is larger than the 1 MiB that is compared here.");
  }
  auto bytes = services.blobs.get(version->at("digest").get<std::string>());
  if (!bytes) return gone(*version);
  if (!is_text(*bytes)) return refuse(" is not text.");
  if (std::count(bytes->begin(), bytes->end(), '\n') > static_cast<long>(kMostDiffLines)) {
    return refuse(" has more than the " + std::to_string(kMostDiffLines) +
                  " lines that are compared here.");
  }
  return *std::move(bytes);
}

}  // namespace

Result<Answer> download(const Services& services, const Request& request) {
  const auto doc = find(services, request);
  if (!doc) return doc.error();
  const auto version = find_version(*doc, request.query.value("version", std::int64_t{0}));
  if (!version) return version.error();
  const std::string digest = version->at("digest").get<std::string>();
  const std::string tag = "\"" + digest + "\"";
  auto blob = version->value("purged", false) ? nullptr : services.blobs.open(digest);
  if (!blob) return gone(*version);
  const std::uint64_t size = blob->size();
  Answer answer;
  answer.headers = {{"ETag", tag}, {"Cache-Control", "private, no-cache"}};
  if (http::lists_tag(http::header(request, "If-None-Match"), tag)) {
    answer.status = 304;
    answer.headers.emplace_back("Content-Length", std::to_string(size));
    return answer;
  }
  const Range range = asked_range(request, tag, size);
  if (range.kind == Range::Kind::unsatisfiable) return unsatisfiable(request, size);
  if (range.kind == Range::Kind::part) {
    answer.status = 206;
    answer.headers.emplace_back("Content-Range", "bytes " + std::to_string(range.first) + "-" +
                                                     std::to_string(range.first + range.count - 1) +
                                                     "/" + std::to_string(size));
  }
  answer.headers.emplace_back("Accept-Ranges", "bytes");
  answer.headers.emplace_back("Content-Disposition",
                              attachment(doc->at("name").get_ref<const std::string&>()));
  answer.content_type = version->at("media_type").get<std::string>();
  answer.stream = std::make_shared<BlobSource>(std::move(blob), range, digest);
  return answer;
}

Result<Answer> diff(const Services& services, const Request& request) {
  const auto doc = find(services, request);
  if (!doc) return doc.error();
  const auto latest = doc->at("latest_version").get<std::int64_t>();
  const auto to = request.query.value("to_version", latest);
  const auto from = request.query.value("from_version", std::max<std::int64_t>(to - 1, 1));
  const auto before = text_of(services, *doc, from);
  if (!before) return before.error();
  const auto after = text_of(services, *doc, to);
  if (!after) return after.error();
  const std::string path = doc->at("path").get<std::string>();
  const TextDiff diff = unified_diff(*before, *after, "a/" + path, "b/" + path);
  Answer answer;
  answer.body = json{{"asset_id", doc->at("id")},      {"path", path},
                     {"from_version", from},           {"to_version", to},
                     {"identical", diff.text.empty()}, {"added", diff.added},
                     {"removed", diff.removed},        {"diff", diff.text}}
                    .dump();
  return answer;
}

}  // namespace factory::asset
