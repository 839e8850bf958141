// The two MACs at the end of a handshake datagram. mac1 shows that the sender knows whom it talks to
// (the receiver's public key, and the network secret where there is one), so strangers who do not
// get silence. mac2 shows that the sender receives at its address, and is asked for only under load.
#pragma once

#include "base/ids.hpp"
#include "crypto/hash.hpp"

namespace pim::noise {

using Mac = std::array<std::uint8_t, 16>;
using Cookie = std::array<std::uint8_t, 16>;
/// mac1 and mac2 are the last 32 bytes of a datagram that carries them.
inline constexpr std::size_t macs_size = 32;

/// mac1 of datagrams to one receiver: HMAC-SHA256, cut to 16 bytes, under
/// SHA-256("pim mac1 v1" || receiver || secret). One thread at a time.
class MacKey {
 public:
  MacKey(PublicKey const& receiver, Bytes network_secret);

  /// Writes mac1 and, with a cookie, mac2 (else zeroes) into the last 32 bytes of `datagram`.
  /// Returns mac1, by which a cookie reply is recognised.
  Mac stamp(MutBytes datagram, Cookie const* cookie = nullptr);
  /// False also for a datagram too short to carry MACs.
  [[nodiscard]] bool verify(Bytes datagram);

 private:
  crypto::Hmac hmac_;
};

/// HMAC-SHA256, cut to 16 bytes, keyed by the cookie, over everything before mac2.
[[nodiscard]] Mac mac2_of(Cookie const& cookie, Bytes datagram);

}  // namespace pim::noise
