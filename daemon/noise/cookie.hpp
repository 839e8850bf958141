// Cookies: under load a responder answers a handshake with proof that a datagram to the sender's
// address arrives there, and spends X25519 only on those who show it. It keeps no state per sender.
// CookieJar is the responder's side, open_cookie the initiator's.
#pragma once

#include <optional>

#include "base/address.hpp"
#include "base/entropy.hpp"
#include "base/time.hpp"
#include "crypto/aead.hpp"
#include "noise/mac.hpp"

namespace pim::noise {

/// An initiator stops using a cookie after this long; the responder honours it at least as long.
inline constexpr Duration cookie_lifetime = std::chrono::seconds(120);

using CookieSalt = std::array<std::uint8_t, 32>;

/// A cookie sealed under HKDF(cookie key, salt) with nonce 0 and the mac1 it answers as associated
/// data: only who saw that handshake can send the reply, only who knows the responder can open it.
struct SealedCookie {
  CookieSalt salt{};
  std::array<std::uint8_t, sizeof(Cookie) + crypto::tag_size> sealed{};
};

/// SHA-256("pim cookie v1" || responder || secret).
[[nodiscard]] crypto::Key make_cookie_key(PublicKey const& responder, Bytes network_secret);

/// The cookie in an answer to the handshake that carried `mac1`; nothing when it does not verify.
[[nodiscard]] std::optional<Cookie> open_cookie(crypto::Key const& cookie_key, Mac const& mac1,
                                                SealedCookie const& reply);

class CookieJar {
 public:
  CookieJar(PublicKey const& self, Bytes network_secret) : key_(make_cookie_key(self, network_secret)) {}

  /// The reply to a handshake datagram from `source` whose mac1 verified.
  [[nodiscard]] SealedCookie make_reply(Entropy& entropy, Time now, Endpoint const& source, Bytes datagram);
  /// True when mac2 of `datagram` was made with a cookie given to `source` at most 120 seconds ago;
  /// perhaps also with one up to 240 seconds old, never with an older one.
  [[nodiscard]] bool verify(Time now, Endpoint const& source, Bytes datagram) const;

 private:
  void rotate(Entropy& entropy, Time now);

  /// What cookies are made from: for one lifetime after it was drawn, honoured for two.
  struct Epoch {
    crypto::Key secret;
    Time drawn;
  };
  [[nodiscard]] static bool made_by(Epoch const& epoch, Time now, Endpoint const& source, Bytes datagram);

  crypto::Key key_;
  std::optional<Epoch> current_, previous_;
};

}  // namespace pim::noise
