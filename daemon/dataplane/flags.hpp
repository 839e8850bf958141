// The three flag bytes of a data datagram. They are authenticated, and all but three bits are zero: a
// datagram with another flag set is refused after its tag verified, since a flag may change what follows.
//
//   byte 1   bit 0   checksum_left_out   the inner packet is TCP or UDP right behind an IPv4 or IPv6 header,
//                                        unfragmented, and its checksum field holds the sum of the pseudo-
//                                        header (RFC 9293 3.1, RFC 8200 8.1), folded to 16 bits and not
//                                        complemented. The tag has already protected every byte, so nobody
//                                        sums the payload again: the receiver hands the packet to its system
//                                        as CHECKSUM_PARTIAL, which completes it if it leaves the host.
//            bit 1   head_sealed         a transit frame round a data datagram, of which this seal covers the transit
//                                        header and the datagram's own header and no more: the rest is sealed
//                                        for its destination already (docs/security.md). Nothing but such a
//                                        frame is taken out of such a datagram.
//            bit 2   in_frame            it was sealed to travel in a transit frame. A relay sees the datagram that it
//                                        carries, and could send it on by itself: then it would seem to come from
//                                        its sender directly, and from the relay's address. What did not come by
//                                        the way that this bit says is refused, and nothing follows from it.
//            bits 3-7, bytes 2 and 3     zero
#pragma once

#include <cstdint>

namespace pim::dataplane {

inline constexpr std::uint8_t checksum_left_out = 0x01;
inline constexpr std::uint8_t head_sealed = 0x02;
inline constexpr std::uint8_t in_frame = 0x04;

}  // namespace pim::dataplane
