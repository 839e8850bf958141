// JSON Schema of any contract type, collected by name; included only by the units that make documents.
#pragma once

#include <boost/json/value.hpp>

#include "protocol/codec_impl.hpp"

namespace pim::protocol {

/// Named types in the order in which they were met.
using Schemas = boost::json::object;

template <class T>
boost::json::value schema_of(Schemas& schemas);

namespace detail {

inline boost::json::value of_type(char const* type) { return {{"type", type}}; }

template <class T>
json::value integer_schema() {
  // Beyond 2^53 a decimal string is sent.
  if constexpr (sizeof(T) == 8)
    return {{"type", json::array{"integer", "string"}}, {"minimum", 0}, {"pattern", "^[0-9]+$"}};
  return {{"type", "integer"},
          {"minimum", static_cast<std::int64_t>(std::numeric_limits<T>::min())},
          {"maximum", static_cast<std::int64_t>(std::numeric_limits<T>::max())}};
}

template <class T>
json::string name_of() {
  auto const name = pim_type_name(static_cast<T const*>(nullptr));
  return json::string(name.data(), name.size());
}

inline json::string text_of(std::string_view text) { return json::string(text.data(), text.size()); }

template <class Enum>
json::object enum_schema() {
  json::array values;
  json::object meanings;
  for (auto const& [name, help] : pim_enum_names(Enum{})) {
    values.push_back(text_of(name));
    meanings[name] = text_of(help);
  }
  return {{"type", "string"},
          {"description", text_of(pim_type_help(static_cast<Enum const*>(nullptr)))},
          {"enum", values},
          {"x-meanings", meanings}};
}

template <class T>
json::object struct_schema(Schemas& schemas) {
  json::object properties;
  json::array required;
  auto const help = pim_field_help(static_cast<T const*>(nullptr));
  std::size_t place = 0;
  mp11::mp_for_each<Members<T>>([&](auto member) {
    using Field = std::remove_cvref_t<decltype(std::declval<T>().*member.pointer)>;
    auto const name = wire_name(member.name);
    json::object property{{"description", text_of(help[place++])}};
    auto schema = schema_of<Field>(schemas);
    for (auto& [key, value] : schema.as_object()) property[key] = std::move(value);
    properties[name] = std::move(property);
    if constexpr (!is_a<Field, std::optional>) required.push_back(text_of(name));
  });
  json::object schema{{"type", "object"},
                      {"description", text_of(pim_type_help(static_cast<T const*>(nullptr)))},
                      {"properties", std::move(properties)}};
  if (!required.empty()) schema["required"] = std::move(required);
  return schema;
}

template <class T>
json::value named_schema(Schemas& schemas) {
  auto const name = name_of<T>();
  if (!schemas.contains(name)) {
    schemas[name] = nullptr;  // holds the place: names stay in the order in which they were met
    json::object schema;
    if constexpr (std::is_enum_v<T>)
      schema = enum_schema<T>();
    else
      schema = struct_schema<T>(schemas);
    schemas[name] = std::move(schema);
  }
  return {{"$ref", "#/components/schemas/" + std::string(name)}};
}

template <class... Alternatives>
json::value any_of(std::variant<Alternatives...> const*, Schemas& schemas) {
  json::array forms;
  (forms.push_back(schema_of<Alternatives>(schemas)), ...);
  return {{"anyOf", forms}};
}

}  // namespace detail

template <class T>
boost::json::value schema_of(Schemas& schemas) {
  using namespace detail;
  if constexpr (std::is_same_v<T, bool>) {
    return of_type("boolean");
  } else if constexpr (std::is_enum_v<T>) {
    return named_schema<T>(schemas);
  } else if constexpr (std::is_integral_v<T>) {
    return integer_schema<T>();
  } else if constexpr (std::is_floating_point_v<T>) {
    return of_type("number");
  } else if constexpr (std::is_same_v<T, std::string>) {
    return of_type("string");
  } else if constexpr (std::is_same_v<T, Timestamp>) {
    return {{"type", "string"}, {"format", "date-time"}};
  } else if constexpr (std::is_same_v<T, RawJson>) {
    return json::object{};
  } else if constexpr (std::is_same_v<T, Null>) {
    return of_type("null");
  } else if constexpr (is_a<T, std::optional>) {
    return schema_of<typename T::value_type>(schemas);
  } else if constexpr (is_a<T, Nullable>) {
    return {{"anyOf", json::array{schema_of<typename T::value_type>(schemas), of_type("null")}}};
  } else if constexpr (is_a<T, std::vector>) {
    return {{"type", "array"}, {"items", schema_of<typename T::value_type>(schemas)}};
  } else if constexpr (is_a<T, std::map>) {
    return {{"type", "object"}, {"additionalProperties", schema_of<typename T::mapped_type>(schemas)}};
  } else if constexpr (is_a<T, std::variant>) {
    return any_of(static_cast<T const*>(nullptr), schemas);
  } else {
    return named_schema<T>(schemas);
  }
}

}  // namespace pim::protocol
