#include "protocol/types/handshakes.hpp"

#include "protocol/codec_impl.hpp"

namespace pim::protocol {

PIM_CODEC(HandshakeRecord)
PIM_CODEC(HandshakesListParams)
PIM_CODEC(std::vector<HandshakeRecord>)

}  // namespace pim::protocol
