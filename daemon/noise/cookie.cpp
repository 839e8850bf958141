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
  crypto::seal_once(sealing_key(key_, reply.salt), 0, mac1_in(datagram), cookie_for(current_->secret, source), sealed);
  std::memcpy(reply.sealed.data(), sealed.data(), reply.sealed.size());
  return reply;
}

bool CookieJar::verify(Time now, Endpoint const& source, Bytes datagram) const {
  if (datagram.size() <= macs_size) return false;
  return (current_ && made_by(*current_, now, source, datagram)) ||
         (previous_ && made_by(*previous_, now, source, datagram));
}

void CookieJar::rotate(Entropy& entropy, Time now) {
  if (current_ && now - current_->drawn < cookie_lifetime) return;
  previous_ = std::move(current_);
  current_.emplace();
  entropy.fill(current_->secret.mut());
  current_->drawn = now;
}

bool CookieJar::made_by(Epoch const& epoch, Time now, Endpoint const& source, Bytes datagram) {
  if (now - epoch.drawn >= 2 * cookie_lifetime) return false;
  return crypto::equal(mac2_of(cookie_for(epoch.secret, source), datagram), datagram.last(sizeof(Mac)));
}

}  // namespace pim::noise
