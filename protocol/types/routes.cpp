#include "protocol/types/routes.hpp"

#include "protocol/codec_impl.hpp"

namespace pim::protocol {

PIM_CODEC(RouteEntry)
PIM_CODEC(ScoreParts)
PIM_CODEC(KnownGateway)
PIM_CODEC(RouteTable)
PIM_CODEC(RouteTableParams)
PIM_CODEC(RouteExplainParams)
PIM_CODEC(RouteExplanation)
PIM_CODEC(RouteSetSplitDefaultParams)
PIM_CODEC(RouteSetSplitDefaultResult)
PIM_CODEC(GatewaysAllowParams)
PIM_CODEC(GatewaysDisallowParams)
PIM_CODEC(GatewayConsent)

}  // namespace pim::protocol
