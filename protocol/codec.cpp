#include "protocol/codec.hpp"

#include "protocol/codec_impl.hpp"

namespace pim::protocol {
namespace {

std::string to_pointer(detail::Path const& path) {
  if (path.parent == nullptr) return {};
  auto pointer = to_pointer(*path.parent) + '/';
  if (path.is_index) return pointer + std::to_string(path.index);
  for (char const c : path.key)  // RFC 6901
    c == '~' ? pointer += "~0" : c == '/' ? pointer += "~1" : pointer += c;
  return pointer;
}

constexpr std::string_view replacement = "\xEF\xBF\xBD";

/// Length of the UTF-8 sequence at the front of `text`, 0 when there is none (RFC 3629, table 3-7 of Unicode).
std::size_t utf8_length(std::string_view text) {
  auto const byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  auto const tail = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  auto const lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return tail(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    bool const overlong = lead == 0xE0 && byte(1) < 0xA0;
    bool const surrogate = lead == 0xED && byte(1) > 0x9F;
    return !overlong && !surrogate && tail(1) && tail(2) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    bool const overlong = lead == 0xF0 && byte(1) < 0x90;
    bool const beyond = lead == 0xF4 && byte(1) > 0x8F;
    return !overlong && !beyond && tail(1) && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

void put_control(char c, std::string& out) {
  constexpr std::string_view digits = "0123456789abcdef";
  auto const value = static_cast<unsigned char>(c);
  out += "\\u00";
  out += digits[value >> 4];
  out += digits[value & 15];
}

}  // namespace

std::string to_string(DecodeError const& error) {
  return error.path.empty() ? error.message : error.path + ": " + error.message;
}

void encode_string(std::string_view text, std::string& out) {
  out += '"';
  while (!text.empty()) {
    char const c = text.front();
    auto length = utf8_length(text);
    if (length == 0) {
      out += replacement;
      length = 1;
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (length == 1 && (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)) {
      put_control(c, out);
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  out += '"';
}

std::string to_text(boost::json::value const& value) {
  std::string out;
  detail::put_value(value, out);
  return out;
}

namespace detail {

void put_value(json::value const& value, std::string& out) {
  auto const text = [](auto const& string) { return std::string_view(string.data(), string.size()); };
  if (auto const* object = value.if_object()) {
    auto const put_member = [&](auto const& member) {
      encode_string(text(member.key()), out);
      out += ':';
      put_value(member.value(), out);
    };
    put_list(*object, '{', '}', put_member, out);
  } else if (auto const* array = value.if_array()) {
    put_list(*array, '[', ']', [&](auto const& element) { put_value(element, out); }, out);
  } else if (auto const* string = value.if_string()) {
    encode_string(text(*string), out);
  } else if (auto const* number = value.if_double()) {
    put_double(*number, out);
  } else {
    out += json::serialize(value);
  }
}

bool Decoding::refuse(Path const& at, std::string message) {
  error = DecodeError{to_pointer(at), std::move(message)};
  return false;
}

void put_integer(std::uint64_t magnitude, bool negative, std::string& out) {
  bool const exact = magnitude <= static_cast<std::uint64_t>(max_exact_integer);
  if (!exact) out += '"';
  if (negative) out += '-';
  out += std::to_string(magnitude);
  if (!exact) out += '"';
}

void put_double(double value, std::string& out) {
  if (!std::isfinite(value)) value = 0;  // JSON has no other word for it
  std::array<char, 64> digits{};
  bool const plain = std::abs(value) < 1e15;
  auto const end = plain ? std::to_chars(digits.begin(), digits.end(), std::round(value * 1e6) / 1e6).ptr
                         : std::to_chars(digits.begin(), digits.end(), value).ptr;
  out.append(digits.begin(), end);
}

std::string to_iso8601(Timestamp at) {
  auto const day = std::chrono::floor<std::chrono::days>(at);
  std::chrono::year_month_day const date{day};
  std::chrono::hh_mm_ss const time{at - day};
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                static_cast<int>(time.seconds().count()), static_cast<int>(time.subseconds().count()));
  return text.data();
}

std::optional<Timestamp> parse_iso8601(std::string_view text) {
  constexpr std::string_view shape = "dddd-dd-ddTdd:dd:dd.dddZ";
  if (text.size() != shape.size()) return std::nullopt;
  for (std::size_t i = 0; i < shape.size(); ++i)
    if (shape[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != shape[i]) return std::nullopt;
  auto const number = [&](std::size_t from, std::size_t size) {
    unsigned value = 0;
    for (char const c : text.substr(from, size)) value = value * 10 + static_cast<unsigned>(c - '0');
    return value;
  };
  std::chrono::year_month_day const date{std::chrono::year{static_cast<int>(number(0, 4))},
                                         std::chrono::month{number(5, 2)}, std::chrono::day{number(8, 2)}};
  if (!date.ok() || number(11, 2) > 23 || number(14, 2) > 59 || number(17, 2) > 59) return std::nullopt;
  return std::chrono::sys_days{date} + std::chrono::hours{number(11, 2)} + std::chrono::minutes{number(14, 2)} +
         std::chrono::seconds{number(17, 2)} + std::chrono::milliseconds{number(20, 3)};
}

}  // namespace detail
}  // namespace pim::protocol
