#include "mesh/addresses.hpp"

#include <algorithm>

#include "crypto/hash.hpp"

namespace pim::mesh {
namespace {

constexpr std::uint32_t v4_base = 10u << 24 | 77u << 16;
constexpr std::uint32_t service_host = 255u << 8 | 53u;
// Last bytes 1..254 under each of 256 third bytes, without the service address.
constexpr std::uint32_t last_bytes = 254;
constexpr std::uint32_t alias_count = 256 * last_bytes - 1;
constexpr std::uint32_t service_index = 255 * last_bytes + 52;

}  // namespace

Prefix v4_prefix() { return {IpAddress::from_v4(v4_base), 16}; }

Prefix v6_prefix(std::string_view network) {
  auto const digest = crypto::sha256({as_bytes("pim network v1"), as_bytes(network)});
  IpAddress ip;
  ip.family = Family::v6;
  ip.bytes[0] = 0xfd;  // RFC 4193: locally assigned, 40 bits of global ID
  std::copy_n(digest.begin(), 5, ip.bytes.begin() + 1);
  return {ip, 48};
}

IpAddress v6_address(Prefix const& prefix, NodeId const& id) {
  auto ip = prefix.ip;
  std::copy_n(id.bytes.begin(), 10, ip.bytes.begin() + 6);
  return ip;
}

IpAddress v4_alias(NodeId const& id, std::uint32_t attempt) {
  std::array<std::uint8_t, 4> counter{};
  store_be(counter.data(), attempt);
  auto const digest = crypto::sha256({as_bytes("pim v4 alias v1"), id.bytes, counter});
  // 64 bits reduced to 65,023 places: the bias is below 2^-47.
  auto index = static_cast<std::uint32_t>(load_be<std::uint64_t>(digest.data()) % alias_count);
  if (index >= service_index) ++index;
  return IpAddress::from_v4(v4_base | (index / last_bytes) << 8 | (1 + index % last_bytes));
}

bool is_usable_alias(IpAddress const& ip) {
  if (!v4_prefix().contains(ip)) return false;
  auto const host = ip.v4() & 0xffff;
  auto const last = host & 0xff;
  return last != 0 && last != 255 && host != service_host;
}

IpAddress service_v4() { return IpAddress::from_v4(v4_base | service_host); }

IpAddress service_v6(Prefix const& prefix) {
  auto ip = prefix.ip;
  ip.bytes[15] = 0x53;
  return ip;
}

}  // namespace pim::mesh
