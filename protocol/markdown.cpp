#include "protocol/outline.hpp"
#include "protocol/rpcdoc.hpp"

namespace pim::protocol {
namespace {

namespace json = boost::json;

constexpr std::string_view introduction = R"(# The RPC of pim-daemon

This file is generated from `protocol/contract.hpp`; `rpcdoc --write docs` makes it again.

The daemon speaks JSON-RPC 2.0 over a Unix stream socket: one JSON object per line, UTF-8, parameters by name
only. `params` may be left out or null where a method takes none. The first call is `rpc.hello`.

```
printf '%s\n' '{"jsonrpc":"2.0","id":1,"method":"rpc.hello","params":{"client":"me","rpc_version":1}}' \
              '{"jsonrpc":"2.0","id":2,"method":"status"}' |
  socat -t 2 - UNIX-CONNECT:$PIM_RPC_SOCKET | jq .
```

**Where.** The daemon takes the first of these that it may create; clients try them in the same order:
`$PIM_RPC_SOCKET` (alone when set), `[rpc] socket` (alone when set), `$XDG_RUNTIME_DIR/pim.sock`,
`/run/pim/pim.sock`, `/tmp/pim-$UID/pim.sock`. The socket is open to the daemon's own user and root, and with
`[rpc] group` to that group.

**Values.** Times are ISO-8601 UTC with milliseconds, unless a name ends in `_s` or `_ms`. Integers beyond 2^53
are sent as decimal strings. "optional" may be absent; "or null" is always there. Every `node_id` parameter takes
a unique prefix of 8 or more digits.

**Following.** A subscribe answers `{subscription_id, seq, snapshot}`: the state at `seq`. Each notification of
that topic then carries the next `seq`, without gaps. A client that reads too slowly gets
`{"kind": "lagged", "dropped": N, "snapshot": ..}` instead of the events it missed, and goes on from there.
Samples of counters coalesce: only the newest waits. One subscription per topic and connection.

**Limits.** A request line has at most 1 MiB and must end within 10 s of its beginning; 32 levels of nesting; 64
requests in a batch; 32 commands in flight per connection; 256 events or 256 KiB waiting per client beside the
snapshot; 1,024 clients, of which the oldest without a successful hello gives way. A client that leaves
its answers unread for 30 s is cut. Unknown parameters and members are refused, and so are keys that stand twice
in one object.
)";

std::string link(std::string const& name) {
  std::string anchor;
  for (char const c : name) anchor += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return "[" + name + "](#" + anchor + ")";
}

/// A schema in a few words.
std::string words(json::value const& schema) {
  auto const& object = schema.as_object();
  if (auto const* ref = object.if_contains("$ref")) {
    std::string const target(ref->as_string());
    return link(target.substr(target.rfind('/') + 1));
  }
  if (auto const* forms = object.if_contains("anyOf")) {
    std::string text;
    for (auto const& form : forms->as_array()) text.append(text.empty() ? "" : " or ").append(words(form));
    return text;
  }
  auto const* type = object.if_contains("type");
  if (type == nullptr) return "any JSON";
  if (type->is_array()) return "integer";
  if (type->as_string() == "array") return "list of " + words(object.at("items"));
  if (auto const* values = object.if_contains("additionalProperties")) return "map of name to " + words(*values);
  if (object.if_contains("format") != nullptr) return "time";
  return std::string(type->as_string());
}

std::string field_table(json::object const& schema) {
  std::string text = "| field | type | meaning |\n|---|---|---|\n";
  for (auto const& [name, property] : schema.at("properties").as_object()) {
    text.append("| `").append(name).append("` | ").append(words(property));
    text.append(is_required(schema, name) ? "" : ", optional");
    text.append(" | ").append(std::string(property.at("description").as_string())).append(" |\n");
  }
  return text;
}

std::string method_section(MethodOutline const& method) {
  std::string text = "\n### `" + std::string(method.name) + "`\n\n" + std::string(method.help) + "\n\n";
  if (method.params.at("properties").as_object().empty())
    text += "No parameters. ";
  else
    text += field_table(method.params) + "\n";
  text += "Result: " + words(method.result) + ".";
  std::string codes;
  for (auto const& error : method.own_errors)
    codes.append(codes.empty() ? "" : ", ").append(std::to_string(error.code)).append(" ").append(error.name);
  return text + (codes.empty() ? "" : " Errors of its own: " + codes + ".") + "\n";
}

std::string topic_section(TopicOutline const& topic) {
  return "| `" + std::string(topic.event_method) + "` | " + words(topic.event) + " | " + words(topic.snapshot) + " | " +
         std::string(topic.help) + " |\n";
}

std::string type_section(std::string const& name, json::object const& schema) {
  auto text = "\n### " + name + "\n\n" + std::string(schema.at("description").as_string()) + "\n\n";
  auto const* meanings = schema.if_contains("x-meanings");
  if (meanings == nullptr) return text + field_table(schema);
  text += "| value | meaning |\n|---|---|\n";
  for (auto const& [value, help] : meanings->as_object())
    text.append("| `").append(value).append("` | ").append(std::string(help.as_string())).append(" |\n");
  return text;
}

}  // namespace

std::string markdown_file() {
  auto const outline = outline_of_contract();
  std::string text(introduction);
  text += "\n## Methods\n";
  for (auto const& method : outline.methods) text += method_section(method);
  text += "\n## Events\n\n| notification | event | snapshot | about |\n|---|---|---|---|\n";
  for (auto const& topic : outline.topics) text += topic_section(topic);
  text += "\n## Errors\n\n| code | name | meaning |\n|---|---|---|\n";
  for (auto const& error : errors::all)
    text.append("| ")
        .append(std::to_string(error.code))
        .append(" | ")
        .append(error.name)
        .append(" | ")
        .append(error.help)
        .append(" |\n");
  text += "\n## Types\n";
  for (auto const& [name, schema] : outline.types) text += type_section(std::string(name), schema.as_object());
  return text;
}

}  // namespace pim::protocol
