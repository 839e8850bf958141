#include "protocol/types/logs.hpp"

#include "protocol/codec_impl.hpp"

namespace pim::protocol {

PIM_CODEC(LogEvent)
PIM_CODEC(LogsSubscribeParams)
PIM_CODEC(LogSnapshot)

}  // namespace pim::protocol
