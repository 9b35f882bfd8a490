#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

/// How a plain struct says once what it holds. Events and policies give a static `fields()`; the
/// codec (engine/codec.hpp) writes and reads them by it, so that no event is spelled out twice.
namespace factory {

template <class Owner, class Member>
struct Field {
  std::string_view name;
  Member Owner::*member;
};

template <class Owner, class Member>
constexpr Field<Owner, Member> field(std::string_view name, Member Owner::*member) {
  return {name, member};
}

/// Specialise with `static constexpr std::array names`, in the order of the enumerators.
template <class Enum>
struct EnumNames;

template <class Enum>
constexpr std::string_view name_of(Enum value) {
  return EnumNames<Enum>::names.at(static_cast<std::size_t>(value));
}

template <class Enum>
constexpr std::optional<Enum> enum_from(std::string_view name) {
  for (std::size_t i = 0; i < EnumNames<Enum>::names.size(); ++i) {
    if (EnumNames<Enum>::names[i] == name) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

/// A JSON value that the domain carries and does not look into (a pipeline's config, a task's
/// context). Always valid JSON text.
struct JsonText {
  std::string text = "{}";
  friend bool operator==(const JsonText&, const JsonText&) = default;
};

/// For std::visit over a variant with one lambda an alternative.
template <class... Fs>
struct overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
overloaded(Fs...) -> overloaded<Fs...>;  // clang deduces none for aggregates before version 17

}  // namespace factory
