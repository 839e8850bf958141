// Reads one JSON document the strict way: UTF-8 only, at most `depth` levels, no key twice in an object.
// Boost.JSON keeps the last of two equal keys in silence, so two readers of one line could disagree.
#pragma once

#include <boost/json/value.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

namespace pim::protocol {

inline constexpr std::size_t max_depth = 32;
inline constexpr std::int64_t max_exact_integer = std::int64_t{1} << 53;

enum class JsonFault : std::uint8_t { syntax, duplicate_key, too_deep };

struct JsonError {
  JsonFault fault = JsonFault::syntax;
  std::string message;
};

[[nodiscard]] inline boost::json::string json_string(std::string_view text) {
  return boost::json::string(text.data(), text.size());
}

[[nodiscard]] std::variant<boost::json::value, JsonError> parse_json(std::string_view text);

/// One line, with numbers as people write them (Boost.JSON's own text says 1.225E1).
[[nodiscard]] std::string to_text(boost::json::value const& value);

}  // namespace pim::protocol
