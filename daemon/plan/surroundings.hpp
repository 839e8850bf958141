// Which of the host's networks count as its LAN, which devices lead inside (containers, virtual machines)
// and which outside. Whatever is not known to lead inside is treated as leading outside.
#pragma once

#include <string>
#include <vector>

#include "plan/host_plan.hpp"

namespace pim::plan {

/// The private prefixes that are on-link at one device; none contains another.
struct Segment {
  std::string device;
  std::vector<Prefix> prefixes;
};

struct Surroundings {
  std::vector<Segment> lan;      ///< every device, uplinks included
  std::vector<Segment> inside;   ///< only the devices that are not uplinks
  std::vector<Prefix> overlaps;  ///< on-link prefixes that share addresses with the mesh
};

[[nodiscard]] Surroundings make_surroundings(Input const& input);

/// Whether a device of them has an IPv4 prefix, and with it takes broadcasts.
[[nodiscard]] bool has_v4(std::vector<Segment> const& segments);

[[nodiscard]] bool overlap(Prefix const& one, Prefix const& other);

}  // namespace pim::plan
