// Every reason for which a packet or datagram is thrown away, with the name that RPC shows and the
// sentence that the documentation prints. Add a reason here and it reaches both.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace pim {

#define PIM_DROPS(X)                                                                       \
  X(malformed_datagram, "a datagram whose length or kind is not of the protocol")          \
  X(bad_mac1, "a handshake or query from someone who does not know this node's key")       \
  X(rate_limited, "a handshake or query over its source's budget")                         \
  X(unknown_receiver, "a data datagram for a session that does not exist")                 \
  X(handshake_rejected, "a handshake that failed its cryptography or its timestamp")       \
  X(untrusted_peer, "a handshake from an identity that the trust policy refuses")          \
  X(decrypt_failed, "a data datagram whose tag does not verify")                           \
  X(replayed, "a data datagram whose counter was seen before or is too old")               \
  X(session_expired, "a datagram for keys past their lifetime")                            \
  X(malformed_packet, "an inner packet that is not well-formed IP")                        \
  X(bad_inner_source, "an inner packet whose source the sender may not use")               \
  X(bad_inner_destination, "an inner packet that is not for this node or for its gateway") \
  X(malformed_control, "a control message that does not parse")                            \
  X(transit_refused, "a transit frame not relayed here, or what came by a false way")      \
  X(hop_limit, "a transit frame that passed as many nodes as it may")                      \
  X(relay_unreachable, "a transit frame for a node to which no next hop leads")            \
  X(relay_share, "a transit frame beyond its share of a busy batch or a narrow way out")   \
  X(no_route, "a packet from this host to a mesh address that nobody holds")               \
  X(unreachable, "a packet from this host to a known node that has no working path")       \
  X(blocked, "a packet from this host to the internet while no gateway is usable")         \
  X(not_unicast, "a multicast or broadcast packet from this host into the tunnel")         \
  X(foreign_beacon, "a beacon that is not of this network, or not from its link")          \
  X(own_datagram, "a datagram of the daemon itself that came back into the tunnel")        \
  X(packet_too_big, "a packet larger than the tunnel's MTU")                               \
  X(queue_full, "a packet beyond what waits for a handshake")                              \
  X(counter_exhausted, "a packet after the last number that a key may seal")               \
  X(send_failed, "a datagram that the system refused to send")                             \
  X(tun_write_failed, "a packet that the tunnel device refused")                           \
  X(congestion, "a datagram that found the send buffer full")

enum class Drop : std::uint8_t {
#define X(name, help) name,
  PIM_DROPS(X)
#undef X
};

inline constexpr std::array drop_names = {
#define X(name, help) std::string_view{#name},
    PIM_DROPS(X)
#undef X
};

inline constexpr std::array drop_help = {
#define X(name, help) std::string_view{help},
    PIM_DROPS(X)
#undef X
};

inline constexpr std::size_t drop_count = drop_names.size();

[[nodiscard]] constexpr std::string_view to_string(Drop drop) { return drop_names[static_cast<std::size_t>(drop)]; }
[[nodiscard]] constexpr std::string_view help_of(Drop drop) { return drop_help[static_cast<std::size_t>(drop)]; }

using DropCounters = std::array<std::uint64_t, drop_count>;

inline void count(DropCounters& counters, Drop drop) { ++counters[static_cast<std::size_t>(drop)]; }

}  // namespace pim
