#include "packet/mss.hpp"

#include "packet/checksum.hpp"

namespace pim::packet {
namespace {

constexpr std::uint8_t tcp_syn = 0x02, option_end = 0, option_pad = 1, option_mss = 2, option_mss_size = 4;

/// Where the value of the MSS option begins; 0 when there is none that is well-formed.
std::size_t find_mss(Bytes packet, Transport const& transport) {
  std::size_t at = transport.offset + tcp_header_size;
  while (at + 1 < transport.payload && packet[at] != option_end) {
    if (packet[at] == option_pad) {
      ++at;
      continue;
    }
    std::size_t const size = packet[at + 1];
    if (size < 2 || at + size > transport.payload) return 0;
    if (packet[at] == option_mss) return size == option_mss_size ? at + 2 : 0;
    at += size;
  }
  return 0;
}

/// RFC 1624: HC' = ~(~HC + ~m + m'). A value at an odd place counts with its bytes swapped.
void adjust_checksum(std::uint8_t* checksum, std::uint16_t before, std::uint16_t after, bool is_odd) {
  auto const swapped = [&](std::uint16_t v) { return is_odd ? static_cast<std::uint16_t>(v << 8 | v >> 8) : v; };
  std::uint64_t sum = static_cast<std::uint16_t>(~load_be<std::uint16_t>(checksum));
  sum += static_cast<std::uint16_t>(~swapped(before));
  sum += swapped(after);
  store_be(checksum, static_cast<std::uint16_t>(~fold(sum)));
}

}  // namespace

bool clamp_mss(MutBytes packet, IpView const& ip, std::uint16_t mtu, bool has_checksum) {
  if (ip.protocol != protocol_tcp) return false;
  auto const transport = transport_of(ip);
  if (!transport || (packet[transport->offset + 13u] & tcp_syn) == 0) return false;
  auto const at = find_mss(packet, *transport);
  if (at == 0) return false;
  auto const limit = mss_for(mtu, ip.family), before = load_be<std::uint16_t>(packet.data() + at);
  if (before <= limit) return false;
  store_be(packet.data() + at, limit);
  if (has_checksum)
    adjust_checksum(packet.data() + transport->offset + 16, before, limit, (at - transport->offset) % 2 != 0);
  return true;
}

}  // namespace pim::packet
