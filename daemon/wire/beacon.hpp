// What a node says on its local links so that others there can call it: its public key and the port where
// it answers. On the discovery port alone. Public data; the tag keeps other networks apart and proves
// nothing about who sent it. A network with a secret seals the content: strangers learn that there is a
// beacon, and no more.
//
//   without a secret                             with one
//     0  kind 7, 0, 0, 0                           0  kind 7, 0, 0, 0
//     4  content          44                       4  salt             32   random
//    48  tag              16                      36  sealed content   44
//    64                                           80  tag              16
//                                                 96
//   content:  public key 32 | listen port 2 | boot epoch 8 | flags 2
//
// network key = SHA-256("pim beacon v1" || length of network name, 2 bytes || network name || secret).
// Without a secret the tag is the first 16 bytes of HMAC-SHA256 under it over the 48 bytes before. With one,
// content and tag are ChaCha20-Poly1305 under HKDF-SHA256(network key, salt, "pim beacon"), nonce 0, the 36
// bytes before as associated data.
#pragma once

#include <optional>
#include <string_view>

#include "base/entropy.hpp"
#include "base/ids.hpp"
#include "crypto/hash.hpp"

namespace pim::wire {

/// Never on the port for peers, so it stands apart from Kind.
inline constexpr std::uint8_t beacon_kind = 7;
inline constexpr std::size_t beacon_size = 64;
inline constexpr std::size_t sealed_beacon_size = 96;

struct Beacon {
  PublicKey key;
  std::uint16_t listen_port = 0;  ///< never 0
  std::uint64_t boot_epoch = 0;   ///< of the sender's present life
  std::uint16_t flags = 0;        ///< none has a meaning yet; others' are ignored
  bool operator==(Beacon const&) const = default;
};

/// Makes and checks the beacons of one network. One thread at a time.
class Beacons {
 public:
  /// `secret` may be empty. `network` is at most 65,535 bytes long.
  Beacons(std::string_view network, Bytes secret);

  [[nodiscard]] bool are_sealed() const { return is_sealed_; }
  [[nodiscard]] Buffer make(Beacon const& beacon, Entropy& entropy);
  /// A beacon of this network; allocates nothing that stays.
  [[nodiscard]] std::optional<Beacon> parse(Bytes datagram);

 private:
  [[nodiscard]] crypto::Key sealing_key(Bytes salt) const;

  crypto::Key network_key_;
  crypto::Hmac hmac_;
  bool is_sealed_;
};

}  // namespace pim::wire
