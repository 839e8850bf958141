#include "plan/surroundings.hpp"

#include <algorithm>
#include <array>

namespace pim::plan {
namespace {

bool covers(Prefix const& outer, Prefix const& inner) {
  return outer.length <= inner.length && outer.contains(inner.ip);
}

Prefix literal(std::string_view text) { return parse_prefix(text).value(); }

bool is_lan_range(Prefix const& prefix) {
  static std::array const ranges = {literal("10.0.0.0/8"), literal("172.16.0.0/12"), literal("192.168.0.0/16"),
                                    literal("169.254.0.0/16"), literal("fc00::/7")};
  return std::ranges::any_of(ranges, [&](Prefix const& range) { return covers(range, prefix); });
}

// RFC 6598: behind a device of our own it is a private network, at an uplink it is the provider's.
bool is_shared_range(Prefix const& prefix) {
  static auto const range = literal("100.64.0.0/10");
  return covers(range, prefix);
}

bool is_host_route(Prefix const& prefix) { return prefix.length == (prefix.ip.is_v4() ? 32 : 128); }

std::vector<Prefix> without_contained(std::vector<Prefix> prefixes) {
  std::ranges::sort(prefixes);
  prefixes.erase(std::ranges::unique(prefixes).begin(), prefixes.end());
  std::vector<Prefix> out;
  for (auto const& prefix : prefixes) {
    auto const inside_another =
        std::ranges::any_of(prefixes, [&](Prefix const& other) { return other != prefix && covers(other, prefix); });
    if (!inside_another) out.push_back(prefix);
  }
  return out;
}

}  // namespace

bool has_v4(std::vector<Segment> const& segments) {
  return std::ranges::any_of(segments, [](Segment const& segment) {
    return std::ranges::any_of(segment.prefixes, [](Prefix const& prefix) { return prefix.ip.is_v4(); });
  });
}

bool overlap(Prefix const& one, Prefix const& other) { return covers(one, other) || covers(other, one); }

Surroundings make_surroundings(Input const& input) {
  Surroundings out;
  for (auto const& link : input.links.links) {
    // A name that nftables text cannot hold gets no exception: its network is reached through the tunnel or not at all.
    if (!link.up || !is_plain_interface_name(link.name) || link.name == input.interface) continue;
    std::vector<Prefix> prefixes;
    for (auto const& address : link.addresses) {
      auto const prefix = make_prefix(address.ip, address.length);
      auto const is_private_here = is_lan_range(prefix) || (!link.is_uplink && is_shared_range(prefix));
      if (!is_private_here || is_host_route(prefix)) continue;
      auto const& mesh = prefix.ip.is_v4() ? input.mesh_v4 : input.mesh_v6;
      if (overlap(mesh, prefix)) out.overlaps.push_back(prefix);
      if (!covers(mesh, prefix)) prefixes.push_back(prefix);
    }
    if (prefixes.empty()) continue;
    out.lan.push_back({link.name, without_contained(std::move(prefixes))});
    if (!link.is_uplink) out.inside.push_back(out.lan.back());
  }
  std::ranges::sort(out.overlaps);
  out.overlaps.erase(std::ranges::unique(out.overlaps).begin(), out.overlaps.end());
  return out;
}

}  // namespace pim::plan
