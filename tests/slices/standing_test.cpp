#include "domain/standing.hpp"

#include <random>

#include "tests/support/catch.hpp"
#include "tests/support/spec.hpp"

namespace factory::test {
namespace {

using Words = std::vector<std::string>;

GatePolicy policy_of(std::vector<ApproverRule> rules, Exclusion requester = Exclusion::never,
                     Exclusion reporter = Exclusion::never) {
  GatePolicy policy;
  policy.rules = std::move(rules);
  policy.exclude_requester = requester;
  policy.exclude_reporter = reporter;
  return policy;
}

ApproverRule of_group(std::string group, int count = 1) { return {count, {}, {std::move(group)}}; }
ApproverRule with_role(std::string role, int count = 1) { return {count, {std::move(role)}, {}}; }
ApproverRule anybody(int count = 1) { return {count, {}, {}}; }

const Directory team = directory({
    person("alice", Role::owner),
    person("bob", Role::operator_, {"security"}),
    person("carol", Role::admin, {"security", "release"}),
    person("dave", Role::operator_),
    person("vera", Role::viewer, {"security"}),
    agent("goose"),
});

std::string refusal(const Status& status) { return status ? "" : status.error().detail; }

TEST_CASE("standing: one person fills one place of one rule") {
  const GatePolicy policy = policy_of({of_group("security"), of_group("release")});

  const Standing nobody = standing(policy, {}, {}, team);
  CHECK(nobody.needed == 2);
  CHECK(nobody.filled == 0);
  CHECK(nobody.missing == Words{"1 person of group security", "1 person of group release"});
  CHECK(nobody.eligible == Words{"bob", "carol"});
  CHECK(nobody.satisfiable);

  // Carol could sign for both groups, and still fills only one place: the one that nobody else can.
  const Standing carol = standing(policy, {}, {"carol"}, team);
  CHECK(carol.filled == 1);
  CHECK(carol.missing == Words{"1 person of group security"});
  CHECK(carol.eligible == Words{"bob"});
  CHECK_FALSE(carol.met);

  const Standing both = standing(policy, {}, {"carol", "bob"}, team);
  CHECK(both.met);
  CHECK(both.missing.empty());
  CHECK(both.eligible.empty());
}

TEST_CASE("standing: what is missing is what is easiest to find") {
  const GatePolicy policy = policy_of({anybody(), of_group("release")});
  const Standing carol = standing(policy, {}, {"carol"}, team);
  CHECK(carol.missing == Words{"1 person who may decide"});
  CHECK(carol.eligible == Words{"alice", "bob", "dave"});
}

TEST_CASE("standing: unknown, repeated, agent and viewer names fill nothing") {
  const GatePolicy policy = policy_of({anybody(2)});
  const Standing now = standing(policy, {}, {"dave", "dave", "goose", "vera", "nobody"}, team);
  CHECK(now.filled == 1);
  CHECK_FALSE(now.met);
}

TEST_CASE("standing: rules are told in words") {
  const Directory nobody;
  const auto missing = [&](ApproverRule rule) {
    return standing(policy_of({std::move(rule)}), {}, {}, nobody).missing.at(0);
  };
  CHECK(missing(anybody()) == "1 person who may decide");
  CHECK(missing(anybody(3)) == "3 persons who may decide");
  CHECK(missing(with_role("admin")) == "1 person with role admin");
  CHECK(missing({2, {"owner", "admin", "operator"}, {}}) ==
        "2 persons with role owner, admin or operator");
  CHECK(missing({1, {"admin"}, {"a", "b"}}) == "1 person of group a or b or with role admin");
}

TEST_CASE("standing: a policy without rules asks for one person who may decide") {
  const GatePolicy policy = policy_of({});
  CHECK(standing(policy, {}, {}, team).needed == 1);
  CHECK_FALSE(standing(policy, {}, {}, team).met);
  CHECK(standing(policy, {}, {"dave"}, team).met);
  CHECK(may_decide(policy, {}, "dave", team));
}

TEST_CASE("standing: an exclusion `always` holds, even if nobody is left") {
  const Directory alone = directory({person("alice", Role::owner)});
  const GatePolicy policy = policy_of({anybody()}, Exclusion::always, Exclusion::never);
  CHECK_FALSE(may_decide(policy, {"alice", {}}, "alice", alone));
  const Standing now = standing(policy, {"alice", {}}, {"alice"}, alone);
  CHECK(now.filled == 0);
  CHECK_FALSE(now.satisfiable);

  const Status status = check_satisfiable(policy, {"alice", {}}, alone, "gate review");
  REQUIRE_FALSE(status);
  CHECK(status.error().code == ErrorCode::unsatisfiable);
  CHECK_THAT(status.error().detail, contains("gate review"));
  CHECK_THAT(status.error().detail, contains("1 person who may decide"));
  CHECK_THAT(status.error().detail, contains("alice would do"));
  CHECK(status.error().data.at("missing") == "1 person who may decide");
}

TEST_CASE("standing: `when_possible` lets a lone owner decide, and nobody who can be spared") {
  const GatePolicy policy =
      policy_of({anybody()}, Exclusion::when_possible, Exclusion::when_possible);
  const Involved involved{"alice", {"alice"}};
  const Directory alone = directory({person("alice", Role::owner), agent("goose")});
  CHECK(may_decide(policy, involved, "alice", alone));
  CHECK(check_satisfiable(policy, involved, alone, "gate review"));

  const Status status = may_decide(policy, involved, "alice", team);
  CHECK_THAT(refusal(status), contains("alice requested this"));
  CHECK_THAT(status.error().hint, contains("bob, carol, dave"));
  CHECK_THAT(refusal(may_decide(policy, {"x", {"bob"}}, "bob", team)),
             contains("bob reported the work"));
}

TEST_CASE("standing: only as many of the involved are let in as the policy needs") {
  const Directory three = directory({person("alice"), person("bob"), person("carol")});
  const GatePolicy policy =
      policy_of({anybody(2)}, Exclusion::when_possible, Exclusion::when_possible);
  // Carol alone does not suffice: the requester comes in before the reporter.
  const Involved involved{"alice", {"bob"}};
  CHECK(may_decide(policy, involved, "alice", three));
  CHECK_FALSE(may_decide(policy, involved, "bob", three));
  CHECK(may_decide(policy, involved, "carol", three));
  // All are let in where it needs all, and where even all do not suffice.
  CHECK(may_decide(policy_of({anybody(3)}, Exclusion::when_possible, Exclusion::when_possible),
                   involved, "bob", three));
  CHECK(may_decide(policy_of({anybody(9)}, Exclusion::when_possible, Exclusion::when_possible),
                   involved, "bob", three));
}

TEST_CASE("standing: one who approved keeps counting when others turn up later") {
  const GatePolicy policy = policy_of({anybody(2)}, Exclusion::when_possible);
  const Involved involved{"alice", {}};
  CHECK(may_decide(policy, involved, "alice", directory({person("alice"), person("bob")})));
  const Directory later = directory({person("alice"), person("bob"), person("carol")});
  CHECK_FALSE(may_decide(policy, involved, "alice", later));
  CHECK(standing(policy, involved, {"alice", "bob"}, later).met);
  // …but not one who is gone.
  CHECK_FALSE(standing(policy, involved, {"alice", "zoe"}, later).met);
}

TEST_CASE("standing: the strictest exclusion of a person counts") {
  const GatePolicy policy = policy_of({anybody()}, Exclusion::never, Exclusion::always);
  CHECK_FALSE(may_decide(policy, {"alice", {"alice"}}, "alice", team));
  CHECK(may_decide(policy, {"alice", {"bob"}}, "alice", team));
}

TEST_CASE("may_decide: says why not") {
  const GatePolicy policy = policy_of({of_group("security"), with_role("owner")});
  CHECK(may_decide(policy, {}, "alice", team));
  CHECK(may_decide(policy, {}, "bob", team));
  CHECK_THAT(refusal(may_decide(policy, {}, "zoe", team)), contains("Nobody named zoe"));
  CHECK_THAT(refusal(may_decide(policy, {}, "goose", team)), contains("agents never decide"));
  CHECK_THAT(refusal(may_decide(policy, {}, "vera", team)), contains("tasks:approve"));
  CHECK_THAT(refusal(may_decide(policy, {}, "dave", team)),
             contains("1 person of group security, 1 person with role owner"));
}

TEST_CASE("decides_for: a delegate decides in the delegator's place") {
  const GatePolicy policy =
      policy_of({of_group("security"), with_role("owner")}, Exclusion::always);
  const auto place = [&](const std::string& who, const std::vector<Delegation>& delegations,
                         const Words& approvers = {}, const Involved& involved = {}) {
    const auto result = decides_for(policy, involved, who, delegations, approvers, team);
    return result ? *result : "refused: " + result.error().detail;
  };
  CHECK(place("bob", {}) == "bob");
  CHECK_THAT(place("dave", {}), contains("refused: dave holds no role or group"));
  CHECK(place("dave", {{"bob", "dave"}}) == "bob");
  CHECK(place("dave", {{"bob", "alice"}}).substr(0, 7) == "refused");
  // The delegator's own right is what counts, at the moment of the decision …
  CHECK(place("dave", {{"vera", "dave"}}).substr(0, 7) == "refused");
  CHECK_THAT(place("dave", {{"bob", "dave"}}, {}, {"bob", {}}), contains("refused"));
  // … and the delegate must be a person who may decide and is not excluded himself.
  CHECK_THAT(place("dave", {{"bob", "dave"}}, {}, {"dave", {}}), contains("dave requested this"));
  CHECK_THAT(place("goose", {{"bob", "goose"}}), contains("agents never decide"));
  CHECK_THAT(place("vera", {{"bob", "vera"}}), contains("tasks:approve"));
  // It does not pass on: carol lets dave decide in her place, not in bob's.
  CHECK(place("dave", {{"bob", "carol"}, {"carol", "dave"}}) == "carol");
}

TEST_CASE("decides_for: whoever is away for a while has somebody decide in their place") {
  const GatePolicy policy = policy_of({of_group("security")}, Exclusion::always);
  Directory away = team;
  away.delegations = {{"bob", "dave"}};
  const auto place = [&](const std::string& who, const Involved& involved = {}) {
    const auto result = decides_for(policy, involved, who, {}, {}, away);
    return result ? *result : "refused: " + result.error().detail;
  };
  CHECK(place("dave") == "bob");
  CHECK(place("bob") == "bob");
  CHECK(place("alice").substr(0, 7) == "refused");
  CHECK(place("dave", {"bob", {}}).substr(0, 7) == "refused");
  CHECK(place("dave", {"dave", {}}).substr(0, 7) == "refused");
  away.delegations = {{"bob", "goose"}};
  CHECK_THAT(place("goose"), contains("agents never decide"));
}

TEST_CASE("decides_for: one's own place first, unless another's fills what is missing") {
  const GatePolicy policy = policy_of({of_group("security"), with_role("owner")});
  const std::vector<Delegation> to_bob{{"alice", "bob"}};
  CHECK(*decides_for(policy, {}, "bob", to_bob, {}, team) == "bob");
  CHECK(*decides_for(policy, {}, "bob", to_bob, {"carol"}, team) == "alice");
  CHECK(*decides_for(policy, {}, "bob", to_bob, {"carol", "alice"}, team) == "bob");
}

// --- against brute force ----------------------------------------------------------------------

struct Case {
  GatePolicy policy;
  Involved involved;
  Words approvers;
  Directory people;
};

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  int below(int bound) { return static_cast<int>(engine_() % static_cast<std::uint64_t>(bound)); }
  bool one_in(int bound) { return below(bound) == 0; }

 private:
  std::mt19937_64 engine_;
};

Case make_case(std::uint64_t seed) {
  Random random(seed);
  Case made;
  std::vector<Principal> keys;
  const int people = 1 + random.below(6);
  for (int i = 0; i < people; ++i) {
    Principal who = person("p" + std::to_string(i), static_cast<Role>(random.below(4)));
    for (const char* group : {"a", "b"}) {
      if (random.one_in(3)) who.groups.emplace_back(group);
    }
    if (random.one_in(8)) who = agent(who.id);
    keys.push_back(who);
  }
  made.people = directory(keys);
  const auto somebody = [&] { return "p" + std::to_string(random.below(people + 1)); };
  made.policy.rules.clear();
  for (int i = 1 + random.below(3); i > 0; --i) {
    ApproverRule rule{1 + random.below(2), {}, {}};
    if (random.one_in(3)) rule.roles.emplace_back(random.one_in(2) ? "admin" : "owner");
    if (random.one_in(2)) rule.groups.emplace_back(random.one_in(2) ? "a" : "b");
    made.policy.rules.push_back(rule);
  }
  made.policy.exclude_requester = static_cast<Exclusion>(random.below(3));
  made.policy.exclude_reporter = static_cast<Exclusion>(random.below(3));
  made.involved.requester = somebody();
  for (int i = random.below(3); i > 0; --i) made.involved.reporters.push_back(somebody());
  for (int i = random.below(4); i > 0; --i) made.approvers.push_back(somebody());
  return made;
}

bool holds(const ApproverRule& rule, const Person& who) {
  if (rule.roles.empty() && rule.groups.empty()) return true;
  for (const Role role : who.roles) {
    for (const auto& wanted : rule.roles) {
      if (wanted == name_of(role)) return true;
    }
  }
  for (const auto& group : who.groups) {
    for (const auto& wanted : rule.groups) {
      if (wanted == group) return true;
    }
  }
  return false;
}

/// The most places that these persons can fill: every assignment is tried.
int most(const Case& c, const Words& names, std::size_t rule = 0, int place = 0,
         unsigned used = 0) {
  if (rule == c.policy.rules.size()) return 0;
  if (place == c.policy.rules[rule].count) return most(c, names, rule + 1, 0, used);
  int best = most(c, names, rule, place + 1, used);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const Person* who = c.people.find(names[i]);
    if ((used >> i & 1U) != 0 || who == nullptr || !who->may_decide()) continue;
    if (!holds(c.policy.rules[rule], *who)) continue;
    best = std::max(best, 1 + most(c, names, rule, place + 1, used | 1U << i));
  }
  return best;
}

int places(const Case& c) {
  int sum = 0;
  for (const auto& rule : c.policy.rules) sum += rule.count;
  return sum;
}

Exclusion strictness(const Case& c, const std::string& name) {
  Exclusion result = Exclusion::never;
  if (c.involved.requester == name) result = std::min(result, c.policy.exclude_requester);
  for (const auto& reporter : c.involved.reporters) {
    if (reporter == name) result = std::min(result, c.policy.exclude_reporter);
  }
  return result;
}

/// Names of the directory that pass.
template <class Test>
Words names_where(const Case& c, Test test) {
  Words names;
  for (const auto& who : c.people.people) {
    if (test(who.id)) names.push_back(who.id);
  }
  return names;
}

Words without(Words names, const std::string& name) {
  names.erase(std::remove(names.begin(), names.end(), name), names.end());
  return names;
}

TEST_CASE("standing: agrees with trying everything") {
  for (std::uint64_t seed = 1; seed <= 4000; ++seed) {
    const Case c = make_case(seed);
    CAPTURE(seed, engine::encode(c.policy), c.involved.requester, c.involved.reporters,
            c.approvers);
    const Words allowed = names_where(c, [&](const std::string& name) {
      return may_decide(c.policy, c.involved, name, c.people).ok();
    });
    const Words possible = names_where(
        c, [&](const std::string& name) { return strictness(c, name) != Exclusion::always; });
    const Words uninvolved = names_where(
        c, [&](const std::string& name) { return strictness(c, name) == Exclusion::never; });

    // Satisfiable: there is a set of persons that meets it.
    const bool satisfiable = most(c, possible) == places(c);
    REQUIRE(check_satisfiable(c.policy, c.involved, c.people, "gate").ok() == satisfiable);
    REQUIRE((most(c, allowed) == places(c)) == satisfiable);
    for (const auto& name : allowed) {
      const bool may_be_spared = strictness(c, name) == Exclusion::when_possible && satisfiable;
      REQUIRE(strictness(c, name) != Exclusion::always);
      if (may_be_spared) REQUIRE(most(c, without(allowed, name)) < places(c));
    }
    if (most(c, uninvolved) == places(c)) {
      for (const auto& name : allowed) REQUIRE(strictness(c, name) == Exclusion::never);
    }

    const Standing now = standing(c.policy, c.involved, c.approvers, c.people);
    Words counting;
    for (const auto& name : possible) {
      if (std::count(c.approvers.begin(), c.approvers.end(), name) > 0) counting.push_back(name);
    }
    REQUIRE(now.needed == places(c));
    REQUIRE(now.filled == most(c, counting));
    REQUIRE(now.met == (now.filled == now.needed));
    REQUIRE(now.missing.empty() == now.met);
    Words together = counting;
    for (const auto& name : allowed) {
      Words more = counting;
      more.push_back(name);
      const bool approved = std::count(c.approvers.begin(), c.approvers.end(), name) > 0;
      const bool helps = !approved && most(c, more) > now.filled;
      REQUIRE((std::count(now.eligible.begin(), now.eligible.end(), name) > 0) == helps);
      if (!approved) together.push_back(name);
    }
    REQUIRE(now.satisfiable == (most(c, together) == places(c)));
    for (const auto& name : now.eligible) {
      REQUIRE(std::count(allowed.begin(), allowed.end(), name) == 1);
    }
  }
}

}  // namespace
}  // namespace factory::test
