#include "packet/checksum.hpp"

namespace pim::packet {
namespace {

template <class Word>
Word load(std::uint8_t const* from) {
  Word word;
  std::memcpy(&word, from, sizeof word);
  return word;
}

/// 16 bits as they lie in memory when stored big-endian.
std::uint16_t in_memory_order(std::uint16_t value) {
  std::uint8_t bytes[2];
  store_be(bytes, value);
  return load<std::uint16_t>(bytes);
}

}  // namespace

std::uint64_t sum_of(Bytes bytes, std::uint64_t before) {
  auto const* p = bytes.data();
  auto left = bytes.size();
  // Four sums that do not wait for each other's carry.
  std::uint64_t a = before, b = 0, c = 0, d = 0;
  for (; left >= 32; left -= 32, p += 32) {
    a = add_sums(a, load<std::uint64_t>(p));
    b = add_sums(b, load<std::uint64_t>(p + 8));
    c = add_sums(c, load<std::uint64_t>(p + 16));
    d = add_sums(d, load<std::uint64_t>(p + 24));
  }
  for (; left >= 8; left -= 8, p += 8) a = add_sums(a, load<std::uint64_t>(p));
  if (left > 0) {
    std::uint64_t tail = 0;  // bytes behind the end count as zero
    std::memcpy(&tail, p, left);
    b = add_sums(b, tail);
  }
  return add_sums(add_sums(a, b), add_sums(c, d));
}

std::uint64_t pseudo_sum(IpView const& ip, std::uint8_t protocol, std::size_t length) {
  auto const fields = std::uint64_t{in_memory_order(protocol)} + in_memory_order(static_cast<std::uint16_t>(length)) +
                      in_memory_order(static_cast<std::uint16_t>(length >> 16));
  return sum_of(ip.address_pair(), fields);
}

void write_v4_checksum(std::uint8_t* header, std::size_t length) {
  store_folded(header + 10, 0);
  store_folded(header + 10, static_cast<std::uint16_t>(~fold(sum_of({header, length}))));
}

bool complete_checksum(MutBytes packet, std::size_t start, std::size_t offset) {
  if (start + offset + 2 > packet.size()) return false;
  auto const sum = static_cast<std::uint16_t>(~fold(sum_of(packet.subspan(start))));
  // Zero would mean "no checksum" for UDP; both encode the same value.
  store_folded(packet.data() + start + offset, sum == 0 ? 0xffff : sum);
  return true;
}

bool has_right_checksum(IpView const& ip, Transport const& transport) {
  auto const segment = ip.bytes().subspan(transport.offset);
  if (!transport.is_tcp() && load_folded(segment.data() + 6) == 0) return false;
  return fold(sum_of(segment, pseudo_sum(ip, transport.protocol, segment.size()))) == 0xffff;
}

}  // namespace pim::packet
