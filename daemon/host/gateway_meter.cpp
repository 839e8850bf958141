#include "host/gateway_meter.hpp"

#include <algorithm>

namespace pim::host {
namespace {

std::uint64_t per_second(std::uint64_t bytes, Duration passed) {
  return static_cast<std::uint64_t>(static_cast<double>(bytes) / std::chrono::duration<double>(passed).count());
}

}  // namespace

std::uint8_t load_to_tell(std::size_t connections, std::uint32_t max_connections, std::uint8_t told) {
  auto const share = std::uint64_t{connections} * 100 / std::max<std::uint32_t>(max_connections, 1);
  auto const percent = static_cast<std::uint8_t>(std::min<std::uint64_t>(share, 100));
  auto const moved = percent > told ? percent - told : told - percent;
  return moved < 10 ? told : percent;
}

void GatewayMeter::begin(Carried counted, Time now) {
  *this = {};
  begun_ = counted;
  before_at_ = now;
}

void GatewayMeter::see(Carried counted, Time now) {
  totals_ = {counted.in_bytes - begun_.in_bytes, counted.out_bytes - begun_.out_bytes};
  auto const passed = now - before_at_;
  if (passed < shortest) return;
  rates_ = {per_second(totals_.in_bytes - before_.in_bytes, passed),
            per_second(totals_.out_bytes - before_.out_bytes, passed)};
  before_ = totals_;
  before_at_ = now;
}

}  // namespace pim::host
