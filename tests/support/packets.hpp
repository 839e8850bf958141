// Test packets built field by field, and obvious versions of what packet/ does cleverly.
#pragma once

#include <algorithm>
#include <memory>
#include <random>

#include "base/address.hpp"
#include "base/bytes.hpp"

namespace pim::test {

struct Flow {
  bool is_tcp = true;
  IpAddress source = IpAddress::from_v4(0x0a4d0001), destination = IpAddress::from_v4(0x0a4d0002);
  std::uint16_t source_port = 40000, destination_port = 443;
};

struct Fields {
  std::uint32_t sequence = 1000, ack = 7;
  std::uint8_t tcp_flags = 0x10;
  std::size_t tcp_options = 12;  ///< bytes, a multiple of 4, filled with no-ops
  std::uint16_t id = 100;
  bool dont_fragment = true;
  std::uint8_t traffic_class = 0;
};

/// The checksum of RFC 1071 as the RFC writes it.
inline std::uint16_t obvious_sum(Bytes bytes, std::uint32_t sum = 0) {
  for (std::size_t i = 0; i < bytes.size(); i += 2)
    sum += static_cast<std::uint32_t>(bytes[i] << 8) + (i + 1 < bytes.size() ? bytes[i + 1] : 0U);
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(sum);
}

inline std::size_t ip_header_of(Bytes packet) { return packet[0] >> 4 == 4 ? std::size_t{4} * (packet[0] & 15) : 40; }

inline std::uint16_t obvious_pseudo_sum(Bytes packet, std::uint8_t protocol) {
  auto const header = ip_header_of(packet);
  Buffer pseudo;
  bool const is_v4 = packet[0] >> 4 == 4;
  Writer writer(pseudo);
  writer.bytes(is_v4 ? packet.subspan(12, 8) : packet.subspan(8, 32));
  writer.u32(static_cast<std::uint32_t>(packet.size() - header)).u32(protocol);
  return obvious_sum(pseudo);
}

/// The checksum that the TCP, UDP or ICMPv6 header of a packet should hold.
inline std::uint16_t obvious_checksum(Bytes packet, std::uint8_t protocol, std::size_t field) {
  auto const header = ip_header_of(packet);
  Buffer body(packet.begin() + static_cast<std::ptrdiff_t>(header), packet.end());
  store_be<std::uint16_t>(body.data() + field, 0);
  auto const sum = static_cast<std::uint16_t>(~obvious_sum(body, obvious_pseudo_sum(packet, protocol)));
  return sum == 0 ? 0xffff : sum;
}

inline void fix_v4_checksum(MutBytes packet) {
  store_be<std::uint16_t>(packet.data() + 10, 0);
  store_be(packet.data() + 10, static_cast<std::uint16_t>(~obvious_sum(packet.first(ip_header_of(packet)))));
}

inline std::size_t checksum_field(bool is_tcp) { return is_tcp ? 16 : 6; }

/// A whole packet with right checksums.
inline Buffer make_packet(Flow const& flow, Bytes payload, Fields const& fields = {}) {
  Buffer packet;
  Writer writer(packet);
  auto const transport = (flow.is_tcp ? 20 + fields.tcp_options : 8) + payload.size();
  auto const protocol = static_cast<std::uint8_t>(flow.is_tcp ? 6 : 17);
  if (flow.source.is_v4()) {
    writer.u8(0x45).u8(fields.traffic_class).u16(static_cast<std::uint16_t>(20 + transport)).u16(fields.id);
    writer.u16(fields.dont_fragment ? 0x4000 : 0).u8(64).u8(protocol).u16(0);
  } else {
    writer.u32(0x60000000U | static_cast<std::uint32_t>(fields.traffic_class) << 20);
    writer.u16(static_cast<std::uint16_t>(transport)).u8(protocol).u8(64);
  }
  writer.bytes(flow.source.view()).bytes(flow.destination.view()).u16(flow.source_port).u16(flow.destination_port);
  if (flow.is_tcp) {
    writer.u32(fields.sequence).u32(fields.ack).u8(static_cast<std::uint8_t>((5 + fields.tcp_options / 4) << 4));
    writer.u8(fields.tcp_flags).u16(512).u16(0).u16(0);
    for (std::size_t i = 0; i < fields.tcp_options; ++i) writer.u8(1);
  } else {
    writer.u16(static_cast<std::uint16_t>(transport)).u16(0);
  }
  writer.bytes(payload);
  if (flow.source.is_v4()) fix_v4_checksum(packet);
  auto const field = checksum_field(flow.is_tcp);
  store_be(packet.data() + ip_header_of(packet) + field, obvious_checksum(packet, protocol, field));
  return packet;
}

/// As the kernel hands it over: the checksum field holds the pseudo-header's sum.
inline void make_partial(MutBytes packet, bool is_tcp) {
  auto const sum = obvious_pseudo_sum(packet, is_tcp ? 6 : 17);
  store_be(packet.data() + ip_header_of(packet) + checksum_field(is_tcp), sum);
}

inline Buffer random_bytes(std::mt19937_64& random, std::size_t size) {
  Buffer bytes(size);
  std::generate(bytes.begin(), bytes.end(), [&] { return static_cast<std::uint8_t>(random()); });
  return bytes;
}

inline Flow v6_flow(bool is_tcp) {
  Flow flow{.is_tcp = is_tcp};
  flow.source = *parse_ip("fd00::1:2:3:4");
  flow.destination = *parse_ip("fd00::5:6:7:8");
  return flow;
}

}  // namespace pim::test
