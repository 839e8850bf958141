#include "noise/mac.hpp"

namespace pim::noise {
namespace {

constexpr std::size_t mac_size = sizeof(Mac);

Mac cut(crypto::Digest const& digest) {
  Mac mac;
  std::memcpy(mac.data(), digest.data(), mac.size());
  return mac;
}

}  // namespace

MacKey::MacKey(PublicKey const& receiver, Bytes network_secret)
    : hmac_(crypto::sha256({as_bytes("pim mac1 v1"), receiver.bytes, network_secret})) {}

Mac MacKey::stamp(MutBytes datagram, Cookie const* cookie) {
  PIM_ASSERT(datagram.size() > macs_size);
  auto const macs = datagram.last(macs_size);
  auto const mac1 = cut(hmac_.of({datagram.first(datagram.size() - macs_size)}));
  std::memcpy(macs.data(), mac1.data(), mac_size);
  auto const mac2 = cookie ? mac2_of(*cookie, datagram) : Mac{};
  std::memcpy(macs.data() + mac_size, mac2.data(), mac_size);
  return mac1;
}

bool MacKey::verify(Bytes datagram) {
  if (datagram.size() <= macs_size) return false;
  auto const expected = cut(hmac_.of({datagram.first(datagram.size() - macs_size)}));
  return crypto::equal(expected, datagram.last(macs_size).first(mac_size));
}

Mac mac2_of(Cookie const& cookie, Bytes datagram) {
  PIM_ASSERT(datagram.size() > macs_size);
  return cut(crypto::hmac_sha256(cookie, {datagram.first(datagram.size() - mac_size)}));
}

}  // namespace pim::noise
