// Answers that need nothing but the model. A query method of the contract without an overload here does
// not compile.
#pragma once

#include "rpc/model.hpp"

namespace pim::rpc {

template <class Result>
using QueryAnswer = std::variant<Result, protocol::RpcError>;

namespace method = protocol::method;

[[nodiscard]] QueryAnswer<protocol::Status> answer(method::GetStatus, protocol::StatusParams const&, Model const&);
[[nodiscard]] QueryAnswer<std::vector<protocol::PeerSummary>> answer(method::PeersList,
                                                                     protocol::PeersListParams const&, Model const&);
[[nodiscard]] QueryAnswer<std::vector<protocol::PeerDiscovered>> answer(method::PeersDiscovered,
                                                                        protocol::PeersDiscoveredParams const&,
                                                                        Model const&);
[[nodiscard]] QueryAnswer<protocol::GatewayStatus> answer(method::GetGatewayStatus,
                                                          protocol::GatewayStatusParams const&, Model const&);
[[nodiscard]] QueryAnswer<protocol::ConfigGetResult> answer(method::ConfigGet, protocol::ConfigGetParams const&,
                                                            Model const&);
[[nodiscard]] QueryAnswer<std::vector<protocol::HandshakeRecord>> answer(method::HandshakesList,
                                                                         protocol::HandshakesListParams const&,
                                                                         Model const&);

/// Lines that pass the filters, oldest first, at most `limit` of the newest.
[[nodiscard]] protocol::LogSnapshot matching_lines(Model const& model, protocol::LogsSubscribeParams const& filter,
                                                   std::size_t limit);
[[nodiscard]] bool passes(protocol::LogEvent const& line, protocol::LogsSubscribeParams const& filter);

/// The id among `ids` that a prefix of 8 or more digits names, or why it names none or several.
[[nodiscard]] QueryAnswer<std::string> resolve_id(std::string const& prefix, std::vector<std::string> const& ids);

}  // namespace pim::rpc
