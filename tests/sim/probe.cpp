#include "sim/probe.hpp"

#include <cstring>
#include <string_view>

#include "support/packets.hpp"

namespace pim::sim {
namespace {

constexpr std::string_view marker = "nobody below may read what a probe says";
constexpr std::size_t headers = 40 + 8;

}  // namespace

Buffer make_probe(Probe const& probe, IpAddress const& from, IpAddress const& to) {
  Buffer payload;
  Writer(payload).bytes(as_bytes(marker)).u32(probe.from).u32(probe.to).u64(probe.number);
  return test::make_packet({false, from, to, 40000, 40001}, payload);
}

std::optional<Probe> parse_probe(Bytes packet) {
  if (packet.size() != headers + marker.size() + 16) return std::nullopt;
  auto const payload = packet.subspan(headers);
  if (std::memcmp(payload.data(), marker.data(), marker.size()) != 0) return std::nullopt;
  auto const* const fields = payload.data() + marker.size();
  return Probe{load_be<std::uint32_t>(fields), load_be<std::uint32_t>(fields + 4), load_be<std::uint64_t>(fields + 8)};
}

bool shows_probe(Bytes bytes) {
  auto const text = std::string_view(reinterpret_cast<char const*>(bytes.data()), bytes.size());
  return text.find(marker.substr(0, 16)) != std::string_view::npos;
}

}  // namespace pim::sim
