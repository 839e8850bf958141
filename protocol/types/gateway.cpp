#include "protocol/types/gateway.hpp"

#include "protocol/codec_impl.hpp"

namespace pim::protocol {

PIM_CODEC(PreflightCheck)
PIM_CODEC(GatewayPreflightParams)
PIM_CODEC(GatewayPreflight)
PIM_CODEC(GatewayEnableParams)
PIM_CODEC(GatewayEnableResult)
PIM_CODEC(GatewayDisableParams)
PIM_CODEC(GatewayDisableResult)
PIM_CODEC(GatewayStatusParams)
PIM_CODEC(Conntrack)
PIM_CODEC(Throughput)
PIM_CODEC(GatewayStatus)
PIM_CODEC(NatInterfaceDetail)
PIM_CODEC(PressureDetail)
PIM_CODEC(GatewayPeerDetail)
PIM_CODEC(GatewayEvent)

}  // namespace pim::protocol
