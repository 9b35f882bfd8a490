#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.hpp"

namespace factory {

/// Writes JSON text as it goes, without a tree in between: events and documents are written for
/// every command, and a tree of them cost more than everything else together. Members come out in
/// the order they are put. Text must be valid UTF-8, as everything inside the house is.
class JsonWriter {
 public:
  /// `room`: bytes that most texts fit into, so that they are not moved while they grow.
  explicit JsonWriter(std::size_t room = 1000) : text_(room, '\0') {}

  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }
  JsonWriter& key(std::string_view name);

  JsonWriter& value(std::string_view text);
  JsonWriter& value(const std::string& text) { return value(std::string_view(text)); }
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(bool yes) { return raw(yes ? "true" : "false"); }
  JsonWriter& value(std::int64_t number);
  JsonWriter& value(int number) { return value(static_cast<std::int64_t>(number)); }
  JsonWriter& value(double number);  ///< null if it is no finite number
  JsonWriter& value(Time time);
  JsonWriter& null() { return raw("null"); }
  /// Any JSON text, as it is.
  JsonWriter& raw(std::string_view json);

  template <class T>
  JsonWriter& value(const std::optional<T>& maybe) {
    return maybe ? value(*maybe) : null();
  }
  template <class T>
  JsonWriter& value(const std::vector<T>& values) {
    begin_array();
    for (const T& each : values) value(each);
    return end_array();
  }

  template <class T>
  JsonWriter& put(std::string_view name, const T& content) {
    return key(name).value(content);
  }
  JsonWriter& put_raw(std::string_view name, std::string_view json) { return key(name).raw(json); }
  /// Left out if there is nothing to say.
  JsonWriter& put_some(std::string_view name, const std::string& text) {
    return text.empty() ? *this : put(name, text);
  }
  JsonWriter& put_some(std::string_view name, const std::optional<Time>& time) {
    return time ? put(name, *time) : *this;
  }

  [[nodiscard]] std::string_view text() const { return {text_.data(), size_}; }
  /// The writer begins anew.
  std::string take();

 private:
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  [[nodiscard]] bool follows() const;
  char* room(std::size_t count);
  char* next(std::size_t count);
  void quote(std::string_view text);
  void quote_escaped(std::string_view text);

  std::string text_;      ///< as long as there is room; what is written stands in front
  std::size_t size_ = 0;  ///< of what is written
};

}  // namespace factory
