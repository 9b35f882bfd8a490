#include <algorithm>
#include <functional>
#include <future>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "bench/cycle_load.hpp"
#include "bench/one_gate.hpp"
#include "bench/parts.hpp"
#include "bench/process.hpp"
#include "bench/slow_receiver.hpp"
#include "common/paths.hpp"
#include "common/standard_webhooks.hpp"
#include "core.hpp"
#include "identity/sealed.hpp"
#include "slices/notification/notification.hpp"
#include "slices/preference/preference.hpp"
#include "slices/webhook/payload.hpp"
#include "slices/webhook/webhook.hpp"

namespace factory::bench {

namespace {

constexpr int clients = 8;
constexpr int rounds = 5;
constexpr long people = 100;
constexpr long entities = 1000;

std::string person(long number) { return "person-" + std::to_string(number); }

Principal principal(const std::string& name) {
  return {ActorType::person, name, "rest", Role::operator_, {}, "key_bench"};
}

/// Commands through the engine's own writer, many at a time.
class Submit {
 public:
  explicit Submit(Core& core) : core_(core) {}
  void operator()(const std::string& stream, std::any command, const std::string& by) {
    engine::Call call;
    call.command = {stream, std::move(command)};
    call.actor = principal(by);
    answers_.push_back(core_.runner().submit(std::move(call)));
    if (answers_.size() == 5000) settle();
  }
  void settle() {
    for (auto& answer : answers_) {
      if (const auto reply = answer.get(); !reply) throw std::runtime_error(reply.error().detail);
    }
    answers_.clear();
  }

 private:
  Core& core_;
  std::vector<std::future<Result<engine::Reply>>> answers_;
};

/// People who are told by text message, each of as many things as the others.
void add_notifications(Core& core, long count) {
  Submit submit(core);
  for (long i = 0; i < people; ++i) {
    preference::Changed wanted;
    wanted.phone = "+49301234567";
    submit(preference::stream_of(person(i)), preference::Command{preference::Set{wanted}},
           person(i));
  }
  submit.settle();
  for (long i = 0; i < count; ++i) {
    notification::Created created;
    created.recipient = person(i % people);
    created.kind = "mention";
    created.title = "ada mentioned you: Rotate the credentials of server " + std::to_string(i);
    created.body = "Please look at it before the end of the week, it has waited for some time.";
    created.entity_type = "task";
    created.entity_id = "task_00000000-0000-7000-8000-000000010007";
    created.action_url = "/v1/tasks/" + created.entity_id;
    created.channels = {NotifyChannel::in_app, NotifyChannel::sms};
    submit(core.ids().next(core.clock().now()).make("ntf"),
           notification::Command{notification::Create{std::move(created)}}, "ada");
  }
  submit.settle();
}

std::string add_webhook(Core& core, const std::string& url) {
  webhook::Registered registered;
  registered.url = url;
  registered.events = {"group.*"};
  registered.sealed_secret =
      identity::seal_text(standard_webhooks::new_secret(), core.identity().pepper.webhook_key());
  const std::string id = core.ids().next(core.clock().now()).make("hook");
  Submit submit(core);
  submit(id, webhook::Command{webhook::Register{std::move(registered)}}, "ada");
  submit.settle();
  return id;
}

/// So many in all, shared by the webhooks; several of each entity, which wait for each other.
void add_deliveries(Core& core, const std::vector<std::string>& webhooks, long count) {
  const auto queue = storage::open_sqlite_deliveries(core.data() + "/deliveries.db");
  const std::int64_t position = core.store().last_position();
  const Time now = core.clock().now();
  engine::Call call;
  call.actor = principal("ada");
  std::vector<storage::NewDelivery> made;
  const long events = count / static_cast<long>(webhooks.size());
  for (long i = 0; i < events; ++i) {
    storage::EventRecord event;
    event.position = position;
    event.stream = "grp_00000000-0000-7000-8000-00000001" + std::to_string(1000 + i % entities);
    event.version = i / entities + 1;
    event.type = "group.member_added";
    event.at = now;
    event.actor = "ada";
    event.body = engine::event_body(event, R"({"name":"somebody","by":"ada"})", call);
    event.hash = sha256("", event.body);
    const storage::Parcel parcel = webhook::parcel_of(event, "urn:agent-factory");
    for (const std::string& webhook : webhooks)
      made.push_back(webhook::delivery_of(webhook, parcel));
    if (made.size() < 1000 && i + 1 < events) continue;
    queue->put(made, {}, position, now);
    made.clear();
  }
}

/// A folder in which so much waits; `queued` false: the same is stored, and nothing waits.
void fill(const std::string& data, long count, bool queued, const SlowReceiver& slow,
          const SlowReceiver& hanging) {
  write_one_gate_template(data);
  CoreOptions options;
  options.data = data;
  if (queued) options.effect_kinds = {"notify.sms"};
  Core core(std::move(options));
  add_notifications(core, count);
  const std::vector<std::string> webhooks{add_webhook(core, slow.url()),
                                          add_webhook(core, hanging.url())};
  if (queued) add_deliveries(core, webhooks, count);
  const nlohmann::json channels{{"sms", {{"url", slow.url()}, {"body", "To={to}&Body={text}"}}}};
  if (!write_file_private(data + "/channels.json", channels.dump())) {
    throw std::runtime_error("cannot write channels.json");
  }
}

struct Measured {
  CycleFigures cycles;
  double peak_mib = 0;
};

Measured measure(const std::string& data, double seconds) {
  const Server server(data, {"--webhook-allow-private", "127.0.0.0/8", "--rate-limit", "0"});
  const CycleTarget target{server.url(), server.token(), [&] { return server.cpu_us(); }};
  measure_cycles(target, clients, 1);  // to be warm
  server.forget_peak();
  Measured measured;
  measured.cycles = measure_cycles(target, clients, seconds);
  measured.peak_mib = server.peak_mib();
  return measured;
}

/// The one in the middle.
double median(const std::vector<Measured>& all, const std::function<double(const Measured&)>& of) {
  std::vector<double> values;
  for (const Measured& one : all) values.push_back(of(one));
  return percentile(values, 0.5);
}

double rate_of(const Measured& measured) { return measured.cycles.rate; }

void tell(Report& report, const std::string& when, const std::vector<Measured>& all) {
  const auto figure = [&](const std::string& name, const std::string& unit,
                          const std::function<double(const Measured&)>& of) {
    report.figure(name + ", " + when, median(all, of), unit);
  };
  figure("cycles, 8 clients", "1/s", rate_of);
  figure("approve p50", "ms", [](const Measured& one) { return one.cycles.approve_p50; });
  figure("approve p99", "ms", [](const Measured& one) { return one.cycles.approve_p99; });
  figure("server's processor time for a cycle", "us",
         [](const Measured& one) { return one.cycles.cpu_us; });
  figure("memory of the server at most", "MiB", [](const Measured& one) { return one.peak_mib; });
}

void tell_what_waits(Report& report, const std::string& data, long count) {
  const auto store = storage::open_sqlite(data + "/factory.db");
  const int most = static_cast<int>(2 * count);
  const auto waiting =
      store->list_effects("pending", most).size() + store->list_effects("leased", most).size();
  report.figure("notifications that still wait", static_cast<double>(waiting), "");
  report.figure("notifications that were given up",
                static_cast<double>(store->list_effects("dead", most).size()), "", "0");
  const auto queue = storage::open_sqlite_deliveries(data + "/deliveries.db");
  storage::ViewQuery query;
  query.kind = webhook::Definition::kind;
  std::size_t deliveries = 0;
  for (const storage::ViewRow& row : store->query_views(query).rows) {
    for (const auto status : {storage::DeliveryStatus::pending, storage::DeliveryStatus::sending}) {
      storage::DeliveryQuery of;
      of.webhook = row.id;
      of.status = status;
      of.limit = most;
      deliveries += queue->list(of).deliveries.size();
    }
  }
  report.figure("deliveries that still wait", static_cast<double>(deliveries), "");
}

}  // namespace

void storm(Report& report, const Scale& scale) {
  const long count = scale.most_queued();
  report.heading("Gate cycles while " + std::to_string(count) + " notifications and as many " +
                 "deliveries are queued; receivers that take 20 ms, and one that hangs");
  const SlowReceiver slow(Millis{20});
  const SlowReceiver hanging(Millis{-1});
  const Folder quiet;
  const Folder stormy;
  fill(quiet.path(), count, false, slow, hanging);
  fill(stormy.path(), count, true, slow, hanging);
  std::vector<Measured> alone;
  std::vector<Measured> during;
  // In turns, so that what else the machine does falls on both.
  for (int round = 0; round < rounds; ++round) {
    alone.push_back(measure(quiet.path(), scale.seconds()));
    during.push_back(measure(stormy.path(), scale.seconds()));
  }
  tell(report, "alone", alone);
  tell(report, "in the storm", during);
  std::vector<double> shares;
  for (std::size_t round = 0; round < during.size(); ++round) {
    shares.push_back(rate_of(during[round]) / rate_of(alone[round]));
    report.figure("round " + std::to_string(round + 1) + ", rate of that alone", shares.back(), "");
  }
  report.figure("rate in the storm, of that alone", percentile(shares, 0.5), "", "0.9");
  report.figure("requests that the slow receiver took", static_cast<double>(slow.taken()), "");
  report.figure("requests that the hanging one took", static_cast<double>(hanging.taken()), "");
  tell_what_waits(report, stormy.path(), count);
}

}  // namespace factory::bench
