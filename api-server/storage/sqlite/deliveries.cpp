#include "storage/deliveries.hpp"

#include <array>
#include <memory>
#include <mutex>

#include "storage/open.hpp"
#include "storage/sqlite/delivery_log.hpp"
#include "storage/sqlite/delivery_removal.hpp"
#include "storage/sqlite/migrations.hpp"
#include "storage/sqlite/read_pool.hpp"
#include "storage/sqlite/scratch_folder.hpp"

namespace factory::storage {

namespace {

constexpr std::array kDeliveryMigrations = {
    static_cast<const char*>(
#include "storage/sqlite/migrations/deliveries_0001_init.sql"
        ),
};

constexpr int kPending = static_cast<int>(DeliveryStatus::pending);
constexpr int kSending = static_cast<int>(DeliveryStatus::sending);
constexpr int kDead = static_cast<int>(DeliveryStatus::dead);

/// What somebody was told stands on disk when it returns; all else may be made again from the log,
/// or sent again under its id, and is flushed by the system.
class Flushed {
 public:
  explicit Flushed(Connection& connection) : connection_(connection) {
    connection_.run("PRAGMA synchronous=FULL");
  }
  ~Flushed() { connection_.database().tryExec("PRAGMA synchronous=NORMAL"); }
  Flushed(const Flushed&) = delete;
  Flushed& operator=(const Flushed&) = delete;

 private:
  Connection& connection_;
};

class SqliteDeliveries final : public Deliveries {
  template <class Work>
  auto reading(const char* doing, const Work& work) {
    try {
      const ReadPool::Lease lease = readers_.take();
      return work(*lease);
    } catch (const SQLite::Exception& error) {
      throw failure(doing, error);
    }
  }

  template <class Work>
  void writing(const char* doing, const Work& work) {
    const std::lock_guard lock(mutex_);
    in_transaction(doing, work);
  }

  template <class Work>
  void in_transaction(const char* doing, const Work& work) {
    try {
      Transaction transaction(writer_);
      work();
      transaction.commit();
    } catch (const SQLite::Exception& error) {
      throw failure(doing, error);
    }
  }

 public:
  explicit SqliteDeliveries(const std::string& file)
      : scratch_(file == ":memory:" ? std::make_unique<ScratchFolder>() : nullptr),
        file_(scratch_ ? scratch_->file("deliveries.db") : file),
        writer_(file_, Connection::Access::write),
        readers_(file_) {
    writer_.run("PRAGMA journal_mode=WAL");
    writer_.run("PRAGMA synchronous=NORMAL");
    writer_.run("PRAGMA wal_autocheckpoint=4000");
    migrate(writer_, kDeliveryMigrations);
  }

  std::int64_t position() override {
    return reading("read the position", [](Connection& connection) {
      return connection.pragma("SELECT position FROM progress");
    });
  }

  void put(std::span<const NewDelivery> deliveries, std::span<const WebhookChange> changes,
           std::int64_t position, Time now) override {
    writing("put deliveries", [&] {
      for (const NewDelivery& one : deliveries) {
        if (insert(one, now)) take_turn(one.webhook, one.lane);
      }
      for (const WebhookChange& change : changes) {
        if (change.kind == WebhookChange::Kind::gone) forget_deliveries(writer_, change.webhook);
        writer_.query("DELETE FROM webhooks WHERE webhook = ?").with(change.webhook).run();
      }
      writer_.query("UPDATE progress SET position = ?").with(position).run();
    });
  }

  void recover(Time now) override {
    writing("take deliveries up again", [&] {
      writer_.query("UPDATE deliveries SET status = ?, due = ? WHERE head = 1 AND status = ?")
          .with(kPending, now, kSending)
          .run();
    });
  }

  void replay(std::span<const NewDelivery> deliveries, Time now) override {
    const std::lock_guard lock(mutex_);
    const Flushed flushed(writer_);
    in_transaction("replay deliveries", [&] {
      for (const NewDelivery& one : deliveries) {
        if (insert(one, now)) {
          take_turn(one.webhook, one.lane);
        } else {
          reopen(one.id, now);
        }
      }
    });
  }

  int replay_dead(const std::string& webhook, Time now, int limit) override {
    const std::lock_guard lock(mutex_);
    const Flushed flushed(writer_);
    int count = 0;
    in_transaction("replay dead letters", [&] {
      std::vector<std::string> ids;
      {
        Query dead = writer_.query(
            "SELECT id FROM deliveries WHERE webhook = ? AND status = ? ORDER BY number LIMIT ?");
        dead.with(webhook, kDead, limit);
        while (dead.step()) ids.push_back(dead.text(0));
      }
      for (const std::string& id : ids) reopen(id, now);
      count = static_cast<int>(ids.size());
    });
    return count;
  }

  bool any_due(const std::vector<std::string>& webhooks, Time now) override {
    return reading("look for work", [&](Connection& connection) {
      for (const std::string& webhook : webhooks) {
        if (is_held(connection, webhook, now)) continue;
        Query due = connection.query(
            "SELECT 1 FROM deliveries WHERE webhook = ? AND head = 1 AND due <= ? LIMIT 1");
        if (due.with(webhook, now).step()) return true;
      }
      return false;
    });
  }

  std::optional<Delivery> claim(const std::string& webhook, Time now, Time until,
                                const std::set<std::string>& busy) override {
    std::optional<Delivery> taken;
    writing("claim a delivery", [&] {
      if (is_held(writer_, webhook, now)) return;
      taken = first_due(webhook, now, busy);
      if (!taken) return;
      taken->attempts += 1;
      taken->tries += 1;
      if (!taken->first_attempt) taken->first_attempt = now;
      taken->status = DeliveryStatus::sending;
      taken->due = until;
      writer_
          .query(
              "UPDATE deliveries SET status = ?, attempts = ?, first_attempt = ?, due = ? "
              "WHERE number = ?")
          .with(kSending, taken->attempts, *taken->first_attempt, until, taken->number)
          .run();
    });
    return taken;
  }

  void release(const Delivery& delivery, Time now) override {
    writing("release a delivery", [&] {
      writer_
          .query(
              "UPDATE deliveries SET status = ?, attempts = attempts - 1, due = ? "
              "WHERE number = ? AND status = ?")
          .with(kPending, now, delivery.number, kSending)
          .run();
    });
  }

  DeliveryHealth settle(const Delivery& delivery, const DeliveryAttempt& attempt,
                        const DeliveryOutcome& outcome) override {
    DeliveryHealth health;
    writing("settle a delivery", [&] {
      if (mark(delivery, attempt, outcome)) {
        log(delivery.number, attempt);
        count(delivery.webhook, attempt, outcome);
      }
      health = read_health(writer_, delivery.webhook);
    });
    return health;
  }

  DeliveryHealth health(const std::string& webhook) override {
    return reading("read a webhook's health",
                   [&](Connection& connection) { return read_health(connection, webhook); });
  }

  std::optional<Delivery> find(const std::string& webhook, const std::string& id) override {
    return reading("find a delivery", [&](Connection& connection) -> std::optional<Delivery> {
      static const std::string sql =
          std::string("SELECT ") + kDeliveryColumns +
          ", p.traceparent, p.body FROM deliveries d JOIN parcels p ON p.number = d.parcel "
          "WHERE d.id = ? AND d.webhook = ?";
      Query found = connection.query(sql);
      if (!found.with(id, webhook).step()) return std::nullopt;
      return whole(found);
    });
  }

  std::vector<DeliveryAttempt> attempts(const Delivery& delivery) override {
    return reading("read attempts", [&](Connection& connection) {
      return list_attempts(connection, delivery.number);
    });
  }

  DeliveryPage list(const DeliveryQuery& query) override {
    return reading("list deliveries",
                   [&](Connection& connection) { return list_deliveries(connection, query); });
  }

  bool prune(Time delivered, Time dead, int limit) override {
    int removed = 0;
    writing("prune deliveries", [&] {
      for (const auto& [status, before] :
           {std::pair{DeliveryStatus::delivered, delivered}, {DeliveryStatus::dead, dead}}) {
        removed += remove_settled(writer_, status, before, limit - removed);
      }
    });
    return removed == limit;
  }

 private:
  /// False if it was there.
  bool insert(const NewDelivery& one, Time now) {
    const Parcel& parcel = one.parcel;
    writer_.query("INSERT OR IGNORE INTO parcels (id, traceparent, body) VALUES (?, ?, ?)")
        .with(parcel.id, parcel.traceparent, parcel.body)
        .run();
    return writer_
               .query(
                   "INSERT OR IGNORE INTO deliveries (id, webhook, lane, sequence, parcel, "
                   "type, entity, position, status, head, attempts, earlier, due, created, "
                   "first_attempt, settled, last_status, error) SELECT ?, ?, ?, ?, number, ?, "
                   "?, ?, 0, 0, 0, 0, ?, ?, 0, 0, 0, '' FROM parcels WHERE id = ?")
               .with(one.id, one.webhook, one.lane, parcel.sequence, parcel.type, parcel.entity,
                     parcel.position, now, now, parcel.id)
               .run() > 0;
  }

  /// Sees to it that the first open delivery of a lane, and it alone, is its head. While one is
  /// being sent, that stays it.
  void take_turn(const std::string& webhook, const std::string& lane) {
    std::int64_t head = 0;
    {
      Query now = writer_.query(
          "SELECT number, status FROM deliveries WHERE webhook = ? AND lane = ? AND head = 1");
      if (now.with(webhook, lane).step()) {
        if (now.integer(1) == kSending) return;
        head = now.integer(0);
      }
    }
    std::int64_t first = 0;
    {
      Query open = writer_.query(
          "SELECT number FROM deliveries INDEXED BY deliveries_open WHERE webhook = ? AND "
          "lane = ? AND status < 2 ORDER BY sequence, number LIMIT 1");
      if (open.with(webhook, lane).step()) first = open.integer(0);
    }
    if (first == head) return;
    if (head != 0) set_head(head, 0);
    if (first != 0) set_head(first, 1);
  }

  void set_head(std::int64_t number, int head) {
    writer_.query("UPDATE deliveries SET head = ? WHERE number = ?").with(head, number).run();
  }

  void reopen(const std::string& id, Time now) {
    std::string webhook;
    std::string lane;
    std::int64_t status = 0;
    {
      Query row = writer_.query("SELECT webhook, lane, status FROM deliveries WHERE id = ?");
      if (!row.with(id).step()) return;
      webhook = row.text(0);
      lane = row.text(1);
      status = row.integer(2);
    }
    if (status == kSending) return;
    writer_
        .query(
            "UPDATE deliveries SET status = 0, due = ?, first_attempt = 0, settled = 0, "
            "earlier = attempts WHERE id = ?")
        .with(now, id)
        .run();
    take_turn(webhook, lane);
  }

  static Delivery whole(const Query& row) {
    Delivery delivery = read_delivery(row);
    delivery.parcel.traceparent = row.text(17);
    delivery.parcel.body = row.text(18);
    return delivery;
  }

  std::optional<Delivery> first_due(const std::string& webhook, Time now,
                                    const std::set<std::string>& busy) {
    static const std::string sql =
        std::string("SELECT ") + kDeliveryColumns +
        ", p.traceparent, p.body FROM deliveries d JOIN parcels p ON p.number = d.parcel "
        "WHERE d.webhook = ? AND d.head = 1 AND d.due <= ? ORDER BY d.due, d.number LIMIT ?";
    Query due = writer_.query(sql);
    due.with(webhook, now, static_cast<int>(busy.size()) + 1);
    while (due.step()) {
      if (busy.count(due.text(1)) == 0) return whole(due);
    }
    return std::nullopt;
  }

  /// False if it is no more there, or not being sent.
  bool mark(const Delivery& delivery, const DeliveryAttempt& attempt,
            const DeliveryOutcome& outcome) {
    const bool open = outcome.status == DeliveryStatus::pending;
    const Time ended = attempt.at + attempt.took;
    const Time settled = open ? Time{} : ended;
    const int changed =
        writer_
            .query(
                "UPDATE deliveries SET status = ?, head = ?, due = ?, settled = ?, "
                "last_status = ?, error = ? WHERE number = ? AND id = ? AND status = ?")
            .with(static_cast<int>(outcome.status), open ? 1 : 0, open ? outcome.due : ended,
                  settled, attempt.status, attempt.error, delivery.number, delivery.id, kSending)
            .run();
    if (changed == 0) return false;
    std::string lane;
    {
      Query row = writer_.query("SELECT lane FROM deliveries WHERE number = ?");
      if (row.with(delivery.number).step()) lane = row.text(0);
    }
    take_turn(delivery.webhook, lane);
    return true;
  }

  void log(std::int64_t number, const DeliveryAttempt& attempt) {
    writer_
        .query(
            "INSERT OR REPLACE INTO attempts (delivery, attempt, at, took, status, "
            "request_headers, response_headers, response_body, error) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
        .with(number, attempt.attempt, attempt.at, static_cast<std::int64_t>(attempt.took.count()),
              attempt.status, attempt.request_headers, attempt.response_headers,
              attempt.response_body, attempt.error)
        .run();
  }

  /// What the attempt says about the webhook.
  void count(const std::string& webhook, const DeliveryAttempt& attempt,
             const DeliveryOutcome& outcome) {
    if (outcome.status == DeliveryStatus::delivered) {
      writer_.query("DELETE FROM webhooks WHERE webhook = ?").with(webhook).run();
      return;
    }
    const int dead = outcome.status == DeliveryStatus::dead ? 1 : 0;
    const Time hold = outcome.hold_until.value_or(Time{});
    writer_
        .query(
            "INSERT INTO webhooks (webhook, failing_since, dead_in_row, hold_until) "
            "VALUES (?, ?, ?, ?) ON CONFLICT (webhook) DO UPDATE SET "
            "dead_in_row = dead_in_row + excluded.dead_in_row, "
            "hold_until = max(hold_until, excluded.hold_until)")
        .with(webhook, attempt.at, dead, hold)
        .run();
  }

  std::unique_ptr<ScratchFolder> scratch_;
  std::string file_;
  std::mutex mutex_;  ///< of the writer
  Connection writer_;
  ReadPool readers_;
};

}  // namespace

std::unique_ptr<Deliveries> open_sqlite_deliveries(const std::string& file) {
  try {
    return std::make_unique<SqliteDeliveries>(file);
  } catch (const SQLite::Exception& error) {
    throw failure("open " + file, error);
  }
}

}  // namespace factory::storage
