#include "mcp-stdio/backend.hpp"

#include <sys/types.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "common/paths.hpp"
#include "common/schema.hpp"

namespace factory::mcp {
namespace {

constexpr std::size_t longest_key = 4'096;
constexpr std::size_t longest_server_file = 64U << 10U;

std::optional<std::string> variable(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return std::string(value);
}

Error refused(ErrorCode code, std::string detail, std::string hint) {
  return Error{code, std::move(detail), std::move(hint), {}, {}};
}

bool is_visible(char c) { return c > ' ' && c < '\x7f'; }

bool is_word(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_visible);
}

bool is_url(std::string_view text) {
  const std::size_t scheme = text.starts_with("http://")    ? 7
                             : text.starts_with("https://") ? 8
                                                            : std::string_view::npos;
  return scheme < text.size() && text[scheme] != '/' && is_word(text) &&
         text.find_first_of("?#") == std::string_view::npos;
}

bool lives(pid_t process) { return ::kill(process, 0) == 0 || errno == EPERM; }

std::string trimmed(std::string text) {
  constexpr const char* blank = " \t\r\n";
  text.erase(text.find_last_not_of(blank) + 1);
  text.erase(0, text.find_first_not_of(blank));
  return text;
}

std::string without_slash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

Result<std::string> read_key(const std::filesystem::path& file) {
  Result<std::string> text = read_secret_file(file, longest_key);
  if (!text) {
    Error error = text.error();
    error.detail = "The key of the server cannot be used. " + error.detail;
    if (error.code == ErrorCode::not_found) {
      error.hint =
          "`factory-api serve` makes mcp.key in its data folder when it first starts; `factory-api "
          "key create` makes other keys. FACTORY_TOKEN_FILE names the file to use.";
    }
    error.code = ErrorCode::unauthenticated;
    return error;
  }
  std::string key = trimmed(std::move(*text));
  if (!is_word(key)) {
    return refused(ErrorCode::unauthenticated, file.string() + " does not hold one key.",
                   "The file must hold the key alone, in one line.");
  }
  return key;
}

}  // namespace

Result<BackendSettings> BackendSettings::from_environment() {
  BackendSettings settings;
  const auto data = variable("FACTORY_DATA");
  settings.data_folder = data ? std::filesystem::absolute(*data) : default_data_dir();
  settings.ca_file = variable("FACTORY_CA_FILE").value_or("");
  settings.token = variable("FACTORY_TOKEN");
  settings.token_file = variable("FACTORY_TOKEN_FILE");
  if (const auto url = variable("FACTORY_URL")) {
    if (!is_url(*url)) {
      return refused(ErrorCode::invalid_request, "FACTORY_URL is no http or https address: " + *url,
                     "Set it to an address like http://127.0.0.1:8080.");
    }
    settings.url = without_slash(*url);
  }
  if (settings.token && !is_word(*settings.token)) {
    return refused(ErrorCode::invalid_request,
                   "FACTORY_TOKEN holds blanks or characters outside of ASCII.",
                   "Set it to the key alone.");
  }
  if (settings.local() && settings.data_folder.empty()) {
    return refused(ErrorCode::invalid_request,
                   "Neither FACTORY_URL, FACTORY_DATA, XDG_DATA_HOME nor HOME is set.",
                   "Set FACTORY_URL to the address of the server, or FACTORY_DATA to its folder.");
  }
  return settings;
}

std::optional<std::string> BackendLocator::local_url() const {
  const auto text = read_file(settings_.data_folder / "server.json", longest_server_file);
  if (!text) return std::nullopt;
  const auto parsed = parse_json(*text);
  if (!parsed || !parsed->is_object()) return std::nullopt;
  const auto url = parsed->find("url");
  if (url == parsed->end() || !url->is_string() || !is_url(url->get_ref<const std::string&>())) {
    return std::nullopt;
  }
  const auto pid = parsed->find("pid");
  if (pid != parsed->end() && pid->is_number_integer() && !lives(pid->get<pid_t>())) {
    return std::nullopt;
  }
  return without_slash(url->get<std::string>());
}

Result<Endpoint> BackendLocator::find() const {
  const std::optional<std::string> url = settings_.local() ? local_url() : settings_.url;
  if (!url) {
    return refused(ErrorCode::unavailable,
                   "No Agent Factory server has left its address in the data folder " +
                       settings_.data_folder.string() + ".",
                   "Start the server with `factory-api serve`, or set FACTORY_URL to its address.");
  }
  Result<std::string> key = token(*url);
  if (!key) return key.error();
  return Endpoint{*url, std::move(*key)};
}

Result<std::string> BackendLocator::token(std::string_view url) const {
  if (settings_.token) return *settings_.token;
  if (settings_.token_file) return read_key(*settings_.token_file);
  // The local key goes to the local server only, however that is named.
  if (settings_.local() || (!settings_.data_folder.empty() && local_url() == url)) {
    return read_key(settings_.data_folder / "mcp.key");
  }
  return refused(ErrorCode::unauthenticated, "There is no key for " + std::string(url) + ".",
                 "Set FACTORY_TOKEN_FILE to a file of mode 0600 that holds a key made by "
                 "`factory-api key create`, or FACTORY_TOKEN to the key itself.");
}

}  // namespace factory::mcp
