#include "wire/beacon.hpp"

#include <algorithm>

#include "crypto/aead.hpp"
#include "wire/network_key.hpp"

namespace pim::wire {
namespace {

constexpr std::size_t prefix = 4;
constexpr std::size_t content_size = 44;
constexpr std::size_t salt_size = 32;
constexpr std::size_t tag_at = prefix + content_size;
constexpr std::size_t sealed_at = prefix + salt_size;
static_assert(tag_at + crypto::tag_size == beacon_size);
static_assert(sealed_at + content_size + crypto::tag_size == sealed_beacon_size);

bool has_prefix(Bytes datagram) { return datagram[0] == beacon_kind && (datagram[1] | datagram[2] | datagram[3]) == 0; }

std::optional<Beacon> read(Bytes content) {
  Reader reader(content);
  Beacon beacon;
  beacon.key.bytes = reader.array<sizeof(PublicKey)>();
  beacon.listen_port = reader.u16();
  beacon.boot_epoch = reader.u64();
  beacon.flags = reader.u16();
  if (!reader.done() || beacon.listen_port == 0) return std::nullopt;
  return beacon;
}

}  // namespace

Beacons::Beacons(std::string_view network, Bytes secret)
    : network_key_(crypto::Key(network_key("pim beacon v1", network, secret))),
      hmac_(network_key_.view()),
      is_sealed_(!secret.empty()) {}

Buffer Beacons::make(Beacon const& beacon, Entropy& entropy) {
  PIM_ASSERT(beacon.listen_port != 0);
  Buffer out;
  Writer writer(out);
  writer.u8(beacon_kind).zeroes(prefix - 1);
  if (is_sealed_) {
    writer.zeroes(salt_size);
    entropy.fill(MutBytes{out}.subspan(prefix, salt_size));
  }
  writer.bytes(beacon.key.bytes).u16(beacon.listen_port).u64(beacon.boot_epoch).u16(beacon.flags);
  writer.zeroes(crypto::tag_size);
  auto const tag = MutBytes{out}.last(crypto::tag_size);
  if (is_sealed_) {
    auto const head = Bytes{out}.first(sealed_at);
    crypto::Sealer(sealing_key(head.last(salt_size)))
        .seal(0, head, MutBytes{out}.subspan(sealed_at, content_size), tag);
  } else {
    auto const digest = hmac_.of({Bytes{out}.first(tag_at)});
    std::copy_n(digest.begin(), tag.size(), tag.begin());
  }
  return out;
}

std::optional<Beacon> Beacons::parse(Bytes datagram) {
  if (datagram.size() != (is_sealed_ ? sealed_beacon_size : beacon_size) || !has_prefix(datagram)) return std::nullopt;
  auto const tag = datagram.last(crypto::tag_size);
  if (!is_sealed_) {
    auto const digest = hmac_.of({datagram.first(tag_at)});
    if (!crypto::equal(Bytes{digest}.first(crypto::tag_size), tag)) return std::nullopt;
    return read(datagram.subspan(prefix, content_size));
  }
  auto const head = datagram.first(sealed_at);
  std::array<std::uint8_t, content_size> content;
  std::copy_n(datagram.begin() + sealed_at, content_size, content.begin());
  if (!crypto::Opener(sealing_key(head.last(salt_size))).open(0, head, content, tag)) return std::nullopt;
  return read(content);
}

crypto::Key Beacons::sealing_key(Bytes salt) const {
  crypto::Key key;
  PIM_ASSERT(crypto::hkdf_sha256(network_key_.view(), salt, as_bytes("pim beacon"), key.mut()));
  return key;
}

}  // namespace pim::wire
