// Two nodes that do not reach each other, and one between them that reaches both.
#pragma once

#include <set>

#include "support/virtual_network.hpp"

namespace pim::test {

using namespace std::chrono_literals;

/// a - r - b, and whatever a test adds; only the pairs in `links` reach each other.
struct Line {
  VirtualNetwork net;
  std::set<std::pair<IpAddress, IpAddress>> links;
  Node& a = net.add("a", "192.0.2.1", dialling({"192.0.2.9"}));
  Node& r = net.add("r", "192.0.2.9");
  Node& b = net.add("b", "192.0.2.2", dialling({"192.0.2.9"}));

  Line() {
    link(a, r);
    link(b, r);
    net.loses = [this](Endpoint const& from, Endpoint const& to, Bytes) { return !links.contains({from.ip, to.ip}); };
  }
  void link(Node const& x, Node const& y) {
    links.insert({x.endpoint().ip, y.endpoint().ip});
    links.insert({y.endpoint().ip, x.endpoint().ip});
  }
  void cut(Node const& x, Node const& y) {
    links.erase({x.endpoint().ip, y.endpoint().ip});
    links.erase({y.endpoint().ip, x.endpoint().ip});
  }
  /// Cuts them, until both know and ask the link once a minute.
  void forget(Node& x, Node& y) {
    cut(x, y);
    send(y, x);
    send(x, y);
    net.run(70s);
  }
  void start() {
    for (auto* const node : {&r, &a, &b}) node->start();
    net.run(2s);
  }
  void send(Node& from, Node const& to, std::size_t size = 64) {
    from.send_packet(udp_packet(from.mesh_v6(), to.mesh_v6(), size));
  }
  /// Sends each way every 20 ms; how many of them did not arrive.
  std::size_t lost_while_talking(Duration duration) {
    auto const before = a.delivered.size() + b.delivered.size();
    std::size_t sent = 0;
    for (auto const end = net.boot + duration; net.boot < end; net.run(20ms)) {
      send(a, b);
      send(b, a);
      sent += 2;
    }
    net.run(100ms);
    return sent - (a.delivered.size() + b.delivered.size() - before);
  }
};

}  // namespace pim::test
