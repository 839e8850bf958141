#include "noise/cookie.hpp"

namespace pim::noise {
namespace {

Cookie cookie_for(crypto::Key const& secret, Endpoint const& source) {
  std::uint8_t place[1 + 16 + 2 + 4];
  place[0] = static_cast<std::uint8_t>(source.ip.family);
  std::memcpy(place + 1, source.ip.bytes.data(), 16);
  store_be(place + 17, source.port);
  store_be(place + 19, source.scope);
  auto const digest = crypto::hmac_sha256(secret.view(), {place});
  Cookie cookie;
  std::memcpy(cookie.data(), digest.data(), cookie.size());
  return cookie;
}

crypto::Key sealing_key(crypto::Key const& cookie_key, CookieSalt const& salt) {
  crypto::Key key;
  PIM_ASSERT(crypto::hkdf_sha256(cookie_key.view(), salt, as_bytes("pim cookie"), key.mut()));
  return key;
}

Bytes mac1_in(Bytes datagram) {
  PIM_ASSERT(datagram.size() > macs_size);
  return datagram.last(macs_size).first(sizeof(Mac));
}

}  // namespace

crypto::Key make_cookie_key(PublicKey const& responder, Bytes network_secret) {
  return crypto::Key(crypto::sha256({as_bytes("pim cookie v1"), responder.bytes, network_secret}));
}

std::optional<Cookie> open_cookie(crypto::Key const& cookie_key, Mac const& mac1, SealedCookie const& reply) {
  Buffer opened;
  if (!crypto::open_once(sealing_key(cookie_key, reply.salt), 0, mac1, reply.sealed, opened)) return std::nullopt;
  Cookie cookie;
  std::memcpy(cookie.data(), opened.data(), cookie.size());
  return cookie;
}

SealedCookie CookieJar::make_reply(Entropy& entropy, Time now, Endpoint const& source, Bytes datagram) {
  rotate(entropy, now);
  SealedCookie reply;
  entropy.fill(reply.salt);
  Buffer sealed;
  crypto::seal_once(sealing_key(key_, reply.salt), 0, mac1_in(datagram), cookie_for(current_, source), sealed);
  std::memcpy(reply.sealed.data(), sealed.data(), reply.sealed.size());
  return reply;
}

bool CookieJar::verify(Time now, Endpoint const& source, Bytes datagram) const {
  if (datagram.size() <= macs_size || !current_since_) return false;
  auto const age = now - *current_since_;
  auto const mac2 = datagram.last(sizeof(Mac));
  // A secret makes cookies for one lifetime, so the last of them lives until its second is over.
  if (age < 2 * cookie_lifetime && crypto::equal(mac2_of(cookie_for(current_, source), datagram), mac2)) return true;
  return has_previous_ && age < cookie_lifetime &&
         crypto::equal(mac2_of(cookie_for(previous_, source), datagram), mac2);
}

void CookieJar::rotate(Entropy& entropy, Time now) {
  if (current_since_ && now - *current_since_ < cookie_lifetime) return;
  // Nothing was made from the old secret after its first lifetime, so after the second it is dead.
  has_previous_ = current_since_ && now - *current_since_ < 2 * cookie_lifetime;
  previous_ = std::move(current_);
  entropy.fill(current_.mut());
  current_since_ = now;
}

}  // namespace pim::noise
