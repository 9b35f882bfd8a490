#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace factory::bench {

/// What was measured: printed as it comes, and kept for the JSON file.
class Report {
 public:
  void heading(const std::string& text);
  /// `budget`: what the design asks for, in words; empty if nothing.
  void figure(const std::string& name, double value, const std::string& unit,
              const std::string& budget = "");
  void note(const std::string& text);
  [[nodiscard]] std::string json() const;

 private:
  struct Figure {
    std::string part, name, unit, budget;
    double value = 0;
  };
  std::string part_;
  std::vector<Figure> figures_;
};

/// The value below which `share` (0 to 1) of the samples are; sorts them.
double percentile(std::vector<double>& samples, double share);

}  // namespace factory::bench
