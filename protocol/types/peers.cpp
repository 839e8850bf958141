#include "protocol/types/peers.hpp"

#include "protocol/codec_impl.hpp"

namespace pim::protocol {

PIM_CODEC(PeerSummary)
PIM_CODEC(PairDetail)
PIM_CODEC(PeerEvent)
PIM_CODEC(PeersListParams)
PIM_CODEC(PeersDiscoveredParams)
PIM_CODEC(PeerDiscovered)
PIM_CODEC(PeersAddStaticParams)
PIM_CODEC(PeersAddStaticResult)
PIM_CODEC(PeersRemoveParams)
PIM_CODEC(PeersForgetParams)
PIM_CODEC(PeersForgetResult)
PIM_CODEC(PeersVerifyParams)
PIM_CODEC(PeersVerifyResult)
PIM_CODEC(std::vector<PeerSummary>)
PIM_CODEC(std::vector<PeerDiscovered>)

}  // namespace pim::protocol
