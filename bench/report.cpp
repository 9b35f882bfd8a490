#include "bench/report.hpp"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace factory::bench {

void Report::heading(const std::string& text) {
  part_ = text;
  std::printf("\n%s\n", text.c_str());
  std::fflush(stdout);
}

void Report::figure(const std::string& name, double value, const std::string& unit,
                    const std::string& budget) {
  figures_.push_back({part_, name, unit, budget, value});
  std::printf("  %-52s %12.3f %-10s %s\n", name.c_str(), value, unit.c_str(),
              budget.empty() ? "" : ("budget " + budget).c_str());
  std::fflush(stdout);
}

void Report::note(const std::string& text) { std::printf("  %s\n", text.c_str()); }

std::string Report::json() const {
  nlohmann::json all = nlohmann::json::array();
  for (const Figure& figure : figures_) {
    all.push_back({{"part", figure.part},
                   {"name", figure.name},
                   {"value", figure.value},
                   {"unit", figure.unit},
                   {"budget", figure.budget}});
  }
  return all.dump(2) + "\n";
}

double percentile(std::vector<double>& samples, double share) {
  if (samples.empty()) return 0;
  std::sort(samples.begin(), samples.end());
  const auto last = static_cast<double>(samples.size() - 1);
  return samples[static_cast<std::size_t>(last * share)];
}

}  // namespace factory::bench
