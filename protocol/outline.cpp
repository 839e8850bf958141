#include "protocol/outline.hpp"

#include <algorithm>
#include <limits>

#include "protocol/codec_impl.hpp"

namespace pim::protocol {
namespace {

namespace json = boost::json;
namespace mp11 = boost::mp11;
using detail::is_a;

// ---- JSON Schema, whatever the type

json::value of_type(char const* type) { return {{"type", type}}; }

/// Beyond 2^53 a decimal string is sent.
json::value wide_integer() {
  return {{"type", json::array{"integer", "string"}}, {"minimum", 0}, {"pattern", "^[0-9]+$"}};
}

json::value integer_between(std::int64_t least, std::int64_t most) {
  return {{"type", "integer"}, {"minimum", least}, {"maximum", most}};
}

json::value instant() { return {{"type", "string"}, {"format", "date-time"}}; }
json::value nullable(json::value inner) { return {{"anyOf", json::array{std::move(inner), of_type("null")}}}; }
json::value list_of(json::value items) { return {{"type", "array"}, {"items", std::move(items)}}; }
json::value map_to(json::value values) { return {{"type", "object"}, {"additionalProperties", std::move(values)}}; }
json::value reference(std::string_view name) { return {{"$ref", "#/components/schemas/" + std::string(name)}}; }

json::object enumeration(std::string_view help, std::span<EnumName const> names) {
  json::array values;
  json::object meanings;
  for (auto const& [name, meaning] : names) {
    values.push_back(json_string(name));
    meanings[name] = json_string(meaning);
  }
  return {{"type", "string"}, {"description", json_string(help)}, {"enum", values}, {"x-meanings", meanings}};
}

class Structure {
 public:
  void add(std::string_view name, std::string_view help, json::value schema, bool required) {
    json::object property{{"description", json_string(help)}};
    for (auto& [key, value] : schema.as_object()) property[key] = std::move(value);
    properties_[name] = std::move(property);
    if (required) required_.push_back(json_string(name));
  }

  json::object finish(std::string_view help) && {
    json::object schema{{"type", "object"}, {"description", json_string(help)}, {"properties", std::move(properties_)}};
    if (!required_.empty()) schema["required"] = std::move(required_);
    return schema;
  }

 private:
  json::object properties_;
  json::array required_;
};

// ---- by type

template <class T>
json::value schema_of(json::object& types);

template <class T>
json::object struct_schema(json::object& types) {
  Structure structure;
  auto const help = pim_field_help(static_cast<T const*>(nullptr));
  std::size_t place = 0;
  mp11::mp_for_each<detail::Members<T>>([&](auto member) {
    using Field = std::remove_cvref_t<decltype(std::declval<T>().*member.pointer)>;
    structure.add(wire_name(member.name), help[place++], schema_of<Field>(types), !is_a<Field, std::optional>);
  });
  return std::move(structure).finish(pim_type_help(static_cast<T const*>(nullptr)));
}

template <class T>
json::value named_schema(json::object& types) {
  constexpr auto name = pim_type_name(static_cast<T const*>(nullptr));
  if (!types.contains(name)) {
    types[name] = nullptr;  // holds the place: names stay in the order in which they were met
    json::object schema;
    if constexpr (std::is_enum_v<T>)
      schema = enumeration(pim_type_help(static_cast<T const*>(nullptr)), pim_enum_names(T{}));
    else
      schema = struct_schema<T>(types);
    types[name] = std::move(schema);
  }
  return reference(name);
}

template <class... Alternatives>
json::value any_of(std::variant<Alternatives...> const*, json::object& types) {
  json::array forms;
  (forms.push_back(schema_of<Alternatives>(types)), ...);
  return {{"anyOf", std::move(forms)}};
}

template <class T>
json::value schema_of(json::object& types) {
  if constexpr (std::is_same_v<T, bool>) {
    return of_type("boolean");
  } else if constexpr (std::is_enum_v<T>) {
    return named_schema<T>(types);
  } else if constexpr (std::is_integral_v<T> && sizeof(T) == 8) {
    return wide_integer();
  } else if constexpr (std::is_integral_v<T>) {
    return integer_between(std::numeric_limits<T>::min(), std::numeric_limits<T>::max());
  } else if constexpr (std::is_floating_point_v<T>) {
    return of_type("number");
  } else if constexpr (std::is_same_v<T, std::string>) {
    return of_type("string");
  } else if constexpr (std::is_same_v<T, Timestamp>) {
    return instant();
  } else if constexpr (std::is_same_v<T, RawJson>) {
    return json::object{};
  } else if constexpr (std::is_same_v<T, Null>) {
    return of_type("null");
  } else if constexpr (is_a<T, std::optional>) {
    return schema_of<typename T::value_type>(types);
  } else if constexpr (is_a<T, Nullable>) {
    return nullable(schema_of<typename T::value_type>(types));
  } else if constexpr (is_a<T, std::vector>) {
    return list_of(schema_of<typename T::value_type>(types));
  } else if constexpr (is_a<T, std::map>) {
    return map_to(schema_of<typename T::mapped_type>(types));
  } else if constexpr (is_a<T, std::variant>) {
    return any_of(static_cast<T const*>(nullptr), types);
  } else {
    return named_schema<T>(types);
  }
}

}  // namespace

Outline outline_of_contract() {
  Outline outline;
  auto& types = outline.types;
  mp11::mp_for_each<Methods>([&]<class Method>(Method) {
    auto params = struct_schema<typename Method::Params>(types);
    outline.methods.push_back(
        {Method::name, Method::help, std::move(params), schema_of<typename Method::Result>(types), Method::own_errors});
  });
  mp11::mp_for_each<Topics>([&]<class Topic>(Topic) {
    auto event = schema_of<typename Topic::Event>(types);
    outline.topics.push_back({Topic::event_method, Topic::help, Topic::Subscribe::name, Topic::Unsubscribe::name,
                              std::move(event), schema_of<typename Topic::Snapshot>(types)});
  });
  schema_of<InvalidParamsData>(types);
  schema_of<AmbiguousIdData>(types);
  schema_of<PreflightFailedData>(types);
  return outline;
}

bool is_required(json::object const& schema, std::string_view name) {
  auto const* required = schema.if_contains("required");
  return required != nullptr &&
         std::ranges::find(required->as_array(), json::value(name)) != required->as_array().end();
}

}  // namespace pim::protocol
