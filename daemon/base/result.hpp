// Result<T, E>: a value or the reason why there is none. Nothing on the packet path throws, so
// hostile input and system failures travel as these.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "base/assert.hpp"

namespace pim {

/// A failure that a person reads: one line that says what happened and what to do about it.
struct Error {
  std::string message;
  bool operator==(Error const&) const = default;
};

/// Marks the failing arm of a Result: `return fail("port 9100 is in use")`.
template <class E>
struct Failure {
  E error;
};

[[nodiscard]] inline Failure<Error> fail(std::string message) { return {Error{std::move(message)}}; }

template <class E>
[[nodiscard]] Failure<E> fail_with(E error) {
  return {std::move(error)};
}

template <class T, class E = Error>
class [[nodiscard]] Result {
 public:
  Result(T value) : arm_(std::in_place_index<0>, std::move(value)) {}
  template <class F>
  Result(Failure<F> failure) : arm_(std::in_place_index<1>, std::move(failure.error)) {}

  [[nodiscard]] bool ok() const { return arm_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & { return PIM_ASSERT(ok()), std::get<0>(arm_); }
  T const& value() const& { return PIM_ASSERT(ok()), std::get<0>(arm_); }
  T&& value() && { return PIM_ASSERT(ok()), std::get<0>(std::move(arm_)); }
  T& operator*() & { return value(); }
  T const& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  T const* operator->() const { return &value(); }

  E const& error() const { return PIM_ASSERT(!ok()), std::get<1>(arm_); }

 private:
  std::variant<T, E> arm_;
};

template <class E>
class [[nodiscard]] Result<void, E> {
 public:
  Result() = default;
  template <class F>
  Result(Failure<F> failure) : error_(std::move(failure.error)) {}

  [[nodiscard]] bool ok() const { return !error_; }
  explicit operator bool() const { return ok(); }
  E const& error() const { return PIM_ASSERT(error_.has_value()), *error_; }

 private:
  std::optional<E> error_;
};

}  // namespace pim
