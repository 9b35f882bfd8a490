#pragma once

#include <map>
#include <random>

#include "tests/sim/world.hpp"

namespace factory::sim {

/// Draws what happens next from a seed. What it draws from (which pipelines, gates and tasks there
/// are) it reads in the store, and it remembers those that are over, to knock at them again.
class Story {
 public:
  /// `puts_off`: tasks have reminders, are begun and put off. Without, a seed tells the story that
  /// it told before there was such a thing.
  Story(World& world, std::uint64_t seed, bool puts_off = true)
      : world_(world), random_(seed), puts_off_(puts_off) {}

  /// A call by somebody at random; its request id is new.
  Sent next();
  /// The same again with the same key: as a client does that got no answer.
  Sent again(const Sent& sent);
  bool chance(unsigned percent) { return random_() % 100 < percent; }
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

 private:
  template <class T>
  const T& one_of(const std::vector<T>& all) {
    return all[static_cast<std::size_t>(below(all.size()))];
  }
  Principal somebody() { return one_of(everybody()); }
  Principal decider();
  void look_at(const std::string& pipeline);
  void create(Sent& sent);
  void to_pipeline(Sent& sent);
  void to_gate(Sent& sent);
  void to_task(Sent& sent);
  pipeline::Command work();
  pipeline::Command other_pipeline_command();
  gate::Vote vote();
  pipeline::Evidence evidence();
  std::string a_stage();
  Time later();
  GatePolicy policy();
  Plan plan();

  World& world_;
  std::mt19937_64 random_;
  const bool puts_off_;
  int requests_ = 0;
  std::vector<std::string> pipelines_;
  std::vector<std::string> gates_;
  std::vector<std::string> tasks_;
  std::string stage_;  ///< where the pipeline last looked at is
  std::string gate_;   ///< and what it waits for
  std::string task_;
  std::string digest_;
};

}  // namespace factory::sim
