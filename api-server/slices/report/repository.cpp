#include "slices/report/repository.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "common/digest.hpp"
#include "common/ids.hpp"
#include "common/text.hpp"

namespace factory::report {
namespace {

constexpr std::size_t longest_url = 500;

Error wrong(std::string detail) {
  std::string sentence = "The repository's URL " + detail + ".";
  return {ErrorCode::invalid_request,
          std::move(sentence),
          "Give it as https://host/path, such as https://github.com/owner/name.",
          {{"/repository_url", std::move(detail)}},
          {}};
}

bool only(std::string_view text, std::string_view marks) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           marks.find(c) != std::string_view::npos;
  });
}

struct Parts {
  std::string_view host;
  std::string_view path;
};

/// "user@host:path", as git takes it for ssh. Only the user git is nobody's name.
Result<Parts> take_apart_scp(std::string_view text) {
  const std::size_t at = text.find('@');
  const std::size_t colon = text.find(':');
  if (at == std::string_view::npos || colon == std::string_view::npos || at > colon) {
    return wrong("has no scheme that is known here");
  }
  if (text.substr(0, at) != "git") return wrong("holds a user name: leave it out");
  return Parts{text.substr(at + 1, colon - at - 1), text.substr(colon + 1)};
}

Result<Parts> take_apart(std::string_view text) {
  const std::size_t scheme = text.find("://");
  if (scheme == std::string_view::npos) {
    const std::size_t slash = text.find('/');
    if (text.substr(0, slash).find_first_of("@:") != std::string_view::npos) {
      return take_apart_scp(text);
    }
    if (slash == std::string_view::npos ||
        text.substr(0, slash).find('.') == std::string_view::npos) {
      return wrong("names no host");
    }
    return Parts{text.substr(0, slash), text.substr(slash + 1)};
  }
  constexpr std::array<std::string_view, 4> known{"https", "http", "ssh", "git"};
  const std::string_view name = text.substr(0, scheme);
  if (std::find(known.begin(), known.end(), name) == known.end()) {
    return wrong("has no scheme that is known here");
  }
  text.remove_prefix(scheme + 3);
  const std::size_t slash = std::min(text.find('/'), text.size());
  std::string_view host = text.substr(0, slash);
  if (const std::size_t at = host.rfind('@'); at != std::string_view::npos) {
    if (name == "https" || name == "http" || host.substr(0, at) != "git") {
      return wrong("holds a user name or password: leave it out");
    }
    host.remove_prefix(at + 1);
  }
  return Parts{host, text.substr(std::min(slash + 1, text.size()))};
}

bool is_host(std::string_view host) {
  const std::size_t colon = host.find(':');
  if (colon != std::string_view::npos) {
    const std::string_view port = host.substr(colon + 1);
    const bool digits = !port.empty() && port.size() <= 5 &&
                        port.find_first_not_of("0123456789") == std::string_view::npos;
    if (!digits) return false;
    host = host.substr(0, colon);
  }
  return only(host, ".-") && host.size() <= 253 && host.front() != '.' && host.front() != '-';
}

/// No empty, "." or ".." segment, and no character that could be written in two ways.
bool is_path(std::string_view path) {
  while (true) {
    const std::string_view segment = path.substr(0, path.find('/'));
    if (!only(segment, "._~+-") || segment == "." || segment == "..") return false;
    if (segment.size() == path.size()) return true;
    path.remove_prefix(segment.size() + 1);
  }
}

}  // namespace

Result<std::string> normalised_repository(const std::string& url) {
  if (url.size() > longest_url) return wrong("is longer than 500 bytes");
  const std::string text = ascii_lower(url);
  if (text.find_first_of("?#") != std::string::npos) return wrong("has a query or fragment");
  const auto parts = take_apart(text);
  if (!parts) return parts.error();
  std::string_view path = parts->path;
  while (path.starts_with('/')) path.remove_prefix(1);
  while (path.ends_with('/')) path.remove_suffix(1);
  if (path.ends_with(".git")) path.remove_suffix(4);
  if (!is_host(parts->host)) return wrong("names no host");
  if (!is_path(path)) return wrong("has no plain path to a repository");
  return std::string(parts->host) + "/" + std::string(path);
}

std::string report_of(const std::string& repository) {
  return derived_id("report", sha256("go-live report of ", repository));
}

}  // namespace factory::report
