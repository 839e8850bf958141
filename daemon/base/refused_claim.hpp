// Every reason for which something that a node says, of itself or of others, is not believed or not made use of, with
// the name that RPC shows. Nothing is thrown away by it but the claim: the packets are Drops (base/drop.hpp).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pim {

#define PIM_REFUSED_CLAIMS(X)                                                                  \
  X(false_key, "a route with a key that is not of the node that it names")                     \
  X(false_metric, "a route that costs nothing to another node, or something to itself")        \
  X(without_record, "a route to a node whose key was never told")                              \
  X(own_id, "a route to this node itself")                                                     \
  X(table_full, "a route beyond the number that one neighbour, or all together, may announce") \
  X(outdated, "an update that a later one made void, or that begins anew too soon")            \
  X(from_nobody, "an update of a node that is no neighbour")                                   \
  X(taken_alias, "an IPv4 alias that another node holds")                                      \
  X(unnamed_offer, "internet of a node that the user did not name as a gateway")

enum class RefusedClaim : std::uint8_t {
#define X(name, help) name,
  PIM_REFUSED_CLAIMS(X)
#undef X
};

inline constexpr std::array refused_claim_names = {
#define X(name, help) std::string_view{#name},
    PIM_REFUSED_CLAIMS(X)
#undef X
};

inline constexpr std::array refused_claim_help = {
#define X(name, help) std::string_view{help},
    PIM_REFUSED_CLAIMS(X)
#undef X
};

inline constexpr std::size_t refused_claim_count = refused_claim_names.size();

[[nodiscard]] constexpr std::string_view to_string(RefusedClaim claim) {
  return refused_claim_names[static_cast<std::size_t>(claim)];
}
[[nodiscard]] constexpr std::string_view help_of(RefusedClaim claim) {
  return refused_claim_help[static_cast<std::size_t>(claim)];
}

using RefusedClaims = std::array<std::uint64_t, refused_claim_count>;

inline void count(RefusedClaims& counters, RefusedClaim claim, std::uint64_t times = 1) {
  counters[static_cast<std::size_t>(claim)] += times;
}

}  // namespace pim
