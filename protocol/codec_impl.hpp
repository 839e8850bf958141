// How encode and decode walk a described type; included only by the units that compile codecs.
#pragma once

#include <boost/describe/members.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <boost/mp11/algorithm.hpp>
#include <boost/pfr/tuple_size.hpp>

#include <charconv>
#include <cmath>
#include <limits>
#include <variant>

#include "protocol/codec.hpp"
#include "protocol/json.hpp"
#include "protocol/types/common.hpp"

namespace pim::protocol::detail {

namespace json = boost::json;
namespace mp11 = boost::mp11;

template <class T>
using Members = boost::describe::describe_members<T, boost::describe::mod_public>;

template <class T, template <class...> class Template>
inline constexpr bool is_a = false;
template <class... Arguments, template <class...> class Template>
inline constexpr bool is_a<Template<Arguments...>, Template> = true;

template <class T>
inline constexpr bool is_described = boost::describe::has_describe_members<T>::value;

/// Where a value stands: a list of steps up to the document, turned into text only when something is wrong.
struct Path {
  Path const* parent = nullptr;
  std::string_view key{};
  std::size_t index = 0;
  bool is_index = false;
};

struct Decoding {
  UnknownFields unknown;
  std::optional<DecodeError> error{};

  bool refuse(Path const& at, std::string message);
};

std::string to_iso8601(Timestamp at);
std::optional<Timestamp> parse_iso8601(std::string_view text);
void put_integer(std::uint64_t magnitude, bool negative, std::string& out);
void put_double(double value, std::string& out);
void put_value(json::value const& value, std::string& out);

// ---- encode

template <class T>
void put(T const& value, std::string& out);

template <class T>
void put_struct(T const& value, std::string& out) {
  out += '{';
  bool first = true;
  mp11::mp_for_each<Members<T>>([&](auto member) {
    auto const& field = value.*member.pointer;
    if constexpr (is_a<std::remove_cvref_t<decltype(field)>, std::optional>)
      if (!field) return;
    if (!std::exchange(first, false)) out += ',';
    encode_string(wire_name(member.name), out);
    out += ':';
    put(field, out);
  });
  out += '}';
}

template <class Range, class PutElement>
void put_list(Range const& range, char open, char close, PutElement put_element, std::string& out) {
  out += open;
  bool first = true;
  for (auto const& element : range) {
    if (!std::exchange(first, false)) out += ',';
    put_element(element);
  }
  out += close;
}

template <class T>
void put(T const& value, std::string& out) {
  if constexpr (std::is_same_v<T, bool>) {
    out += value ? "true" : "false";
  } else if constexpr (std::is_enum_v<T>) {
    encode_string(to_string(value), out);
  } else if constexpr (std::is_unsigned_v<T>) {
    put_integer(value, false, out);
  } else if constexpr (std::is_integral_v<T>) {
    put_integer(value < 0 ? ~static_cast<std::uint64_t>(value) + 1 : static_cast<std::uint64_t>(value), value < 0, out);
  } else if constexpr (std::is_floating_point_v<T>) {
    put_double(value, out);
  } else if constexpr (std::is_same_v<T, std::string>) {
    encode_string(value, out);
  } else if constexpr (std::is_same_v<T, Timestamp>) {
    encode_string(to_iso8601(value), out);
  } else if constexpr (std::is_same_v<T, RawJson>) {
    out += value.text;
  } else if constexpr (std::is_same_v<T, Null>) {
    out += "null";
  } else if constexpr (is_a<T, std::optional> || is_a<T, Nullable>) {
    value.has_value() ? put(*value, out) : void(out += "null");
  } else if constexpr (is_a<T, std::vector>) {
    put_list(value, '[', ']', [&](auto const& element) { put(element, out); }, out);
  } else if constexpr (is_a<T, std::map>) {
    auto const put_pair = [&](auto const& pair) {
      encode_string(pair.first, out);
      out += ':';
      put(pair.second, out);
    };
    put_list(value, '{', '}', put_pair, out);
  } else if constexpr (is_a<T, std::variant>) {
    std::visit([&](auto const& alternative) { put(alternative, out); }, value);
  } else {
    static_assert(is_described<T>, "a contract type needs PIM_STRUCT or PIM_ENUM");
    put_struct(value, out);
  }
}

// ---- decode

template <class T>
bool get(json::value const& from, T& to, Path const& at, Decoding& decoding);

template <class T>
bool get_integer(json::value const& from, T& to, Path const& at, Decoding& decoding) {
  auto const fits = [](auto number) { return std::in_range<T>(number); };
  if (auto const* number = from.if_int64())
    return fits(*number) ? (to = static_cast<T>(*number), true) : decoding.refuse(at, "number out of range");
  if (auto const* number = from.if_uint64())
    return fits(*number) ? (to = static_cast<T>(*number), true) : decoding.refuse(at, "number out of range");
  // What the daemon sends beyond 2^53; a request never needs it.
  if (auto const* text = from.if_string(); text && decoding.unknown == UnknownFields::ignore) {
    T number{};
    auto const end = text->data() + text->size();
    if (auto const [stop, code] = std::from_chars(text->data(), end, number); code == std::errc{} && stop == end)
      return to = number, true;
  }
  return decoding.refuse(at, "not an integer");
}

inline bool get_double(json::value const& from, double& to, Path const& at, Decoding& decoding) {
  if (auto const* number = from.if_double()) return to = *number, true;
  if (auto const* number = from.if_int64()) return to = static_cast<double>(*number), true;
  if (auto const* number = from.if_uint64()) return to = static_cast<double>(*number), true;
  return decoding.refuse(at, "not a number");
}

template <class Enum>
bool get_enum(json::value const& from, Enum& to, Path const& at, Decoding& decoding) {
  auto const* text = from.if_string();
  if (text == nullptr) return decoding.refuse(at, "not a string");
  if (auto const value = parse_enum<Enum>({text->data(), text->size()})) return to = *value, true;
  std::string message = "not one of";
  for (auto const& [name, help] : pim_enum_names(Enum{})) message.append(" ").append(name);
  return decoding.refuse(at, std::move(message));
}

template <class T>
bool get_vector(json::value const& from, std::vector<T>& to, Path const& at, Decoding& decoding) {
  auto const* array = from.if_array();
  if (array == nullptr) return decoding.refuse(at, "not an array");
  to.clear();
  to.reserve(array->size());
  for (auto const& element : *array) {
    T value{};
    if (!get(element, value, Path{&at, {}, to.size(), true}, decoding)) return false;
    to.push_back(std::move(value));
  }
  return true;
}

template <class T>
bool get_map(json::value const& from, std::map<std::string, T>& to, Path const& at, Decoding& decoding) {
  auto const* object = from.if_object();
  if (object == nullptr) return decoding.refuse(at, "not an object");
  to.clear();
  for (auto const& member : *object) {
    std::string_view const key{member.key().data(), member.key().size()};
    if (!get(member.value(), to[std::string(key)], Path{&at, key}, decoding)) return false;
  }
  return true;
}

/// The alternatives of a variant differ in their required fields, so the first that fits is the right one.
template <class... Alternatives>
bool get_variant(json::value const& from, std::variant<Alternatives...>& to, Path const& at, Decoding& decoding) {
  auto const fits = [&]<class Alternative>(Alternative value) {
    Decoding attempt{decoding.unknown};
    if (!get(from, value, at, attempt)) return false;
    to = std::move(value);
    return true;
  };
  if ((fits(Alternatives{}) || ...)) return true;
  return decoding.refuse(at, "fits none of the forms");
}

template <class T>
bool knows_field(std::string_view key) {
  bool known = false;
  mp11::mp_for_each<Members<T>>([&](auto member) { known = known || wire_name(member.name) == key; });
  return known;
}

template <class T>
bool get_struct(json::value const& from, T& to, Path const& at, Decoding& decoding) {
  auto const* object = from.if_object();
  if (object == nullptr) return decoding.refuse(at, "not an object");
  bool ok = true;
  mp11::mp_for_each<Members<T>>([&](auto member) {
    if (!ok) return;
    auto& field = to.*member.pointer;
    auto const name = wire_name(member.name);
    Path const here{&at, name};
    if (auto const* value = object->if_contains(name))
      ok = get(*value, field, here, decoding);
    else if constexpr (!is_a<std::remove_cvref_t<decltype(field)>, std::optional>)
      ok = decoding.refuse(here, "missing");
  });
  if (!ok || decoding.unknown == UnknownFields::ignore) return ok;
  for (auto const& member : *object) {
    std::string_view const key{member.key().data(), member.key().size()};
    if (!knows_field<T>(key)) return decoding.refuse(Path{&at, key}, "unknown field");
  }
  return true;
}

template <class T>
bool get(json::value const& from, T& to, Path const& at, Decoding& decoding) {
  if constexpr (std::is_same_v<T, bool>) {
    if (auto const* value = from.if_bool()) return to = *value, true;
    return decoding.refuse(at, "not true or false");
  } else if constexpr (std::is_enum_v<T>) {
    return get_enum(from, to, at, decoding);
  } else if constexpr (std::is_integral_v<T>) {
    return get_integer(from, to, at, decoding);
  } else if constexpr (std::is_floating_point_v<T>) {
    return get_double(from, to, at, decoding);
  } else if constexpr (std::is_same_v<T, std::string>) {
    if (auto const* text = from.if_string()) return to.assign(text->data(), text->size()), true;
    return decoding.refuse(at, "not a string");
  } else if constexpr (std::is_same_v<T, Timestamp>) {
    auto const* text = from.if_string();
    auto const instant = text ? parse_iso8601({text->data(), text->size()}) : std::nullopt;
    return instant ? (to = *instant, true) : decoding.refuse(at, "not an instant like 2024-05-01T12:00:00.000Z");
  } else if constexpr (std::is_same_v<T, RawJson>) {
    return to.text = to_text(from), true;
  } else if constexpr (std::is_same_v<T, Null>) {
    return from.is_null() || decoding.refuse(at, "not null");
  } else if constexpr (is_a<T, std::optional> || is_a<T, Nullable>) {
    using Inner = typename T::value_type;
    if constexpr (!is_a<Inner, Nullable>)
      if (from.is_null()) return to.reset(), true;
    return get(from, to.emplace(), at, decoding);
  } else if constexpr (is_a<T, std::vector>) {
    return get_vector(from, to, at, decoding);
  } else if constexpr (is_a<T, std::map>) {
    return get_map(from, to, at, decoding);
  } else if constexpr (is_a<T, std::variant>) {
    return get_variant(from, to, at, decoding);
  } else {
    static_assert(is_described<T>, "a contract type needs PIM_STRUCT or PIM_ENUM");
    return get_struct(from, to, at, decoding);
  }
}

/// True when PIM_STRUCT names every member: a forgotten one would vanish from the wire in silence.
template <class T>
constexpr bool lists_every_member() {
  if constexpr (is_described<T>) {
    constexpr auto listed = mp11::mp_size<Members<T>>::value;
    return boost::pfr::tuple_size_v<T> == listed && pim_field_help(static_cast<T const*>(nullptr)).size() == listed;
  }
  return true;
}

}  // namespace pim::protocol::detail

namespace pim::protocol {

template <class T>
void encode(T const& value, std::string& out) {
  detail::put(value, out);
}

template <class T>
std::optional<DecodeError> decode(boost::json::value const& from, T& to, UnknownFields unknown) {
  detail::Decoding decoding{unknown};
  T value{};
  if (detail::get(from, value, detail::Path{}, decoding)) to = std::move(value);
  return std::move(decoding.error);
}

template <class T>
std::optional<DecodeError> decode_text(std::string_view text, T& to, UnknownFields unknown) {
  auto const parsed = parse_json(text);
  if (auto const* error = std::get_if<JsonError>(&parsed)) return DecodeError{"", error->message};
  return decode(std::get<boost::json::value>(parsed), to, unknown);
}

}  // namespace pim::protocol

/// Compiles the codec of one type here.
#define PIM_CODEC(...)                                                                                             \
  static_assert(::pim::protocol::detail::lists_every_member<__VA_ARGS__>(), "PIM_STRUCT forgot a member");         \
  template void encode<__VA_ARGS__>(__VA_ARGS__ const&, std::string&);                                             \
  template std::optional<DecodeError> decode<__VA_ARGS__>(boost::json::value const&, __VA_ARGS__&, UnknownFields); \
  template std::optional<DecodeError> decode_text<__VA_ARGS__>(std::string_view, __VA_ARGS__&, UnknownFields);
