#include <boost/json/serialize.hpp>

#include "protocol/codec.hpp"
#include "protocol/json.hpp"
#include "protocol/outline.hpp"
#include "protocol/rpcdoc.hpp"

namespace pim::protocol {
namespace {

namespace json = boost::json;

json::array params_of(json::object const& schema) {
  json::array params;
  for (auto const& [name, property] : schema.at("properties").as_object()) {
    auto copy = property.as_object();
    auto description = copy.at("description");
    copy.erase("description");
    params.push_back(json::object{{"name", name},
                                  {"description", std::move(description)},
                                  {"required", is_required(schema, name)},
                                  {"schema", std::move(copy)}});
  }
  return params;
}

json::object method_entry(MethodOutline const& method) {
  json::array method_errors;
  for (auto const& list : {method.own_errors, std::span<ErrorCode const>(errors::common)})
    for (auto const& error : list)
      method_errors.push_back(json::object{{"code", error.code}, {"message", json_string(error.name)}});
  return {{"name", json_string(method.name)},
          {"summary", json_string(method.help)},
          {"paramStructure", "by-name"},
          {"params", params_of(method.params)},
          {"result", {{"name", "result"}, {"schema", method.result}}},
          {"errors", std::move(method_errors)}};
}

json::object event_entry(TopicOutline const& topic) {
  return {{"name", json_string(topic.event_method)},
          {"summary", json_string(topic.help)},
          {"subscribe", json_string(topic.subscribe)},
          {"unsubscribe", json_string(topic.unsubscribe)},
          {"params", topic.event},
          {"snapshot", topic.snapshot}};
}

json::object error_entries() {
  json::object entries;
  for (auto const& error : errors::all)
    entries[error.name] =
        json::object{{"code", error.code}, {"message", json_string(error.name)}, {"x-help", json_string(error.help)}};
  return entries;
}

json::object document() {
  auto outline = outline_of_contract();
  json::array methods;
  json::array events;
  for (auto const& method : outline.methods) methods.push_back(method_entry(method));
  for (auto const& topic : outline.topics) events.push_back(event_entry(topic));
  return {{"openrpc", "1.2.6"},
          {"info",
           {{"title", "pim-daemon"},
            {"version", PIM_VERSION},
            {"description", "JSON-RPC 2.0, one object per line, over a Unix stream socket."}}},
          {"methods", std::move(methods)},
          {"x-events", std::move(events)},
          {"components", {{"schemas", std::move(outline.types)}, {"errors", error_entries()}}}};
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
