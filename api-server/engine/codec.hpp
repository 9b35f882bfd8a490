#pragma once

#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <type_traits>
#include <variant>
#include <vector>

#include "common/clock.hpp"
#include "common/json_writer.hpp"
#include "domain/fields.hpp"

/// Structs with `fields()` to JSON and back. Reading is lenient the way stored events need it: a
/// missing member keeps its default, an unknown one is passed over.
namespace factory::engine {

template <class T>
concept HasFields = requires {
  T::fields();
};

template <HasFields T>
void decode(const nlohmann::json& json, T& value);
template <HasFields T>
void write_object(JsonWriter& out, const T& value);

template <class T>
struct IsShared : std::false_type {};
template <class T>
struct IsShared<std::shared_ptr<const T>> : std::true_type {};

template <class T>
void write_value(JsonWriter& out, const T& value) {
  if constexpr (HasFields<T>) {
    write_object(out, value);
  } else if constexpr (IsShared<T>::value) {
    write_value(out, *value);
  } else if constexpr (std::is_same_v<T, JsonText>) {
    out.raw(value.text);
  } else if constexpr (std::is_enum_v<T>) {
    out.value(name_of(value));
  } else {
    out.value(value);
  }
}

template <class Sequence>
void write_all(JsonWriter& out, const Sequence& values) {
  out.begin_array();
  for (const auto& value : values) write_value(out, value);
  out.end_array();
}

template <class T>
void write_value(JsonWriter& out, const std::vector<T>& values) {
  write_all(out, values);
}

template <class T, std::size_t N>
void write_value(JsonWriter& out, const std::array<T, N>& values) {
  write_all(out, values);
}

template <class T>
void decode_value(const nlohmann::json& json, T& value) {
  if constexpr (HasFields<T>) {
    decode(json, value);
  } else if constexpr (std::is_same_v<T, Time>) {
    const auto time = parse_time(json.get_ref<const std::string&>());
    if (!time) throw std::runtime_error("stored time is malformed");
    value = *time;
  } else if constexpr (std::is_same_v<T, JsonText>) {
    value.text = json.dump();
  } else if constexpr (std::is_enum_v<T>) {
    const auto found = enum_from<T>(json.get_ref<const std::string&>());
    if (!found) throw std::runtime_error("stored value is unknown: " + json.dump());
    value = *found;
  } else if constexpr (IsShared<T>::value) {
    auto content = std::make_shared<std::remove_const_t<typename T::element_type>>();
    decode_value(json, *content);
    value = std::move(content);
  } else {
    json.get_to(value);
  }
}

template <class T>
void decode_value(const nlohmann::json& json, std::vector<T>& values) {
  values.clear();
  for (const auto& item : json) decode_value(item, values.emplace_back());
}

template <class T, std::size_t N>
void decode_value(const nlohmann::json& json, std::array<T, N>& values) {
  for (std::size_t i = 0; i < N && i < json.size(); ++i) decode_value(json[i], values[i]);
}

template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};

template <HasFields T>
void write_object(JsonWriter& out, const T& value) {
  out.begin_object();
  const auto put = [&](const auto& member) {
    const auto& content = value.*(member.member);
    if constexpr (IsOptional<std::decay_t<decltype(content)>>::value) {
      if (content) write_value(out.key(member.name), *content);
    } else if constexpr (IsShared<std::decay_t<decltype(content)>>::value) {
      if (content) write_value(out.key(member.name), *content);
    } else {
      write_value(out.key(member.name), content);
    }
  };
  std::apply([&](const auto&... members) { (put(members), ...); }, T::fields());
  out.end_object();
}

/// The struct as JSON text.
template <HasFields T>
std::string encode(const T& value) {
  JsonWriter out;
  write_object(out, value);
  return out.take();
}

template <HasFields T>
void decode(const nlohmann::json& json, T& value) {
  const auto take = [&](const auto& member) {
    const auto found = json.find(member.name);
    if (found == json.end() || found->is_null()) return;
    auto& content = value.*(member.member);
    if constexpr (IsOptional<std::decay_t<decltype(content)>>::value) {
      decode_value(*found, content.emplace());
    } else {
      decode_value(*found, content);
    }
  };
  std::apply([&](const auto&... members) { (take(members), ...); }, T::fields());
}

/// The alternative of the variant whose `type` this is. Throws std::runtime_error if there is none.
template <class Event, std::size_t I = 0>
Event decode_event(const std::string& type, const nlohmann::json& data) {
  if constexpr (I == std::variant_size_v<Event>) {
    throw std::runtime_error("unknown event type " + type);
  } else {
    using Alternative = std::variant_alternative_t<I, Event>;
    if (Alternative::type != type) return decode_event<Event, I + 1>(type, data);
    Alternative alternative;
    decode(data, alternative);
    return alternative;
  }
}

}  // namespace factory::engine
