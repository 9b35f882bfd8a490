#include "slices/report/plan.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "common/schema.hpp"
#include "engine/codec.hpp"

namespace factory::report {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::uintmax_t most_bytes = 256 * 1024;

json checked(const Catalog& catalog, const std::string& text) {
  auto file = parse_json(text);
  if (!file) throw std::runtime_error(file.error().detail);
  const auto wrong = validate(*catalog.definition("defs/review.json"), *file);
  if (!wrong.empty()) throw std::runtime_error(wrong.front().pointer + " " + wrong.front().detail);
  return std::move(*file);
}

}  // namespace

ReviewPlan read_plan(const json& file) {
  ReviewPlan plan;
  plan.title = file.at("title").get<std::string>();
  engine::decode_value(file.at("priority"), plan.priority);
  engine::decode_value(file.at("policy"), plan.policy);
  const json& priorities = file.at("priorities");
  for (std::size_t i = 0; i < plan.sla.size(); ++i) {
    engine::decode_value(priorities.at(std::string(EnumNames<Priority>::names.at(i))),
                         plan.sla.at(i));
  }
  if (file.contains("ladder")) {
    Ladder ladder;
    engine::decode_value(file["ladder"], ladder.steps);
    plan.ladder = std::make_shared<const Ladder>(std::move(ladder));
  }
  plan.longest_exemption_days = file.at("longest_exemption_days").get<int>();
  return plan;
}

ReviewPlan load_plan(const Catalog& catalog, const std::string& data) {
  const fs::path path = fs::path(data) / "review" / "golive.json";
  std::error_code failure;
  if (!fs::exists(path, failure)) return read_plan(catalog.reviews().at("golive.json"));
  try {
    if (fs::file_size(path) > most_bytes) throw std::runtime_error("it is larger than 256 KiB");
    std::ifstream file(path, std::ios::binary);
    const std::string text(std::istreambuf_iterator<char>(file), {});
    if (!file) throw std::runtime_error("it cannot be read");
    return read_plan(checked(catalog, text));
  } catch (const std::exception& error) {
    throw std::runtime_error(path.string() + ": " + error.what());
  }
}

}  // namespace factory::report
