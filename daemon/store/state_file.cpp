#include "store/state_file.hpp"

#include <algorithm>

#include "store/atomic_file.hpp"
#include "store/checked_file.hpp"
#include "store/json_fields.hpp"

namespace pim::store {
namespace {

constexpr StoreWords words{"state", "the state file", "start over without added peers and answers"};

struct Resolved {
  std::string host;
  std::vector<IpAddress> addresses;
};

bool read_ids(boost::json::value const& json, std::vector<NodeId>& out) {
  auto const* const array = json.if_array();
  return array != nullptr &&
         std::ranges::all_of(*array, [&](auto const& item) { return read(item, out.emplace_back()); });
}

bool read_resolved(boost::json::value const& json, Resolved& out) {
  return Fields{json}.required("host", out.host).list("addresses", out.addresses).done();
}

bool read_entry(boost::json::value const& json, control::PeerEntry& out) {
  return Fields{json}
      .required("entry_id", out.entry_id)
      .required("host", out.address.host)
      .required("port", out.address.port)
      .required("label", out.label)
      .optional("node_id", out.node_id)
      .optional("public_key", out.public_key)
      .optional("mesh_v4", out.mesh_v4)
      .done();
}

bool read_gateway(boost::json::value const& json, control::GatewaySettings& out) {
  return Fields{json}
      .required("nat_interface", out.nat_interface)
      .required("max_connections", out.max_connections)
      .required("priority", out.priority)
      .required("allow_private", out.allow_private)
      .done();
}

boost::json::object to_json(control::PeerEntry const& entry) {
  boost::json::object json{
      {"entry_id", entry.entry_id}, {"host", entry.address.host}, {"port", entry.address.port}, {"label", entry.label}};
  if (entry.node_id) json["node_id"] = to_string(*entry.node_id);
  if (entry.public_key) json["public_key"] = to_string(*entry.public_key);
  if (entry.mesh_v4) json["mesh_v4"] = to_string(*entry.mesh_v4);
  return json;
}

boost::json::object to_json(control::GatewaySettings const& gateway) {
  return {{"nat_interface", gateway.nat_interface},
          {"max_connections", gateway.max_connections},
          {"priority", gateway.priority},
          {"allow_private", gateway.allow_private}};
}

}  // namespace

std::string encode_state(control::SavedState const& state) {
  boost::json::array peers, resolved;
  for (auto const& entry : state.added_peers) peers.push_back(to_json(entry));
  for (auto const& [host, addresses] : state.resolved)
    resolved.push_back({{"host", host}, {"addresses", strings(addresses)}});
  boost::json::object json{{"added_peers", std::move(peers)},
                           {"gateways_disallowed", strings(state.gateways_disallowed)},
                           {"gateway_decided", state.gateway_decided},
                           {"timestamps_reserved_until", to_nanoseconds(state.timestamps_reserved_until)},
                           {"resolved", std::move(resolved)}};
  if (!state.gateways_allowed.empty()) json["gateways_allowed"] = strings(state.gateways_allowed);
  if (state.seqno_reserved) json["seqno_reserved"] = *state.seqno_reserved;
  if (state.own_alias) json["own_alias"] = to_string(*state.own_alias);
  if (state.routing_answer) json["routing_answer"] = *state.routing_answer;
  if (state.gateway) json["gateway"] = to_json(*state.gateway);
  return boost::json::serialize(json) + "\n";
}

Result<control::SavedState> decode_state(std::string_view body) {
  auto const json = parse_json(body);
  control::SavedState state;
  std::vector<Resolved> resolved;
  std::optional<std::vector<NodeId>> allowed;
  if (!json || !Fields{*json}
                    .optional("seqno_reserved", state.seqno_reserved)
                    .optional("own_alias", state.own_alias)
                    .optional("routing_answer", state.routing_answer)
                    .list("added_peers", state.added_peers, read_entry)
                    .optional("gateways_allowed", allowed, read_ids)
                    .list("gateways_disallowed", state.gateways_disallowed)
                    .required("gateway_decided", state.gateway_decided)
                    .optional("gateway", state.gateway, read_gateway)
                    .required("timestamps_reserved_until", state.timestamps_reserved_until)
                    .list("resolved", resolved, read_resolved)
                    .done())
    return fail("is not of this version");
  if (allowed) state.gateways_allowed = std::move(*allowed);
  for (auto& [host, addresses] : resolved)
    if (!state.resolved.emplace(std::move(host), std::move(addresses)).second) return fail("is not of this version");
  return state;
}

Result<control::SavedState> load_state(std::string const& path) {
  auto const body = load_checked(words, path);
  if (!body) return fail_with(body.error());
  if (!*body) return control::SavedState{};
  auto state = decode_state(**body);
  if (!state) return fail_with(damaged(words, path, state.error().message));
  return state;
}

std::optional<bool> previous_routing_answer(std::string const& path) {
  auto const state = load_state(previous_of(path));
  return state ? state->routing_answer : std::nullopt;
}

Result<void> save_state(FileSystem& files, std::string const& path, control::SavedState const& state) {
  auto const body = encode_state(state);
  // What could not be read back must not replace what can.
  if (auto const again = decode_state(body); !again || *again != state)
    return fail("cannot store the state in " + path + ": a text in it is not UTF-8");
  return save_checked(files, words, path, body);
}

}  // namespace pim::store
