#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "common/clock.hpp"

/// What is on its way out to webhooks: a queue and its log, in a database of its own, so that
/// however much waits there, the store of the house is not slower by it.
namespace factory::storage {

/// What is sent: the same to everybody who wants the event.
struct Parcel {
  std::string id;             ///< of the event: the same for every receiver
  std::string type;           ///< "pipeline.paused"
  std::string entity;         ///< the stream
  std::int64_t sequence = 0;  ///< the event's version in its stream
  std::int64_t position = 0;  ///< of the event in the log; 0: of no event
  std::string traceparent;    ///< W3C trace context; empty: none
  std::string body;           ///< the exact bytes
};

/// A delivery to be: its id is the same for the same webhook and event, however often it is made.
struct NewDelivery {
  std::string id;
  std::string webhook;
  Parcel parcel;
  /// What share a lane are sent one after the other, in order of sequence: the entity, or something
  /// of its own for what waits for nothing.
  std::string lane;
};

enum class DeliveryStatus {
  pending,    ///< waits for its turn, or for the next attempt
  sending,    ///< an attempt is under way
  delivered,  ///< the receiver said 2xx
  dead,       ///< given up: a dead letter
};
std::string_view name_of(DeliveryStatus status);
std::optional<DeliveryStatus> delivery_status(std::string_view name);

struct Delivery {
  std::int64_t number = 0;  ///< in order of making
  std::string id;
  std::string webhook;
  Parcel parcel;  ///< body and traceparent only from claim() and find()
  DeliveryStatus status = DeliveryStatus::pending;
  int attempts = 0;                   ///< begun so far
  int tries = 0;                      ///< of these, since it was made or replayed
  Time due{};                         ///< of the next attempt, or the end of the lease
  Time created{};                     ///< when it was put into the queue
  std::optional<Time> first_attempt;  ///< since it was made or replayed
  std::optional<Time> settled;        ///< when it was delivered or given up
  int last_status = 0;                ///< of HTTP; 0: no answer
  std::string error;                  ///< of the last attempt; empty: none
};

/// One try, as it is shown: no secret and no signature in it.
struct DeliveryAttempt {
  int attempt = 0;
  Time at{};
  Millis took{};
  std::string request_headers;   ///< JSON object
  int status = 0;                ///< of HTTP; 0: no answer
  std::string response_headers;  ///< JSON object; empty: no answer
  std::string response_body;     ///< its beginning
  std::string error;             ///< empty: delivered
};

/// What an attempt came to.
struct DeliveryOutcome {
  DeliveryStatus status = DeliveryStatus::delivered;  ///< never sending
  Time due{};                                         ///< of pending
  std::optional<Time> hold_until;  ///< until then nothing is sent to this webhook
};

/// How a webhook has done lately.
struct DeliveryHealth {
  std::optional<Time> failing_since;  ///< the first failure since the last success
  int dead_in_row = 0;                ///< given up since the last success
};

/// What an event in the log says about a webhook.
struct WebhookChange {
  enum class Kind { fresh_start, gone };
  std::string webhook;
  Kind kind = Kind::fresh_start;  ///< its health is forgotten; gone: all that it has, too
};

struct DeliveryQuery {
  std::string webhook;
  std::optional<DeliveryStatus> status;
  std::string cursor;  ///< of the page before; empty: the newest
  int limit = 20;
};
struct DeliveryPage {
  std::vector<Delivery> deliveries;  ///< newest first
  std::string next_cursor;           ///< empty: the end
};

/// All calls from any thread. Throws StoreFailure.
class Deliveries {
 public:
  virtual ~Deliveries() = default;

  /// How far the log was read; -1 in a new database.
  virtual std::int64_t position() = 0;
  /// Takes what the log gave and remembers that it was read up to `position`, in one transaction:
  /// each (webhook, event) is there once, whatever is given again after a crash. A crash of the
  /// machine may take the last calls back, all of each.
  virtual void put(std::span<const NewDelivery> deliveries, std::span<const WebhookChange> changes,
                   std::int64_t position, Time now) = 0;

  /// For the one process that carries what is here, at its start: whatever was being sent when the
  /// last one ended is pending again at once, its attempt counted.
  virtual void recover(Time now) = 0;

  /// Puts into the queue at once, on disk when it returns: what was delivered or given up, or is no
  /// more known, becomes pending again under its old id; what waits becomes due. One that is being
  /// sent is left alone.
  virtual void replay(std::span<const NewDelivery> deliveries, Time now) = 0;
  /// The same for up to `limit` dead letters of a webhook, the oldest first; how many.
  virtual int replay_dead(const std::string& webhook, Time now, int limit) = 0;

  /// Whether something of one of these webhooks can be claimed.
  virtual bool any_due(const std::vector<std::string>& webhooks, Time now) = 0;
  /// Takes the delivery of a webhook that is due first, leased until `until`, one attempt more.
  /// Only the first open one of a lane can be taken; none of `busy` (ids under way here, whatever
  /// their lease says). A look into an index, however many wait.
  virtual std::optional<Delivery> claim(const std::string& webhook, Time now, Time until,
                                        const std::set<std::string>& busy) = 0;
  /// Gives a claimed delivery back as if it had not been taken.
  virtual void release(const Delivery& delivery, Time now) = 0;
  /// Writes the attempt down and what it came to; the next of the lane follows one that is settled.
  /// What is no more there is passed over.
  virtual DeliveryHealth settle(const Delivery& delivery, const DeliveryAttempt& attempt,
                                const DeliveryOutcome& outcome) = 0;

  virtual DeliveryHealth health(const std::string& webhook) = 0;
  /// With its body; nullopt if the webhook has no such delivery.
  virtual std::optional<Delivery> find(const std::string& webhook, const std::string& id) = 0;
  /// The newest 100, oldest first.
  virtual std::vector<DeliveryAttempt> attempts(const Delivery& delivery) = 0;
  /// Throws std::invalid_argument for a cursor that is none.
  virtual DeliveryPage list(const DeliveryQuery& query) = 0;

  /// Forgets up to `limit` that were delivered before `delivered` or given up before `dead`; true
  /// if there may be more.
  virtual bool prune(Time delivered, Time dead, int limit) = 0;
};

}  // namespace factory::storage
