// The building blocks of every message: what may be absent, what may be null, instants, raw documents.
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "protocol/describe.hpp"

namespace pim::protocol {

/// Always present, perhaps null. std::optional is the other kind: perhaps absent, never null.
template <class T>
class Nullable {
 public:
  using value_type = T;
  Nullable() = default;
  Nullable(std::nullopt_t) {}
  Nullable(std::optional<T> value) : value_(std::move(value)) {}
  template <std::convertible_to<T> U>
  Nullable(U&& value) : value_(std::in_place, std::forward<U>(value)) {}

  [[nodiscard]] bool has_value() const { return value_.has_value(); }
  explicit operator bool() const { return has_value(); }
  operator std::optional<T> const&() const { return value_; }
  T& operator*() { return *value_; }
  T const& operator*() const { return *value_; }
  T* operator->() { return &*value_; }
  T const* operator->() const { return &*value_; }
  [[nodiscard]] T value_or(T other) const { return value_.value_or(std::move(other)); }
  template <class... Arguments>
  T& emplace(Arguments&&... arguments) {
    return value_.emplace(std::forward<Arguments>(arguments)...);
  }
  void reset() { value_.reset(); }
  friend bool operator==(Nullable const&, Nullable const&) = default;

 private:
  std::optional<T> value_;
};

/// An instant in UTC; travels as ISO-8601 with milliseconds.
using Timestamp = std::chrono::sys_time<std::chrono::milliseconds>;

/// A JSON document as text, passed on as it is.
struct RawJson {
  std::string text = "null";
  bool operator==(RawJson const&) const = default;
};

/// The result of a method that has nothing to say.
struct Null {
  bool operator==(Null const&) const = default;
};

using Counters = std::map<std::string, std::uint64_t>;

}  // namespace pim::protocol
