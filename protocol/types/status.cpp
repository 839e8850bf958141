#include "protocol/types/status.hpp"

#include "protocol/codec_impl.hpp"

namespace pim::protocol {

PIM_CODEC(InterfaceStatus)
PIM_CODEC(PortTransport)
PIM_CODEC(SwitchTransport)
PIM_CODEC(TransportStatus)
PIM_CODEC(RouteSummary)
PIM_CODEC(Stats)
PIM_CODEC(RelayedFor)
PIM_CODEC(RelayStatus)
PIM_CODEC(KillSwitch)
PIM_CODEC(RefusedInbound)
PIM_CODEC(Status)
PIM_CODEC(StatusParams)
PIM_CODEC(GatewayDetail)
PIM_CODEC(InterfaceDetail)
PIM_CODEC(RoleDetail)
PIM_CODEC(PeerCounters)
PIM_CODEC(Sample)
PIM_CODEC(StatusEvent)

}  // namespace pim::protocol
