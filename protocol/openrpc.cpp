#include <boost/json/serialize.hpp>

#include "protocol/contract.hpp"
#include "protocol/rpcdoc.hpp"
#include "protocol/schema.hpp"

namespace pim::protocol {
namespace {

namespace json = boost::json;
namespace mp11 = boost::mp11;
using detail::text_of;

json::array params_of(json::object const& schema) {
  json::array params;
  auto const* required = schema.if_contains("required");
  for (auto const& [name, property] : schema.at("properties").as_object()) {
    bool const must =
        required != nullptr && std::ranges::find(required->as_array(), json::value(name)) != required->as_array().end();
    auto copy = property.as_object();
    auto description = copy.at("description");
    copy.erase("description");
    params.push_back(
        json::object{{"name", name}, {"description", description}, {"required", must}, {"schema", std::move(copy)}});
  }
  return params;
}

template <class Method>
json::object method_entry(Schemas& schemas) {
  json::array method_errors;
  for (auto const& list : {std::span<ErrorCode const>(Method::own_errors), std::span<ErrorCode const>(errors::common)})
    for (auto const& error : list)
      method_errors.push_back(json::object{{"code", error.code}, {"message", text_of(error.name)}});
  auto const params = detail::struct_schema<typename Method::Params>(schemas);
  return {{"name", text_of(Method::name)},
          {"summary", text_of(Method::help)},
          {"paramStructure", "by-name"},
          {"params", params_of(params)},
          {"result", {{"name", "result"}, {"schema", schema_of<typename Method::Result>(schemas)}}},
          {"errors", std::move(method_errors)}};
}

template <class Topic>
json::object event_entry(Schemas& schemas) {
  return {{"name", text_of(Topic::event_method)},
          {"summary", text_of(Topic::help)},
          {"subscribe", text_of(Topic::Subscribe::name)},
          {"unsubscribe", text_of(Topic::Unsubscribe::name)},
          {"params", schema_of<typename Topic::Event>(schemas)},
          {"snapshot", schema_of<typename Topic::Snapshot>(schemas)}};
}

json::object error_entries(Schemas& schemas) {
  json::object entries;
  for (auto const& error : errors::all)
    entries[error.name] =
        json::object{{"code", error.code}, {"message", text_of(error.name)}, {"x-help", text_of(error.help)}};
  schema_of<InvalidParamsData>(schemas);
  schema_of<AmbiguousIdData>(schemas);
  schema_of<PreflightFailedData>(schemas);
  return entries;
}

json::object document() {
  Schemas schemas;
  json::array methods;
  json::array events;
  mp11::mp_for_each<Methods>([&]<class Method>(Method) { methods.push_back(method_entry<Method>(schemas)); });
  mp11::mp_for_each<Topics>([&]<class Topic>(Topic) { events.push_back(event_entry<Topic>(schemas)); });
  auto entries = error_entries(schemas);
  return {{"openrpc", "1.2.6"},
          {"info",
           {{"title", "pim-daemon"},
            {"version", PIM_VERSION},
            {"description", "JSON-RPC 2.0, one object per line, over a Unix stream socket."}}},
          {"methods", std::move(methods)},
          {"x-events", std::move(events)},
          {"components", {{"schemas", std::move(schemas)}, {"errors", std::move(entries)}}}};
}

void indent(json::value const& value, std::size_t depth, std::string& out) {
  auto const line = [&](std::size_t levels) { out.append("\n").append(levels * 2, ' '); };
  auto const list = [&](auto const& elements, char open, char close, auto put_element) {
    out += open;
    bool first = true;
    for (auto const& element : elements) {
      if (!std::exchange(first, false)) out += ',';
      line(depth + 1);
      put_element(element);
    }
    if (!elements.empty()) line(depth);
    out += close;
  };
  if (auto const* object = value.if_object()) {
    list(*object, '{', '}', [&](auto const& member) {
      encode_string({member.key().data(), member.key().size()}, out);
      out += ": ";
      indent(member.value(), depth + 1, out);
    });
  } else if (auto const* array = value.if_array()) {
    list(*array, '[', ']', [&](auto const& element) { indent(element, depth + 1, out); });
  } else {
    out += json::serialize(value);
  }
}

}  // namespace

std::string openrpc_document() { return json::serialize(document()); }

std::string openrpc_file() {
  std::string out;
  indent(document(), 0, out);
  return out + "\n";
}

}  // namespace pim::protocol
