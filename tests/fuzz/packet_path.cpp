// The packet path before an authenticated but hostile peer, a stranger and a hostile local program. The peer
// is a neighbour and also the far end of a session that runs through itself, and has us relay to an honest
// node. The input is a list of elements: what to do (one byte), a length (two bytes), and so many bytes.
// Whatever comes out must be well-formed packets from addresses that the peer may use, datagrams of bounded
// size, or the peer's own frames on their way to the honest node, one hop older.
#include <algorithm>
#include <deque>

#include "dataplane/dataplane.hpp"
#include "dataplane/seal.hpp"
#include "packet/checksum.hpp"
#include "packet/segment.hpp"
#include "support/key_holder.hpp"
#include "target.hpp"
#include "wire/data.hpp"
#include "wire/transit.hpp"

using namespace pim;
using namespace pim::dataplane;

namespace {

constexpr PeerSlot peer{1}, honest{2}, beyond{3};
constexpr ReceiverIndex local{0x01020304}, remote{0x05060708}, local_beyond{0x0a0b0c0d};
Endpoint const place{IpAddress::from_v4(0xc0000201), 9100}, honest_place{IpAddress::from_v4(0xc0000202), 9100};

NodeId id_of(std::uint8_t fill) {
  NodeId id;
  id.bytes.fill(fill);
  return id;
}
NodeId const self = id_of(0xaa), far_away = id_of(0xbb), other_self = id_of(0xcc);

crypto::Key key_of(PeerSlot slot) { return crypto::Key(Buffer(32, static_cast<std::uint8_t>(slot.value))); }
Now const now{.boot = Time(std::chrono::seconds(1000))};

/// A node that serves as a gateway and whose peer may use it: as much as can be allowed is allowed.
std::unique_ptr<ForwardingTable> make_table() {
  auto table = std::make_unique<ForwardingTable>();
  table->mesh_v4 = *parse_prefix("10.77.0.0/16");
  table->mesh_v6 = *parse_prefix("fd00:1:2::/48");
  table->own_v4 = *parse_ip("10.77.0.2");
  table->own_v6 = *parse_ip("fd00:1:2::b");
  table->service_v4 = *parse_ip("198.18.0.53");
  table->serves_gateway = true;
  table->self = self;
  table->relays = true;
  table->peers.resize(4);
  table->peers[1] = {.in_use = true, .v6 = *parse_ip("fd00:1:2::a"), .v4 = *parse_ip("10.77.0.1")};
  table->peers[1].may_use_gateway = true;
  table->peers[3] = {.in_use = true, .v6 = *parse_ip("fd00:1:2::c"), .v4 = *parse_ip("10.77.0.3")};
  for (auto const slot : {peer, beyond}) {
    table->by_address.emplace(table->peers[slot.value].v6, slot);
    table->by_address.emplace(*table->peers[slot.value].v4, slot);
  }
  return table;
}

struct Node {
  Node() {
    plane.publish(make_table());
    plane.join_udp(true);
    give_keys(peer, local, remote, {});
    give_keys(honest, {0x11}, {0x12}, far_away);
    give_keys(beyond, local_beyond, {0x13}, other_self);
    plane.set_endpoint(peer, place);
    plane.set_endpoint(honest, honest_place);
    plane.set_relay(beyond, peer);
    plane.set_next_hop(far_away, honest);
    plane.set_next_hop(id_of(0xdd), peer);  // back to where it comes from
    out.clear();
  }
  void give_keys(PeerSlot slot, ReceiverIndex ours, ReceiverIndex theirs, NodeId const& id) {
    plane.install({slot, ours, theirs, key_of(slot), key_of(slot), never, never, id});
    plane.use_for_sending(slot, ours, now, out);
  }
  Dataplane plane{{}, {.bytes_a_batch = std::size_t{64} << 10}};
  Out out{std::size_t{256} << 10};
  /// Of the hostile peer, with what it holds as a neighbour and as the far end.
  test::KeyHolder near{key_of(peer)}, far{key_of(beyond)};
  std::uint64_t counter = 0;
};

/// What the neighbour says in its session: `how` chooses whether plainly or in a transit frame, for whom, and whether
/// it is sealed whole.
Buffer said(Node& node, std::uint8_t how, Bytes bytes) {
  Buffer plaintext;
  switch (how % 8) {
    case 1: wire::write_transit({16, self, other_self, false, bytes}, plaintext); break;
    case 2:
      wire::write_transit({16, self, other_self, false, node.far.seal(local_beyond, node.counter++, bytes, how >> 3)},
                          plaintext);
      break;
    case 3: wire::write_transit({16, self, other_self, true, bytes}, plaintext); break;
    case 4:
      wire::write_transit({static_cast<std::uint8_t>(how >> 3), far_away, id_of(how), false, bytes}, plaintext);
      break;
    case 5: wire::write_transit({16, id_of(0xdd), other_self, false, bytes}, plaintext); break;
    case 6: Writer(plaintext).u8(wire::transit_kind).bytes(bytes); break;
    default: Writer(plaintext).bytes(bytes);
  }
  return node.near.seal(local, node.counter++, plaintext, (how & 0x20) != 0 ? head_sealed : std::uint8_t{0});
}

void check_packet(Bytes packet) {
  auto const ip = packet::look_at(packet);
  PIM_ASSERT(ip && ip->total_length == packet.size());
  auto const source = ip->source();
  PIM_ASSERT(source == *parse_ip(ip->is_v4() ? "10.77.0.1" : "fd00:1:2::a") ||
             source == *parse_ip(ip->is_v4() ? "10.77.0.3" : "fd00:1:2::c"));
}

/// Nothing that a neighbour says makes us send anything but this.
void check_forwarded(Bytes datagram) {
  auto const header = wire::parse_data_header(datagram);
  PIM_ASSERT(header.has_value());
  auto const opened = test::KeyHolder(key_of(honest)).open(datagram);
  auto const frame = wire::parse_transit(opened);
  PIM_ASSERT(frame && frame->destination == far_away && frame->hop_limit > 0 &&
             frame->hop_limit < wire::transit_hop_limit);
  std::uint8_t const expected = wire::needs_head_sealed_only(*frame) ? head_sealed : 0;
  PIM_ASSERT(header->flags == (std::array<std::uint8_t, 3>{expected, 0, 0}));
}

void check_write(Node const& node, TunWrite const& write) {
  Buffer whole;
  for (std::uint32_t i = 0; i < write.piece_count; ++i) Writer(whole).bytes(node.out.pieces.at(write.first_piece + i));
  auto const& vnet = write.vnet;
  if (vnet.gso_type == packet::VnetHeader::gso_none) {
    check_packet(whole);
    if (vnet.flags != 0) PIM_ASSERT(packet::complete_checksum(whole, vnet.csum_start, vnet.csum_offset));
    return;
  }
  auto const segmenter = packet::Segmenter::make(whole, vnet);
  PIM_ASSERT(segmenter && segmenter->count() == write.piece_count);
  for (std::size_t i = 0; i < segmenter->count(); ++i) {
    Buffer segment(segmenter->size(i));
    segmenter->write(i, segment.data());
    check_packet(segment);
  }
}

/// In `memory`, end to end: those of one size in a row are one train, which a shorter one ends.
std::vector<Train> merged(std::deque<Buffer> const& datagrams, Buffer& memory) {
  for (auto const& one : datagrams) memory.insert(memory.end(), one.begin(), one.end());
  std::vector<Train> trains;
  std::size_t at = 0;
  for (auto const& one : datagrams) {
    MutBytes const here{memory.data() + at, one.size()};
    at += one.size();
    bool const joins = !trains.empty() && trains.back().data.size() % trains.back().segment == 0 && !one.empty() &&
                       one.size() <= trains.back().segment;
    if (joins)
      trains.back().data = {trains.back().data.data(), trains.back().data.size() + one.size()};
    else if (!one.empty())
      trains.push_back({place, here, one.size()});
  }
  return trains;
}

void receive(Node& node, std::deque<Buffer> const& datagrams) {
  Buffer memory;
  auto trains = merged(datagrams, memory);
  node.out.clear();
  node.plane.on_datagrams(trains, now, node.out);
  for (auto const& write : node.out.tun) check_write(node, write);
  std::size_t forwarded = 0;
  for (auto const& train : node.out.trains) {
    PIM_ASSERT(train.to == honest_place);
    forwarded += train.data.size();
    dataplane::each_datagram(train.data, train.segment, check_forwarded);
  }
  PIM_ASSERT(forwarded <= std::size_t{64} << 10);
  PIM_ASSERT(node.plane.endpoint(peer) == place && !node.plane.endpoint(beyond));
}

/// As control may: one is made a peer, the next is not.
void settle(Node& node) {
  bool is_known = false;
  for (auto const& event : std::vector(node.out.control)) {
    auto const* const wanted = std::get_if<AddressWanted>(&event);
    if (wanted == nullptr) continue;
    if ((is_known = !is_known))
      node.plane.resend(beyond, wanted->vnet, wanted->packet, now, node.out);
    else
      node.plane.refuse(wanted->packet, now, node.out);
  }
}

/// `bytes`: a description of ten bytes and a packet, as a read from the tunnel device gives them.
void send(Node& node, Bytes bytes) {
  packet::VnetHeader vnet;
  if (bytes.size() < sizeof vnet) return;
  std::memcpy(&vnet, bytes.data(), sizeof vnet);
  Buffer packet(bytes.begin() + sizeof vnet, bytes.end());
  TunFrame frame{vnet, packet};
  node.out.clear();
  node.plane.on_tun({&frame, 1}, now, node.out);
  settle(node);
  for (auto const& train : node.out.trains) {
    PIM_ASSERT(train.data.size() <= 65507 && (train.data.size() + train.segment - 1) / train.segment <= 64);
    PIM_ASSERT(train.segment <= 1344 + 2 * wire::data_overhead + wire::transit_header_size);
    auto const* const arena = node.out.bytes.data();
    PIM_ASSERT(train.data.data() >= arena && train.data.data() + train.data.size() <= arena + node.out.bytes.size());
  }
  for (auto const& write : node.out.tun) PIM_ASSERT(packet::look_at(node.out.pieces.at(write.first_piece)));
}

}  // namespace

int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  Node node;
  std::deque<Buffer> datagrams;
  Reader input({data, size});
  while (input.rest().size() > 3) {
    auto const what = input.u8();
    auto const bytes = input.take(std::min<std::size_t>(input.u16(), input.rest().size()));
    switch (what % 4) {
      case 0: datagrams.push_back(said(node, what >> 2, bytes)); break;
      case 1: datagrams.push_back(node.near.seal(local, node.counter++, bytes, what >> 2)); break;
      case 2: datagrams.emplace_back(bytes.begin(), bytes.end()); break;
      default: send(node, bytes); break;
    }
  }
  receive(node, datagrams);
  return 0;
}
