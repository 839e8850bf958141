// IP addresses, endpoints and prefixes as plain values: 16 bytes and a family, cheap to compare,
// to hash and to copy on the packet path.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace pim {

enum class Family : std::uint8_t { v4 = 4, v6 = 6 };

/// An IPv4 address holds its 4 bytes at the front and zeroes behind.
struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};
  Family family = Family::v4;

  auto operator<=>(IpAddress const&) const = default;

  [[nodiscard]] static IpAddress from_v4(std::uint32_t host_order);
  /// `bytes`: 4 or 16 of them.
  [[nodiscard]] static IpAddress from_bytes(Bytes bytes);
  [[nodiscard]] bool is_v4() const { return family == Family::v4; }
  [[nodiscard]] std::size_t size() const { return is_v4() ? 4 : 16; }
  [[nodiscard]] Bytes view() const { return Bytes{bytes}.first(size()); }
  /// Big-endian value of an IPv4 address.
  [[nodiscard]] std::uint32_t v4() const { return load_be<std::uint32_t>(bytes.data()); }
};

/// `scope` is the interface index of a link-local IPv6 address, 0 elsewhere.
struct Endpoint {
  IpAddress ip;
  std::uint16_t port = 0;
  std::uint32_t scope = 0;
  auto operator<=>(Endpoint const&) const = default;
};

/// Host bits are zero in a prefix made by make_prefix or parse_prefix.
struct Prefix {
  IpAddress ip;
  std::uint8_t length = 0;
  auto operator<=>(Prefix const&) const = default;
  [[nodiscard]] bool contains(IpAddress const& address) const;
};

[[nodiscard]] Prefix make_prefix(IpAddress const& ip, std::uint8_t length);

[[nodiscard]] std::string to_string(IpAddress const& ip);
/// `192.0.2.1:9100`, `[2001:db8::1]:9100`, `[fe80::1%3]:9100`.
[[nodiscard]] std::string to_string(Endpoint const& endpoint);
[[nodiscard]] std::string to_string(Prefix const& prefix);

[[nodiscard]] std::optional<IpAddress> parse_ip(std::string_view text);
/// A numeric endpoint as to_string writes it; the port is required.
[[nodiscard]] std::optional<Endpoint> parse_endpoint(std::string_view text);
/// `10.0.0.0/8`; host bits must be zero.
[[nodiscard]] std::optional<Prefix> parse_prefix(std::string_view text);

/// RFC 1918, RFC 6598, RFC 3927 and RFC 4193 ranges, and fe80::/10: never the internet.
[[nodiscard]] bool is_private(IpAddress const& ip);
[[nodiscard]] bool is_loopback(IpAddress const& ip);
[[nodiscard]] bool is_link_local(IpAddress const& ip);
/// Multicast, and 255.255.255.255.
[[nodiscard]] bool is_multicast(IpAddress const& ip);
[[nodiscard]] bool is_unspecified(IpAddress const& ip);

/// A host and a port as a user types them: a name or an address, brackets round IPv6.
struct HostPort {
  std::string host;
  std::uint16_t port = 0;
  auto operator<=>(HostPort const&) const = default;
};
/// `example.org:9100`, `192.0.2.1:9100`, `[2001:db8::1]:9100`.
[[nodiscard]] std::string to_string(HostPort const& address);
/// `example.org`, `192.0.2.1:9100`, `[2001:db8::1]`, `2001:db8::1`; a missing port is `default_port`.
[[nodiscard]] std::optional<HostPort> parse_host_port(std::string_view text, std::uint16_t default_port);

}  // namespace pim

template <>
struct std::hash<pim::IpAddress> {
  std::size_t operator()(pim::IpAddress const& ip) const noexcept {
    std::uint64_t high, low;
    std::memcpy(&high, ip.bytes.data(), 8);
    std::memcpy(&low, ip.bytes.data() + 8, 8);
    auto value = (high ^ (low * 0x9e3779b97f4a7c15ULL)) + static_cast<std::uint64_t>(ip.family);
    value = (value ^ (value >> 32)) * 0xd6e8feb86659fd93ULL;
    return static_cast<std::size_t>(value ^ (value >> 32));
  }
};

template <>
struct std::hash<pim::Endpoint> {
  std::size_t operator()(pim::Endpoint const& endpoint) const noexcept {
    return std::hash<pim::IpAddress>{}(endpoint.ip) ^ (std::size_t{endpoint.port} << 16 | endpoint.scope);
  }
};
