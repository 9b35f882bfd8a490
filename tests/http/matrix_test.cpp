// Every route, every role, every state of a key or token: only what schemas/ allows.
#include <algorithm>
#include <map>

#include "common/digest.hpp"
#include "identity/identity.hpp"
#include "tests/http/site.hpp"
#include "tests/support/catch.hpp"

namespace factory::test {
namespace {

using nlohmann::json;

/// A token, and whether it says who somebody is.
struct Carried {
  std::string what;
  std::string header;  ///< lines of the request's head
  bool known = false;
  std::string role;
  std::vector<std::string> limits;  ///< a key's scopes; empty: none
};

std::string bearer(const std::string& token) { return "Authorization: Bearer " + token + "\r\n"; }

std::string compact(const json& header, const json& claims, const std::string& signature) {
  return base64url(header.dump()) + "." + base64url(claims.dump()) + "." + signature;
}

/// The route with something in place of each parameter, and a parameter that no route has: whoever
/// is let in gets 400 for it, and nothing is done.
std::string line_of(const Route& route) {
  std::string path = route.path;
  for (std::size_t open = path.find('{'); open != std::string::npos; open = path.find('{')) {
    path.replace(open, path.find('}') - open + 1, "x");
  }
  return route.method + " " + path + "?no-such-parameter=1";
}

class Matrix {
 public:
  Matrix() : catalog_(*Catalog::embedded()) {
    for (const std::string role : {"owner", "admin", "operator", "viewer", "agent"}) add_keys(role);
    for (const std::string role : {"owner", "admin", "operator", "viewer"}) add_tokens(role);
    end_some();
    add_strangers();
    // What time has ended is written down now and not while it is looked whether anything is.
    while (site.core().fire_timers()) {
    }
  }

  /// What the answer must be, by the declarations alone.
  [[nodiscard]] int expected(const Route& route, const Carried& carried) const {
    if (route.scope == "public") return 400;
    if (!carried.known) return 401;
    if (route.scope == "any") return 400;
    const auto has = [&](const std::vector<std::string>& list) {
      return std::find(list.begin(), list.end(), route.scope) != list.end();
    };
    const bool allowed =
        has(catalog_.roles().at(carried.role)) && (carried.limits.empty() || has(carried.limits));
    return allowed ? 400 : 403;
  }

  Site site;
  std::vector<Carried> all;

 private:
  void add(std::string what, const std::string& token, bool known, const std::string& role,
           std::vector<std::string> limits = {}) {
    all.push_back({std::move(what), bearer(token), known, role, std::move(limits)});
  }

  void add_keys(const std::string& role) {
    const std::string name = "key-" + role;
    const std::string good = site.key(name, role)["token"];
    add("key", good, true, role);
    all.push_back({"key in X-API-Key", "X-API-Key: " + good + "\r\n", true, role, {}});
    const std::string limit = catalog_.roles().at(role).front();
    add("limited key", site.key(name, role, {{"scopes", {limit}}})["token"], true, role, {limit});
    add("key of another secret", good.substr(0, good.size() - 4) + "AAAA", false, role);
    const json revoked = site.key(name, role);
    site.owner("DELETE /v1/keys/" + revoked["id"].get<std::string>());
    add("revoked key", revoked["token"], false, role);
    const json rotated = site.key(name, role);
    const json next = site.owner("POST /v1/keys/" + rotated["id"].get<std::string>() + "/rotate",
                                 {{"overlap_minutes", 0}});
    add("key before its rotation", rotated["token"], false, role);
    add("rotated key", next["token"], true, role);
    const std::string end = format_time(site.clock->now() + one_minute);
    add("expired key", site.key(name, role, {{"expires_at", end}})["token"], false, role);
  }

  void add_tokens(const std::string& role) {
    const std::string name = "user-" + role;
    site.user(name, role);
    old_[role] = site.login(name).body["access_token"];
  }

  /// Time goes by: what was made before is over, and then the rest is made.
  void end_some() {
    site.clock->advance(16 * one_minute);
    site.user("user-gone", "owner");
    const std::string gone_key = site.key("user-gone", "owner")["token"];
    const std::string gone = site.login("user-gone").body["access_token"];
    site.owner("POST /v1/users/user-gone/disable", json::object());
    add("key of a disabled user", gone_key, false, "owner");
    add("token of a disabled user", gone, false, "owner");
    for (const auto& [role, token] : old_) {
      add("expired token", token, false, role);
      const json ended = site.login("user-" + role).body;
      site.call("POST /v1/auth/logout", ended["access_token"]);
      add("token of an ended session", ended["access_token"], false, role);
      const json in = site.login("user-" + role).body;
      add("token", in["access_token"], true, role);
      add_forgeries(role, in["session_id"]);
      all.push_back({"token in X-API-Key",
                     "X-API-Key: " + in["access_token"].get<std::string>() + "\r\n",
                     false,
                     role,
                     {}});
    }
  }

  /// Signed by our own key, each with one thing wrong, and those that are signed otherwise.
  void add_forgeries(const std::string& role, const std::string& session) {
    const auto& keyring = site.core().identity().keyring;
    const Time now = site.clock->now();
    const std::int64_t seconds = to_millis(now) / 1000;
    const json good{{"iss", "agent-factory"},
                    {"aud", "agent-factory-api"},
                    {"sub", "user-" + role},
                    {"sid", session},
                    {"jti", "a"},
                    {"iat", seconds},
                    {"nbf", seconds},
                    {"exp", seconds + 900}};
    add("token made by hand", keyring.sign(good), true, role);
    const auto with = [&](const std::string& name, const json& value) {
      json other = good;
      other[name] = value;
      add("token of another " + name, keyring.sign(other), false, role);
    };
    with("iss", "somebody-else");
    with("aud", "somebody-else");
    with("sub", role == "owner" ? "user-viewer" : "user-owner");
    with("sid", "sess_0190f0e0-0000-7000-8000-000000000001");
    with("nbf", seconds + 600);
    with("exp", seconds + 10 * 365 * 86'400);
    json endless = good;
    endless.erase("exp");
    add("token without end", keyring.sign(endless), false, role);
    const json jwk = keyring.jwks(now)["keys"][0];
    const json header{{"alg", "ES256"}, {"kid", jwk["kid"]}, {"typ", "JWT"}};
    json other = header;
    other["alg"] = "none";
    add("unsigned token", compact(other, good, ""), false, role);
    add("token signed by nobody", compact(other, good, "AAAA"), false, role);
    other["alg"] = "HS256";
    const std::string text = base64url(other.dump()) + "." + base64url(good.dump());
    const std::string pem = keyring.public_key(jwk["kid"], now).value();
    for (const std::string& secret : {pem, jwk.dump(), jwk["x"].get<std::string>()}) {
      const Hash mac = hmac_sha256(secret, text);
      add("token signed with the public key",
          text + "." + base64url({reinterpret_cast<const char*>(mac.data()), mac.size()}), false,
          role);
    }
    add("token of another's key", identity::sign_jwt(jwk["kid"], good, new_ec_key().private_pem),
        false, role);
    add("token of an unknown key", identity::sign_jwt("x", good, new_ec_key().private_pem), false,
        role);
  }

  void add_strangers() {
    all.push_back({"nothing", "", false, "", {}});
    for (const std::string token : {"x", "af_", "af_x", "af_x_y", "a.b.c", "..", "rt_a_1_b"}) {
      add("malformed token", token, false, "");
    }
    add("unknown key", "af_0190f0e0-0000-7000-8000-000000000001_secret", false, "");
    add("long token", std::string(6000, 'a'), false, "");
    all.push_back({"Basic", "Authorization: Basic eDp5\r\n", false, "", {}});
  }

  const Catalog& catalog_;
  std::map<std::string, std::string> old_;
};

}  // namespace

TEST_CASE("each route lets in whom the table allows, whatever key or token comes", "[matrix]") {
  Matrix matrix;
  const auto before = matrix.site.core().store().last_position();
  std::size_t let_in = 0, refused = 0;
  RawClient client(matrix.site.app().url());
  for (const Route& route : Catalog::embedded()->routes()) {
    const std::string line = line_of(route);
    for (const Carried& carried : matrix.all) {
      const int expected = matrix.expected(route, carried);
      const RawAnswer answer = client.call(request(line, carried.header));
      if (answer.status == expected) {
        ++(expected == 400 ? let_in : refused);
        if (expected != 403) continue;
        if (json::parse(answer.body).value("required_scope", "") == route.scope) continue;
      }
      INFO(line << " by " << carried.role << " with " << carried.what << ": " << answer.body);
      CHECK(answer.status == expected);
    }
  }
  CHECK(let_in > 500);
  CHECK(refused > 3000);
  CHECK(matrix.site.core().store().last_position() == before);
}

}  // namespace factory::test
