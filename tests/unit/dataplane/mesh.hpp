// A few packet paths as nodes of one mesh. Each holds a session with every other one; the test says who are
// neighbours and which way the rest goes. Trains travel by their endpoints until none is under way.
#pragma once

#include "pair.hpp"
#include "support/key_holder.hpp"
#include "wire/data.hpp"
#include "wire/transit.hpp"

namespace pim::test {

struct MeshNode {
  NodeId id{};
  IpAddress v4{}, v6{};
  Endpoint address{};
  ForwardingTable table{};
  Dataplane plane;
  Out out{};
  std::deque<Buffer> held{};        ///< what `events` has views into
  std::vector<Buffer> arrived{};    ///< packets for the host
  std::vector<ToControl> events{};  ///< all of them

  explicit MeshNode(KeyLimits const& limits, RelayLimits const& relay) : plane(limits, relay) {}
  void publish() { plane.publish(std::make_unique<ForwardingTable>(table)); }
  void keep_results() {
    for (auto& packet : packets_of(out)) arrived.push_back(std::move(packet));
    events.insert(events.end(), out.control.begin(), out.control.end());
  }
  template <class Event>
  [[nodiscard]] std::vector<Event> events_of() const {
    std::vector<Event> found;
    for (auto const& event : events)
      if (auto const* const it = std::get_if<Event>(&event)) found.push_back(*it);
    return found;
  }
};

/// A train that a node sent.
struct Sent {
  std::size_t from = 0;
  Endpoint to{};
  Buffer bytes{};
  std::size_t segment = 0;
};

struct Mesh {
  Now now{.boot = Time(seconds(1000))};
  std::deque<MeshNode> nodes;
  std::vector<Sent> sent;  ///< all of it

  explicit Mesh(std::size_t count, KeyLimits const& limits = {}, RelayLimits const& relay = {}) {
    for (std::size_t i = 0; i < count; ++i) make_node(i, count, limits, relay);
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t j = 0; j < count; ++j)
        if (i != j) know(i, j);
      nodes[i].publish();
    }
    give_keys(0);
  }

  MeshNode& operator[](std::size_t i) { return nodes[i]; }

  /// Where node i keeps node j: another slot at each.
  [[nodiscard]] PeerSlot slot(std::size_t i, std::size_t j) const {
    return {static_cast<std::uint32_t>((i + j) % nodes.size() + 1)};
  }
  [[nodiscard]] static ReceiverIndex index(std::size_t i, std::size_t j, std::size_t generation = 0) {
    return {static_cast<std::uint32_t>(0x1000000 * (i + 1) + 0x100 * j + generation)};
  }
  /// With which i seals for j.
  [[nodiscard]] static crypto::Key key(std::size_t i, std::size_t j, std::size_t generation = 0) {
    return key_of(static_cast<std::uint8_t>(1 + i * 6 + j + generation * 48));
  }

  void install(std::size_t i, std::size_t j, std::size_t generation = 0, Duration lifetime = seconds(180)) {
    nodes[i].plane.install({slot(i, j), index(i, j, generation), index(j, i, generation), key(i, j, generation),
                            key(j, i, generation), now.boot + seconds(120), now.boot + lifetime, nodes[j].id});
  }
  void use(std::size_t i, std::size_t j, std::size_t generation = 0) {
    nodes[i].plane.use_for_sending(slot(i, j), index(i, j, generation), now, nodes[i].out);
  }
  void give_keys(std::size_t generation) {
    for (std::size_t i = 0; i < nodes.size(); ++i)
      for (std::size_t j = 0; j < nodes.size(); ++j)
        if (i != j) install(i, j, generation), use(i, j, generation);
  }

  void link(std::size_t i, std::size_t j) {
    nodes[i].plane.set_endpoint(slot(i, j), nodes[j].address);
    nodes[j].plane.set_endpoint(slot(j, i), nodes[i].address);
  }
  /// All nodes stand in one line and reach those beyond their neighbours through these.
  void line() {
    for (std::size_t i = 0; i + 1 < nodes.size(); ++i) link(i, i + 1);
    for (std::size_t i = 0; i < nodes.size(); ++i)
      for (std::size_t j = 0; j < nodes.size(); ++j) {
        if (i == j) continue;
        auto const neighbour = slot(i, i < j ? i + 1 : i - 1);
        nodes[i].plane.set_relay(slot(i, j), neighbour);
        nodes[i].plane.set_next_hop(nodes[j].id, neighbour);
      }
  }

  /// A packet of i's host for j.
  [[nodiscard]] Flow flow(std::size_t i, std::size_t j, bool is_tcp = false, bool is_v4 = true) const {
    Flow flow{.is_tcp = is_tcp};
    flow.source = is_v4 ? nodes[i].v4 : nodes[i].v6;
    flow.destination = is_v4 ? nodes[j].v4 : nodes[j].v6;
    return flow;
  }
  void host_sends(std::size_t i, std::vector<Buffer> packets, VnetHeader const& vnet = {}) {
    auto& node = nodes[i];
    node.out.clear();
    std::vector<TunFrame> frames;
    for (auto& packet : packets) frames.push_back({vnet, node.held.emplace_back(std::move(packet))});
    node.plane.on_tun(frames, now, node.out);
    node.keep_results();
  }
  /// What node i has in `out` leaves; the trains, for whoever they are.
  std::vector<Sent> leaving(std::size_t i) {
    std::vector<Sent> trains;
    for (auto const& train : nodes[i].out.trains) {
      trains.push_back({i, train.to, Buffer(train.data.begin(), train.data.end()), train.segment});
    }
    nodes[i].out.clear();
    sent.insert(sent.end(), trains.begin(), trains.end());
    return trains;
  }
  /// One batch.
  void receive(std::size_t i, std::vector<Sent> const& from_wire) {
    auto& node = nodes[i];
    node.out.clear();
    std::vector<Train> trains;
    for (auto const& train : from_wire)
      trains.push_back({nodes[train.from].address, node.held.emplace_back(train.bytes), train.segment});
    node.plane.on_datagrams(trains, now, node.out);
    node.keep_results();
  }
  /// Lets everything travel that node i has to send, and what follows from it: 64 hops at most.
  void carry(std::size_t i) {
    auto under_way = leaving(i);
    for (int hop = 0; hop < 64 && !under_way.empty(); ++hop) {
      std::vector<Sent> next;
      for (std::size_t j = 0; j < nodes.size(); ++j) {
        std::vector<Sent> mine;
        for (auto const& train : under_way)
          if (train.to == nodes[j].address) mine.push_back(train);
        if (mine.empty()) continue;
        receive(j, mine);
        for (auto& train : leaving(j)) next.push_back(std::move(train));
      }
      under_way = std::move(next);
    }
  }
  /// What j's host gets of these packets of i's.
  std::vector<Buffer> delivered(std::size_t i, std::size_t j, std::vector<Buffer> packets) {
    nodes[j].arrived.clear();
    host_sends(i, std::move(packets));
    carry(i);
    return nodes[j].arrived;
  }
  [[nodiscard]] std::uint64_t all_dropped() const {
    std::uint64_t all = 0;
    for (auto const& node : nodes) all += dropped(node.plane);
    return all;
  }

 private:
  void make_node(std::size_t i, std::size_t count, KeyLimits const& limits, RelayLimits const& relay) {
    auto& node = nodes.emplace_back(limits, relay);
    auto const number = std::to_string(i + 1);
    node.id.bytes.fill(static_cast<std::uint8_t>(0xa0 + i));
    node.v4 = *parse_ip("10.77.0." + number);
    node.v6 = *parse_ip("fd00:1:2::" + number);
    node.address = *parse_endpoint("192.0.2." + number + ":9100");
    auto& table = node.table;
    table.self = node.id;
    table.relays = true;
    table.mesh_v4 = *parse_prefix("10.77.0.0/16");
    table.mesh_v6 = *parse_prefix("fd00:1:2::/48");
    table.own_v4 = node.v4;
    table.own_v6 = node.v6;
    table.peers.resize(count + 1);
  }
  void know(std::size_t i, std::size_t j) {
    auto& table = nodes[i].table;
    table.peers[slot(i, j).value] = {.in_use = true, .v6 = nodes[j].v6, .v4 = nodes[j].v4, .id = nodes[j].id};
    table.by_address.emplace(nodes[j].v4, slot(i, j));
    table.by_address.emplace(nodes[j].v6, slot(i, j));
  }
};

/// A data datagram as somebody who holds the key makes it.
inline Buffer sealed_by_hand(crypto::Key const& key, ReceiverIndex receiver, std::uint64_t counter, Bytes plaintext,
                             std::uint8_t flags = 0) {
  return test::KeyHolder(key).seal(receiver, counter, plaintext, flags);
}

/// The plaintext of a data datagram; the tag has to be right.
inline Buffer opened_by_hand(crypto::Key const& key, Bytes datagram) { return test::KeyHolder(key).open(datagram); }

inline Buffer transit_frame(wire::Transit const& frame) {
  Buffer bytes;
  wire::write_transit(frame, bytes);
  return bytes;
}

inline std::vector<Buffer> datagrams_of(Sent const& train) {
  std::vector<Buffer> datagrams;
  each_datagram(Bytes{train.bytes}, train.segment, [&](Bytes one) { datagrams.emplace_back(one.begin(), one.end()); });
  return datagrams;
}

inline bool contains(Bytes where, Bytes what) {
  return std::search(where.begin(), where.end(), what.begin(), what.end()) != where.end();
}

}  // namespace pim::test
