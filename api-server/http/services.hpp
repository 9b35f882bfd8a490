#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "common/catalog.hpp"
#include "common/clock.hpp"
#include "common/ids.hpp"
#include "domain/principal.hpp"
#include "engine/runner.hpp"
#include "http/handlers.hpp"
#include "storage/blobs.hpp"
#include "storage/search_index.hpp"
#include "storage/store.hpp"

namespace factory::pipeline_template {
class Book;
}
namespace factory::identity {
struct Identity;
}

namespace factory {

/// What routes and queries work with; wired in app.cpp. References outlive every request.
struct Services {
  engine::Runner& runner;
  storage::Store& store;
  storage::SearchIndex& search;
  storage::Blobs& blobs;
  const Clock& clock;
  IdSource& ids;
  const Catalog& catalog;
  pipeline_template::Book& templates;
  std::function<std::shared_ptr<const Directory>()> people;
  identity::Identity* identity = nullptr;  ///< never null in the server
};

namespace http {

/// `command` as a call of the request's principal, with what the events keep of the request: its
/// id, its trace, where it came from. Idempotency-Key and If-Match are left to the caller, since a
/// request may run several commands.
engine::Call call_of(const Request& request, engine::Command command);

/// `forbidden` unless the principal has the scope, which the route itself does not ask for.
/// `doing` begins the sentence: "A comment with this decision".
Status require_scope(const Services& services, const Request& request, const std::string& scope,
                     const std::string& doing);

/// The same for a decision at a gate that is given another way than through the gate's own routes.
Status require_decision_scope(const Services& services, const Request& request, bool rejects,
                              const std::string& doing);

/// Runs one command of the request's principal on `stream` (idempotency key, If-Match and request
/// id taken from the request) and answers with the stream's document, or with what `body` makes
/// of the commit.
Result<Answer> command(const Services& services, const Request& request, const std::string& stream,
                       std::any command, int status = 200,
                       const std::function<std::string(const engine::Written&)>& body = {});

/// The same for a stream whose id was drawn for this request: answers 201 with its document, or
/// with what `body` makes of the commit.
Result<Answer> create(const Services& services, const Request& request, const std::string& stream,
                      std::any command,
                      const std::function<std::string(const engine::Written&)>& body = {});

/// The answer that the request's Idempotency-Key stands for; nullopt if this very request was not
/// carried out before.
std::optional<Answer> given_before(storage::Store& store, const Request& request);

/// The document of a view of this kind, or `not_found` that names the kind and the id.
Result<storage::ViewRow> find_view(const Services& services, const std::string& kind,
                                   const std::string& id);

/// A page as every list answers it: {"items":[doc,…],"next_cursor":…}, under the given name
/// instead of "items". `edit` may change each document.
Result<Answer> page(const Services& services, const Request& request, storage::ViewQuery query,
                    const std::string& name, const std::function<void(nlohmann::json&)>& edit = {});

}  // namespace http
}  // namespace factory
