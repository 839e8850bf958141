#include "plan/links.hpp"

#include <algorithm>
#include <optional>

namespace pim::plan {
namespace {

/// Of the longest prefix of the link that holds the address.
std::optional<std::uint8_t> length_at(Link const& link, IpAddress const& ip) {
  std::optional<std::uint8_t> longest;
  for (auto const& own : link.addresses)
    if (make_prefix(own.ip, own.length).contains(ip)) longest = std::max(longest.value_or(own.length), own.length);
  return longest;
}

}  // namespace

Medium medium_to(Links const& links, Endpoint const& endpoint) {
  auto medium = Medium::other;
  std::optional<std::uint8_t> longest;
  for (auto const& link : links.links) {
    if (!link.up || (endpoint.scope != 0 && endpoint.scope != link.index)) continue;
    if (endpoint.scope != 0) return link.medium;
    auto const length = length_at(link, endpoint.ip);
    if (!length || (longest && *length <= *longest)) continue;
    longest = length;
    medium = link.medium;
  }
  return medium;
}

}  // namespace pim::plan
