#include "common/catalog_refs.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include "common/schema.hpp"

namespace factory {
namespace {

constexpr std::array<std::string_view, 5> kAnnotations{"title", "description", "default",
                                                       "deprecated", "examples"};

}  // namespace

void ReferenceInliner::inline_all(nlohmann::json& value) {
  if (value.is_object() && value.contains("$ref")) return replace(value);
  if (!value.is_structured()) return;
  for (nlohmann::json& member : value) inline_all(member);
}

void ReferenceInliner::replace(nlohmann::json& reference) {
  const auto& target = reference["$ref"];
  if (!target.is_string()) throw std::runtime_error("a $ref is not a string");
  nlohmann::json schema = definition(target.get_ref<const std::string&>());
  for (auto& [keyword, value] : reference.items()) {
    if (keyword == "$ref") continue;
    if (std::find(kAnnotations.begin(), kAnnotations.end(), keyword) == kAnnotations.end()) {
      throw std::runtime_error("\"" + keyword + "\" cannot stand beside a $ref");
    }
    schema[keyword] = std::move(value);
  }
  reference = std::move(schema);
}

const nlohmann::json& ReferenceInliner::definition(std::string_view file) {
  const auto [state, fresh] = states_.try_emplace(std::string(file), State::open);
  if (!fresh) {
    if (state->second == State::done) return definitions_.find(file)->second;
    throw std::runtime_error("$ref to " + std::string(file) + " leads back to itself");
  }
  const auto text = texts_.find(file);
  if (text == texts_.end()) {
    throw std::runtime_error("$ref to " + std::string(file) + ", which does not exist");
  }
  Result<nlohmann::json> parsed = parse_json(text->second);
  if (!parsed.ok()) throw std::runtime_error(std::string(file) + ": " + parsed.error().detail);
  inline_all(parsed.value());
  state->second = State::done;
  return definitions_.emplace(file, std::move(parsed).value()).first->second;
}

}  // namespace factory
