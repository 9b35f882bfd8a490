#include "http/route_table.hpp"

#include <algorithm>
#include <stdexcept>

#include "common/schema.hpp"
#include "common/text.hpp"

namespace factory::http {
namespace {

/// Cuts the first segment off: "/v1/tasks" gives "v1" and leaves "/tasks".
std::string_view next_segment(std::string_view& rest) {
  rest.remove_prefix(1);
  const std::string_view segment = rest.substr(0, rest.find('/'));
  rest.remove_prefix(segment.size());
  return segment;
}

bool is_parameter(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

}  // namespace

void RouteTable::add(BoundRoute bound) {
  Node* node = &root_;
  const std::string path = bound.route.path;
  std::string_view rest = path;
  while (!rest.empty()) {
    const std::string_view segment = next_segment(rest);
    if (!is_parameter(segment)) {
      node = &node->literals[std::string(segment)];
      continue;
    }
    const std::string name(segment.substr(1, segment.size() - 2));
    if (!node->parameter) {
      node->parameter = std::make_unique<Node>();
      node->parameter_name = name;
    } else if (node->parameter_name != name) {
      throw std::runtime_error("the routes name one place {" + node->parameter_name + "} and {" +
                               name + "}: " + path);
    }
    node = node->parameter.get();
  }
  const std::string method = bound.route.method;
  const std::string operation = bound.route.operation;
  if (!node->methods.emplace(method, std::make_unique<const BoundRoute>(std::move(bound))).second) {
    throw std::runtime_error("two routes are declared for " + method + " " + path + ": " +
                             operation + " and another");
  }
}

const RouteTable::Node* RouteTable::descend(const Node& node, std::string_view rest,
                                            Params& params) {
  if (rest.empty()) return node.methods.empty() ? nullptr : &node;
  if (rest.front() != '/') return nullptr;
  const std::string_view segment = next_segment(rest);
  if (const auto literal = node.literals.find(segment); literal != node.literals.end()) {
    if (const Node* found = descend(literal->second, rest, params)) return found;
  }
  if (!node.parameter || segment.empty()) return nullptr;
  params.emplace_back(node.parameter_name, segment);
  if (const Node* found = descend(*node.parameter, rest, params)) return found;
  params.pop_back();
  return nullptr;
}

const RouteTable::Methods* RouteTable::find(std::string_view path, Params& params) const {
  const Node* const node = descend(root_, path, params);
  return node == nullptr ? nullptr : &node->methods;
}

std::string RouteTable::suggest(std::string_view path) const {
  const Node* node = &root_;
  std::string known;
  std::string_view rest = path.starts_with('/') ? path : std::string_view();
  while (!rest.empty()) {
    const std::string_view segment = next_segment(rest);
    const auto literal = node->literals.find(segment);
    if (literal != node->literals.end()) {
      known.append("/").append(segment);
      node = &literal->second;
    } else if (node->parameter && !segment.empty()) {
      known.append("/{").append(node->parameter_name).append("}");
      node = node->parameter.get();
    } else {
      break;
    }
    if (rest.empty() || rest == "/") break;
  }
  std::vector<std::string> below;
  for (const auto& [name, child] : node->literals) below.push_back(name);
  const std::string_view wrong = path.substr(path.rfind('/') + 1);
  if (path.size() > 1 && path.ends_with('/') && !node->methods.empty()) {
    return "Did you mean " + known + "?";
  }
  if (const std::string near = nearest(wrong, below); !near.empty()) {
    return "Did you mean " + known + "/" + near + "?";
  }
  if (below.empty()) return {};
  return "Below " + (known.empty() ? "/" : known) + " there are: " + join(below) + ".";
}

}  // namespace factory::http
