// Contract types to JSON text and back. Each type's pair is compiled once, beside its definition in
// protocol/types, so a program that uses a type without one does not link.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace boost::json {
class value;
}

namespace pim::protocol {

/// The daemon refuses fields that it does not know; clients pass over what a newer daemon adds.
enum class UnknownFields : std::uint8_t { refuse, ignore };

struct DecodeError {
  std::string path;  ///< a JSON pointer to what does not fit; empty for the document itself
  std::string message;
};

/// "/peers/1/port: number out of range"
[[nodiscard]] std::string to_string(DecodeError const& error);

/// Appends `value` as JSON. Integers beyond 2^53 become decimal strings, since most readers hold numbers as
/// doubles; bytes that are not UTF-8 become U+FFFD.
template <class T>
void encode(T const& value, std::string& out);

template <class T>
[[nodiscard]] std::string to_json(T const& value) {
  std::string out;
  encode(value, out);
  return out;
}

/// Reads `from` into `to`, which keeps its old value when an error is returned.
template <class T>
[[nodiscard]] std::optional<DecodeError> decode(boost::json::value const& from, T& to, UnknownFields unknown);

/// The same from text.
template <class T>
[[nodiscard]] std::optional<DecodeError> decode_text(std::string_view text, T& to, UnknownFields unknown);

/// Appends `text` as a JSON string, quoted and escaped.
void encode_string(std::string_view text, std::string& out);

}  // namespace pim::protocol
