#include <algorithm>

#include "tests/repo/rules.hpp"

namespace factory::test {
namespace {

using Prefixes = std::vector<std::string_view>;

std::string_view name_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }

/// A library and the only places that may include it.
struct Owner {
  std::string_view library;  ///< what the include starts with
  Prefixes places;
};

const std::vector<Owner>& owners() {
  static const std::vector<Owner> all{
      {"httplib", {"api-server/http/"}},
      {"curl/", {"common/http_client.cpp", "common/smtp.cpp"}},
      {"SQLiteCpp/", {"api-server/storage/sqlite/", "bench/raw_commit.cpp"}},
      {"sqlite3", {"api-server/storage/sqlite/"}},
      {"openssl/",
       {"common/digest.cpp", "common/ec_key.cpp", "common/web_key.cpp", "api-server/http/tls.cpp",
        "api-server/identity/jwt.cpp"}},
      {"sodium", {"api-server/identity/password.cpp", "api-server/identity/sealed.cpp"}},
      {"jwt/", {"api-server/identity/jwt.cpp"}},
      {"prometheus/", {"api-server/http/metrics.cpp"}},
      {"cmark", {"api-server/slices/report/markdown.cpp"}},
      {"dtl/", {"api-server/slices/asset/diff.cpp"}},
      {"expat", {"api-server/slices/pipeline/test_report.cpp"}},
      {"CLI/", {"api-server/cli/", "api-server/main.cpp"}},
      {"boost/", {"mcp-stdio/stdio_transport"}},
  };
  return all;
}

/// Files of the first kind never include those of the second. The folders of api-server/ are
/// included by their own names ("engine/runner.hpp").
struct Wall {
  std::string_view from;
  Prefixes never;
  std::string_view why;
};

const std::vector<Wall>& walls() {
  static const Prefixes server{"api-server/", "domain/", "engine/",  "flows/",
                               "http/",       "slices/", "storage/", "app.hpp"};
  static const std::vector<Wall> all{
      {"common/", server, "common/ holds only what both programs link"},
      {"common/", {"mcp-stdio/"}, "common/ holds only what both programs link"},
      {"mcp-stdio/", server, "mcp-stdio/ and api-server/ never see each other"},
      {"api-server/", {"mcp-stdio/"}, "mcp-stdio/ and api-server/ never see each other"},
      {"api-server/storage/",
       {"slices/", "engine/", "http/", "flows/"},
       "the storage knows nothing above it"},
      {"api-server/domain/",
       {"slices/", "engine/", "http/", "flows/", "storage/"},
       "domain/ is words only"},
  };
  return all;
}

/// "gate" for "api-server/slices/gate/decide.cpp" and for "slices/gate/gate.hpp"; else empty.
std::string_view slice_of(std::string_view path) {
  if (path.starts_with("api-server/")) path.remove_prefix(std::string_view("api-server/").size());
  if (!path.starts_with("slices/")) return {};
  path.remove_prefix(std::string_view("slices/").size());
  return path.substr(0, path.find('/'));
}

/// decide, evolve and view (also in several files: decide_votes.cpp) compute and do nothing else.
bool is_pure(std::string_view path) {
  return !slice_of(path).empty() && starts_with_any(name_of(path), {"decide", "evolve", "view"});
}

std::string check_pure(std::string_view path, const Include& include) {
  const bool view = name_of(path).starts_with("view");
  if (include.angled) {
    const bool json = include.target.starts_with("nlohmann/");
    if (json && !view) return "no JSON in decide and evolve";
    if (include.target == "chrono" || include.target == "fstream" || include.target == "thread" ||
        include.target == "mutex" || include.target == "iostream") {
      return "the pure files have no clock, file or thread";
    }
    return {};
  }
  if (starts_with_any(include.target,
                      {"common/log", "common/http_client", "common/entropy", "common/config"})) {
    return "the pure files neither log nor reach outside";
  }
  // The codec is pure, too: it writes structs as JSON.
  if (view && include.target == "engine/codec.hpp") return {};
  const bool allowed =
      starts_with_any(include.target, {"common/", "domain/"}) ||
      (!slice_of(include.target).empty() && slice_of(include.target) == slice_of(path));
  return allowed ? "" : "the pure files see common/, domain/ and their own slice only";
}

std::string check_one(std::string_view path, const Include& include) {
  const std::string_view target = include.target;
  if (!include.angled) {
    for (const auto& wall : walls()) {
      if (path.starts_with(wall.from) && starts_with_any(target, wall.never)) {
        return std::string(wall.why);
      }
    }
    const auto own = slice_of(path);
    if (!own.empty() && !slice_of(target).empty() && slice_of(target) != own) {
      return "slices never include each other; flows/ is where two meet";
    }
  }
  if (is_pure(path)) {
    if (std::string wrong = check_pure(path, include); !wrong.empty()) return wrong;
  }
  for (const auto& owner : owners()) {
    if (target.starts_with(owner.library) && !starts_with_any(path, owner.places)) {
      return "this library belongs to " + std::string(owner.places.front());
    }
  }
  return {};
}

}  // namespace

Findings check_includes(const SourceFile& file) {
  if (language_of(file.path) != Language::cpp) return {};
  // Tests may look behind every wall.
  if (!starts_with_any(file.path, {"common/", "mcp-stdio/", "api-server/"})) return {};
  Findings findings;
  for (const auto& include : includes_of(file.text)) {
    const std::string wrong = check_one(file.path, include);
    if (!wrong.empty()) {
      findings.push_back(at(file, include.line, "includes " + include.target + ": " + wrong));
    }
  }
  return findings;
}

}  // namespace factory::test
