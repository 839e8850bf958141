#include "packet/icmp.hpp"

#include <algorithm>
#include <cstring>

#include "packet/checksum.hpp"

namespace pim::packet {
namespace {

constexpr std::uint8_t hop_limit = 64;
constexpr std::size_t max_v4_size = 576;  // RFC 1812 4.3.2.3

struct Message {
  std::uint8_t type, code;
  std::uint32_t rest;  ///< the header's second word: the MTU where there is one
};

/// RFC 792, RFC 1812: everything but queries and their replies is an error message.
bool is_icmp4_query(std::uint8_t type) {
  return type == 0 || type == 8 || type == 9 || type == 10 || (type >= 13 && type <= 18);
}

bool is_icmp_error(IpView const& ip) {
  bool const has_type = ip.total_length > ip.header_length;
  auto const type = has_type ? ip.data[ip.header_length] : std::uint8_t{0};
  if (ip.is_v4()) return ip.protocol == protocol_icmp && (!has_type || !is_icmp4_query(type));
  return ip.protocol == protocol_icmp6 && (!has_type || type < 128);
}

bool is_one_host(IpAddress const& ip) { return !is_multicast(ip) && !is_unspecified(ip) && !is_loopback(ip); }

bool is_due(IpView const& ip) {
  return !ip.is_later_fragment && !is_icmp_error(ip) && is_one_host(ip.source()) && is_one_host(ip.destination());
}

void write_v4_header(IpView const& ip, std::size_t total, std::uint8_t* to) {
  std::memset(to, 0, v4_header_size);
  to[0] = 0x45;
  to[1] = 0xc0;  // internetwork control, RFC 1812 4.3.2.5
  store_be(to + 2, static_cast<std::uint16_t>(total));
  to[8] = hop_limit;
  to[9] = protocol_icmp;
  std::memcpy(to + 12, ip.data + 16, 4);
  std::memcpy(to + 16, ip.data + 12, 4);
  write_v4_checksum(to, v4_header_size);
}

void write_v6_header(IpView const& ip, std::size_t total, std::uint8_t* to) {
  std::memset(to, 0, v6_header_size);
  to[0] = 0x60;
  store_be(to + 4, static_cast<std::uint16_t>(total - v6_header_size));
  to[6] = protocol_icmp6;
  to[7] = hop_limit;
  std::memcpy(to + 8, ip.data + 24, 16);
  std::memcpy(to + 24, ip.data + 8, 16);
}

std::size_t write(IpView const& ip, Message const& message, MutBytes to) {
  PIM_ASSERT(to.size() >= max_icmp_size);
  if (!is_due(ip)) return 0;
  std::size_t const header = ip.is_v4() ? v4_header_size : v6_header_size;
  auto const limit = ip.is_v4() ? max_v4_size : max_icmp_size;
  auto const quoted = std::min<std::size_t>(ip.total_length, limit - header - icmp_header_size);
  auto const total = header + icmp_header_size + quoted;
  auto* const icmp = to.data() + header;
  icmp[0] = message.type;
  icmp[1] = message.code;
  store_folded(icmp + 2, 0);
  store_be(icmp + 4, message.rest);
  std::memcpy(icmp + icmp_header_size, ip.data, quoted);
  if (ip.is_v4()) {
    write_v4_header(ip, total, to.data());
    store_folded(icmp + 2, static_cast<std::uint16_t>(~fold(sum_of({icmp, total - header}))));
  } else {
    write_v6_header(ip, total, to.data());
    auto const pseudo = pseudo_sum(ip, protocol_icmp6, total - header);  // swapped addresses have the same sum
    store_folded(icmp + 2, static_cast<std::uint16_t>(~fold(sum_of({icmp, total - header}, pseudo))));
  }
  return total;
}

/// RFC 792 type 3, RFC 4443 type 1. Of these only "prohibited" reaches an unconnected UDP socket.
Message unreachable(Family family, Unreachable why) {
  bool const is_v4 = family == Family::v4;
  switch (why) {
    case Unreachable::no_route: return is_v4 ? Message{3, 0, 0} : Message{1, 0, 0};
    case Unreachable::host: return is_v4 ? Message{3, 1, 0} : Message{1, 3, 0};
    case Unreachable::prohibited: return is_v4 ? Message{3, 13, 0} : Message{1, 1, 0};
  }
  return {};
}

}  // namespace

std::size_t write_unreachable(IpView const& ip, Unreachable why, MutBytes to) {
  return write(ip, unreachable(ip.family, why), to);
}

std::size_t write_too_big(IpView const& ip, std::uint16_t mtu, MutBytes to) {
  return write(ip, ip.is_v4() ? Message{3, 4, mtu} : Message{2, 0, mtu}, to);
}

}  // namespace pim::packet
