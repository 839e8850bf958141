#include "protocol/types/session.hpp"

#include "protocol/codec_impl.hpp"

namespace pim::protocol {

PIM_CODEC(HelloParams)
PIM_CODEC(HelloResult)
PIM_CODEC(DiscoverParams)
PIM_CODEC(StatusSubscribeParams)
PIM_CODEC(PeersSubscribeParams)
PIM_CODEC(GatewaySubscribeParams)
PIM_CODEC(UnsubscribeParams)
PIM_CODEC(StatusSubscribed)
PIM_CODEC(PeersSubscribed)
PIM_CODEC(GatewaySubscribed)
PIM_CODEC(LogsSubscribed)
PIM_CODEC(ConfigGetParams)
PIM_CODEC(ConfigGetResult)
PIM_CODEC(DaemonShutdownParams)
PIM_CODEC(DaemonShutdownResult)
PIM_CODEC(RpcError)
PIM_CODEC(InvalidParamsData)
PIM_CODEC(AmbiguousIdData)
PIM_CODEC(PreflightFailedData)
PIM_CODEC(Null)
PIM_CODEC(RawJson)
PIM_CODEC(std::uint64_t)
PIM_CODEC(std::string)
PIM_CODEC(Timestamp)

}  // namespace pim::protocol
