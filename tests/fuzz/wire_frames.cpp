// Whole datagrams, through peek and every parser of a frame: each parser agrees with peek, and what it
// reads is what stands there.
#include <algorithm>

#include "noise/cookie.hpp"
#include "target.hpp"
#include "wire/beacon.hpp"
#include "wire/data.hpp"
#include "wire/handshake.hpp"
#include "wire/key_query.hpp"

using namespace pim;
using wire::Kind;

namespace {

/// `made` is the datagram again, but for the last `open` bytes, which other rooms fill.
bool same(Bytes datagram, Buffer const& made, std::size_t open) {
  return made.size() == datagram.size() &&
         std::equal(datagram.begin(), datagram.end() - static_cast<std::ptrdiff_t>(open), made.begin());
}

void check_handshakes(Bytes datagram, std::optional<Kind> kind) {
  auto const initiation = wire::parse_initiation(datagram);
  PIM_ASSERT(initiation.has_value() == (kind == Kind::initiation));
  if (initiation) PIM_ASSERT(same(datagram, wire::make_initiation(*initiation), noise::macs_size));
  auto const response = wire::parse_response(datagram);
  PIM_ASSERT(response.has_value() == (kind == Kind::response));
  if (response) PIM_ASSERT(same(datagram, wire::make_response(*response), noise::macs_size));
  auto const cookie = wire::parse_cookie_reply(datagram);
  PIM_ASSERT(cookie.has_value() == (kind == Kind::cookie_reply));
  if (cookie) PIM_ASSERT(same(datagram, wire::make_cookie_reply(*cookie), 0));
}

void check_data(Bytes datagram, std::optional<Kind> kind) {
  auto const header = wire::parse_data_header(datagram);
  PIM_ASSERT(header.has_value() == (kind == Kind::data));
  if (!header) return;
  Buffer written(datagram.begin(), datagram.end());
  wire::write_data_header(written, *header);
  PIM_ASSERT(same(datagram, written, 0));
}

void check_tags(Bytes datagram, std::optional<Kind> kind) {
  // A tag that verifies is made again as it is.
  wire::KeyQueries queries("fuzz", as_bytes("secret"));
  if (auto const nonce = queries.parse_query(datagram)) PIM_ASSERT(same(datagram, queries.make_query(*nonce), 0));
  if (auto const reply = queries.parse_reply(datagram))
    PIM_ASSERT(same(datagram, queries.make_reply(reply->nonce, reply->key), 0));
  noise::MacKey mac(PublicKey{}, as_bytes("secret"));
  bool const verifies = mac.verify(datagram);
  if (kind == Kind::initiation || kind == Kind::response) {
    Buffer stamped(datagram.begin(), datagram.end());
    mac.stamp(stamped);
    PIM_ASSERT(verifies == same(datagram, stamped, sizeof(noise::Mac)));
  }
  noise::CookieJar const jar(PublicKey{}, {});
  PIM_ASSERT(!jar.verify(Time{}, Endpoint{}, datagram));
}

class Replayed final : public Entropy {
 public:
  explicit Replayed(Bytes bytes) : bytes_(bytes) {}
  void fill(MutBytes out) override { std::copy_n(bytes_.begin(), out.size(), out.begin()); }

 private:
  Bytes bytes_;
};

/// What parses is made again as it is, a sealed one from its own salt.
void check_beacons(Bytes datagram) {
  for (auto const secret : {"", "secret"}) {
    wire::Beacons beacons("fuzz", as_bytes(secret));
    auto const beacon = beacons.parse(datagram);
    if (!beacon) continue;
    PIM_ASSERT(datagram.size() == (beacons.are_sealed() ? wire::sealed_beacon_size : wire::beacon_size));
    PIM_ASSERT(!wire::peek(datagram));
    Replayed salt(datagram.subspan(wire::prefix_size));
    PIM_ASSERT(same(datagram, beacons.make(*beacon, salt), 0));
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  Bytes const datagram(data, size);
  auto const kind = wire::peek(datagram);
  check_handshakes(datagram, kind);
  check_data(datagram, kind);
  check_tags(datagram, kind);
  check_beacons(datagram);
  if (auto const greeting = wire::parse_greeting(datagram)) {
    auto const written = wire::to_bytes(*greeting);
    PIM_ASSERT(std::equal(written.begin(), written.end(), datagram.begin(), datagram.end()));
  }
  return 0;
}
