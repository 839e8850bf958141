#include "rpc/queries.hpp"

#include <algorithm>
#include <set>

#include "protocol/codec.hpp"
#include "protocol/envelope.hpp"

namespace pim::rpc {

using protocol::make_error;
namespace errors = protocol::errors;

namespace {

constexpr std::size_t shortest_prefix = 8;
constexpr std::size_t most_matches = 16;  // enough to choose from; an empty prefix fits everybody

protocol::RpcError starting() { return make_error(errors::not_ready, "the daemon is still starting"); }

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

}  // namespace

QueryAnswer<protocol::Status> answer(method::GetStatus, protocol::StatusParams const&, Model const& model) {
  if (!model.is_ready()) return starting();
  return model.full_status();
}

QueryAnswer<std::vector<protocol::PeerSummary>> answer(method::PeersList, protocol::PeersListParams const& params,
                                                       Model const& model) {
  if (!model.is_ready()) return starting();
  auto const& all = model.peers_by_key();
  std::vector<protocol::PeerSummary> page;
  // Lines without an id come last and on one page: none of them could be named as the one to go on after.
  if (params.after && params.after->empty()) return page;
  for (auto peer = params.after ? all.upper_bound(*params.after) : all.begin(); peer != all.end(); ++peer) {
    bool const may_end = page.empty() || !page.back().node_id.empty();
    if (params.limit && page.size() >= *params.limit && may_end) break;
    page.push_back(peer->second);
  }
  return page;
}

QueryAnswer<std::vector<protocol::PeerDiscovered>> answer(method::PeersDiscovered,
                                                          protocol::PeersDiscoveredParams const&, Model const& model) {
  if (!model.is_ready()) return starting();
  return model.discovered();
}

QueryAnswer<protocol::GatewayStatus> answer(method::GetGatewayStatus, protocol::GatewayStatusParams const&,
                                            Model const& model) {
  if (!model.is_ready()) return starting();
  return model.gateway();
}

QueryAnswer<protocol::ConfigGetResult> answer(method::ConfigGet, protocol::ConfigGetParams const& params,
                                              Model const& model) {
  if (!model.config()) return starting();
  bool const as_json = params.format == protocol::ConfigFormat::json;
  return as_json ? model.config()->json : model.config()->toml;
}

QueryAnswer<std::vector<protocol::HandshakeRecord>> answer(method::HandshakesList,
                                                           protocol::HandshakesListParams const& params,
                                                           Model const& model) {
  std::vector<protocol::HandshakeRecord> records(model.handshakes().begin(), model.handshakes().end());
  if (!params.node_id) return records;
  std::vector<std::string> ids;
  for (auto const& [key, peer] : model.peers_by_key()) ids.push_back(peer.node_id);
  for (auto const& record : records) ids.push_back(record.node_id.value_or(""));
  auto const id = resolve_id(*params.node_id, ids);
  if (auto const* error = std::get_if<protocol::RpcError>(&id)) return *error;
  std::erase_if(records, [&](auto const& record) { return record.node_id != std::get<std::string>(id); });
  return records;
}

protocol::LogSnapshot matching_lines(Model const& model, protocol::LogsSubscribeParams const& filter,
                                     std::size_t limit) {
  protocol::LogSnapshot snapshot;
  auto const& log = model.log();
  for (auto line = log.rbegin(); line != log.rend() && snapshot.lines.size() < limit; ++line)
    if (passes(*line, filter)) snapshot.lines.push_back(*line);
  std::ranges::reverse(snapshot.lines);
  return snapshot;
}

bool passes(protocol::LogEvent const& line, protocol::LogsSubscribeParams const& filter) {
  auto const among = [](auto const& list, auto const& value) { return std::ranges::find(list, value) != list.end(); };
  return (!filter.min_level || line.level >= *filter.min_level) &&
         (!filter.levels || among(*filter.levels, line.level)) &&
         (!filter.sources || among(*filter.sources, line.source));
}

QueryAnswer<std::string> resolve_id(std::string const& given, std::vector<std::string> const& ids) {
  auto const prefix = lower(given);
  std::set<std::string> matches;
  for (auto const& id : ids)
    if (!id.empty() && id.starts_with(prefix) && matches.size() < most_matches) matches.insert(id);
  if (matches.empty()) return make_error(errors::peer_not_found, "nobody has an id that begins with " + prefix);
  if (matches.size() == 1 && prefix.size() >= shortest_prefix) return *matches.begin();
  auto const* why = matches.size() == 1 ? "give 8 or more digits of the id: " : "several ids begin so: ";
  protocol::AmbiguousIdData data{{matches.begin(), matches.end()}};
  std::string message = why;
  for (auto const& match : matches) message += (match == *matches.begin() ? "" : ", ") + match;
  return protocol::RpcError{errors::ambiguous_id.code, message, protocol::RawJson{protocol::to_json(data)}};
}

}  // namespace pim::rpc
