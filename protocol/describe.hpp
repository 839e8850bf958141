// How a type of the contract names and documents itself: one macro per struct or enum, so that the
// codec, the schema and the documentation all read the same list. A trailing underscore keeps a C++
// keyword usable as a wire name (`static_` is "static").
#pragma once

#include <boost/describe/class.hpp>

#include <array>
#include <optional>
#include <string_view>

namespace pim::protocol {

/// What an enumerator is called on the wire and what it means.
struct EnumName {
  std::string_view name;
  std::string_view help;
};

[[nodiscard]] constexpr std::string_view wire_name(std::string_view identifier) {
  if (identifier.ends_with('_')) identifier.remove_suffix(1);
  return identifier;
}

/// The whole name must match: "up" followed by anything is another word.
template <class Enum>
[[nodiscard]] constexpr std::optional<Enum> parse_enum(std::string_view text) {
  auto const names = pim_enum_names(Enum{});
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i].name == text) return static_cast<Enum>(i);
  return std::nullopt;
}

}  // namespace pim::protocol

// Applies `macro` to each argument; four rounds of rescanning carry 256 arguments.
#define PIM_PARENS ()
#define PIM_EXPAND(...) PIM_EXPAND4(PIM_EXPAND4(PIM_EXPAND4(PIM_EXPAND4(__VA_ARGS__))))
#define PIM_EXPAND4(...) PIM_EXPAND3(PIM_EXPAND3(PIM_EXPAND3(PIM_EXPAND3(__VA_ARGS__))))
#define PIM_EXPAND3(...) PIM_EXPAND2(PIM_EXPAND2(PIM_EXPAND2(PIM_EXPAND2(__VA_ARGS__))))
#define PIM_EXPAND2(...) __VA_ARGS__
#define PIM_EACH(macro, ...) __VA_OPT__(PIM_EXPAND(PIM_EACH_STEP(macro, __VA_ARGS__)))
#define PIM_EACH_STEP(macro, first, ...) macro first __VA_OPT__(, PIM_EACH_AGAIN PIM_PARENS(macro, __VA_ARGS__))
#define PIM_EACH_AGAIN() PIM_EACH_STEP
#define PIM_FIRST(first, ...) first
#define PIM_SECOND(first, second) \
  std::string_view { second }
#define PIM_ENUM_PAIR(name, help) \
  ::pim::protocol::EnumName { ::pim::protocol::wire_name(#name), help }

/// PIM_ENUM(Color, "what it tells", (red, "the door is shut"), (green, "the door is open")) defines the
/// enum class, its to_string() and what the codec and the schema need.
#define PIM_ENUM(Type, type_help, ...)                                                                           \
  enum class Type : std::uint8_t { PIM_EACH(PIM_FIRST, __VA_ARGS__) };                                           \
  [[nodiscard]] constexpr auto pim_enum_names(Type) { return std::array{PIM_EACH(PIM_ENUM_PAIR, __VA_ARGS__)}; } \
  [[nodiscard]] constexpr std::string_view pim_type_name(Type const*) { return #Type; }                          \
  [[nodiscard]] constexpr std::string_view pim_type_help(Type const*) { return type_help; }                      \
  [[nodiscard]] constexpr std::string_view to_string(Type value) {                                               \
    return pim_enum_names(value)[static_cast<std::size_t>(value)].name;                                          \
  }

/// PIM_STRUCT(Point, "where", (x, "to the right"), (y, "up")) after the struct lists every member in order.
#define PIM_STRUCT(Type, type_help, ...)                                                                             \
  BOOST_DESCRIBE_STRUCT(Type, (), (PIM_EACH(PIM_FIRST, __VA_ARGS__)))                                                \
  [[nodiscard]] constexpr auto pim_field_help(Type const*) { return std::array{PIM_EACH(PIM_SECOND, __VA_ARGS__)}; } \
  [[nodiscard]] constexpr std::string_view pim_type_name(Type const*) { return #Type; }                              \
  [[nodiscard]] constexpr std::string_view pim_type_help(Type const*) { return type_help; }

/// The same for a struct without members.
#define PIM_EMPTY_STRUCT(Type, type_help)                                                                \
  BOOST_DESCRIBE_STRUCT(Type, (), ())                                                                    \
  [[nodiscard]] constexpr auto pim_field_help(Type const*) { return std::array<std::string_view, 0>{}; } \
  [[nodiscard]] constexpr std::string_view pim_type_name(Type const*) { return #Type; }                  \
  [[nodiscard]] constexpr std::string_view pim_type_help(Type const*) { return type_help; }
