// IP packets that tell where they are meant to go, and can be found on a wire that shows them.
#pragma once

#include <optional>

#include "base/address.hpp"
#include "sim/graph.hpp"

namespace pim::sim {

struct Probe {
  NodeNumber from = 0, to = 0;
  std::uint64_t number = 0;
};

[[nodiscard]] Buffer make_probe(Probe const& probe, IpAddress const& from, IpAddress const& to);
/// Nothing for a packet that is none.
[[nodiscard]] std::optional<Probe> parse_probe(Bytes packet);
/// Whether the words of a probe stand anywhere in these bytes.
[[nodiscard]] bool shows_probe(Bytes bytes);

}  // namespace pim::sim
