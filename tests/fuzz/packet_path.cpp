// The packet path before an authenticated but hostile peer, a stranger and a hostile local program. The
// input is a list of elements: what to do (one byte), a length (two bytes), and so many bytes. Whatever
// comes out must be well-formed packets from addresses that the peer may use, or datagrams of bounded size.
#include <algorithm>
#include <deque>

#include "crypto/aead.hpp"
#include "dataplane/dataplane.hpp"
#include "packet/checksum.hpp"
#include "packet/segment.hpp"
#include "target.hpp"
#include "wire/data.hpp"

using namespace pim;
using namespace pim::dataplane;

namespace {

constexpr PeerSlot peer{1};
constexpr ReceiverIndex local{0x01020304}, remote{0x05060708};
Endpoint const place{IpAddress::from_v4(0xc0000201), 9100};
Now const now{.boot = Time(std::chrono::seconds(1000))};

/// A node that serves as a gateway and whose peer may use it: as much as can be allowed is allowed.
std::shared_ptr<ForwardingTable const> make_table() {
  auto table = std::make_shared<ForwardingTable>();
  table->mesh_v4 = *parse_prefix("10.77.0.0/16");
  table->mesh_v6 = *parse_prefix("fd00:1:2::/48");
  table->own_v4 = *parse_ip("10.77.0.2");
  table->own_v6 = *parse_ip("fd00:1:2::b");
  table->service_v4 = *parse_ip("198.18.0.53");
  table->serves_gateway = true;
  table->peers.resize(2);
  table->peers[1] = {.in_use = true, .v6 = *parse_ip("fd00:1:2::a"), .v4 = *parse_ip("10.77.0.1")};
  table->peers[1].may_use_gateway = true;
  table->by_address.emplace(table->peers[1].v6, peer);
  table->by_address.emplace(*table->peers[1].v4, peer);
  return table;
}

struct Node {
  Node() {
    plane.publish(make_table());
    plane.join_udp(true);
    plane.set_endpoint(peer, place);
    plane.install({peer, local, remote, crypto::Key(), crypto::Key(), never, never});
    plane.use_for_sending(peer, local, now, out);
    out.clear();
  }
  Dataplane plane;
  Out out{std::size_t{256} << 10};
  crypto::Sealer hostile{crypto::Key()};
  std::uint64_t counter = 0;
};

Buffer sealed(Node& node, std::uint8_t flags, Bytes plaintext) {
  Buffer datagram(wire::data_overhead + plaintext.size());
  MutBytes const all{datagram};
  wire::write_data_header(all, {.flags = {flags, 0, 0}, .receiver = local, .counter = node.counter});
  std::copy(plaintext.begin(), plaintext.end(), datagram.begin() + wire::data_header_size);
  node.hostile.seal(node.counter++, all.first(wire::data_header_size),
                    all.subspan(wire::data_header_size, plaintext.size()), all.last(wire::data_tag_size));
  return datagram;
}

void check_packet(Bytes packet) {
  auto const ip = packet::look_at(packet);
  PIM_ASSERT(ip && ip->total_length == packet.size());
  PIM_ASSERT(ip->source() == *parse_ip(ip->is_v4() ? "10.77.0.1" : "fd00:1:2::a"));
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

void receive(Node& node, std::deque<Buffer>& datagrams) {
  std::vector<Train> trains;
  for (auto& one : datagrams) trains.push_back({place, one, one.size()});
  node.out.clear();
  node.plane.on_datagrams(trains, now, node.out);
  for (auto const& write : node.out.tun) check_write(node, write);
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
  for (auto const& train : node.out.trains) {
    PIM_ASSERT(train.length <= 65507 && (train.length + train.segment - 1) / train.segment <= 64);
    PIM_ASSERT(train.segment <= 1344 + wire::data_overhead);
    (void)node.out.bytes.view(train.offset, train.length);
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
      case 0: datagrams.push_back(sealed(node, 0, bytes)); break;
      case 1: datagrams.push_back(sealed(node, what >> 2, bytes)); break;
      case 2: datagrams.emplace_back(bytes.begin(), bytes.end()); break;
      default: send(node, bytes); break;
    }
  }
  receive(node, datagrams);
  return 0;
}
