// Routing on. Routes send unbound traffic into the tunnel; this table stops what routes cannot: sockets bound
// to a device, forwarded traffic, DNS, and everything when the routes are gone.
#include "plan/local_groups.hpp"
#include "plan/tables.hpp"

namespace pim::plan {
namespace {

// One writer per table: the words that most rules share are made once.
class ClientTable {
 public:
  ClientTable(Input const& input, Names const& names, Surroundings const& around)
      : input_(input),
        around_(around),
        tunnel_(quoted(names.interface)),
        mark_(std::to_string(names.mark)),
        service_v4_(to_string(dns_service(input.mesh_v4))),
        service_v6_(to_string(dns_service(input.mesh_v6))),
        ports_(braces({std::to_string(input.listen_port), std::to_string(input.discovery_port)})) {
    for (auto const& segment : around.inside) inside_.push_back(quoted(segment.device));
  }

  [[nodiscard]] Table make() const {
    Table table;
    table.objects = {"counter blocked {}", "counter dns_refused {}", "counter wrong_way {}"};
    auto& chains = table.chains;
    chains = {exact(), lan(), refuse_chain(), via_tunnel(), way_back(), marks()};
    if (input_.dns) {
      chains.push_back(redirect_own_dns());
      chains.push_back(redirect_forwarded_dns());
    }
    chains.insert(chains.end(), {source(), out(), post(), forward(), mss_chain(input_)});
    add_input_chain(table, input_);
    return table;
  }

 private:
  // A gateway may carry private networks, and must not speak for one of ours: what comes out of the tunnel has a
  // source that this host's routes send into it. Ahead of conntrack, and the same whatever rp_filter is.
  [[nodiscard]] Chain way_back() const {
    return {"way_back",
            "type filter hook prerouting priority raw; policy accept;",
            {"iifname " + tunnel_ + " fib saddr oifname != " + tunnel_ + " counter name wrong_way drop"}};
  }

  // Replies to the daemon, and ICMP errors about its datagrams, look up main when the reverse path is checked
  // strictly; so do peers that speak first. "local" keeps forwarded datagrams of the same port out of it.
  [[nodiscard]] Chain marks() const {
    return {"marks",
            "type filter hook prerouting priority mangle; policy accept;",
            {"udp dport " + ports_ + " fib daddr type { local, broadcast, multicast } meta mark set " + mark_,
             "udp sport 67 udp dport 68 meta mark set " + mark_, "ct mark " + mark_ + " meta mark set " + mark_}};
  }

  [[nodiscard]] Chain redirect_own_dns() const {
    Chain chain{"nat_out", "type nat hook output priority -100; policy accept;", {}};
    chain.rules = {"meta mark " + mark_ + " return", "oifname \"lo\" return"};
    add_redirection(chain);
    return chain;
  }

  // The resolver of a container network is another container: its questions are not leaving this host.
  [[nodiscard]] Chain redirect_forwarded_dns() const {
    Chain chain{"nat_pre", "type nat hook prerouting priority -100; policy accept;", {}};
    chain.rules = {"fib daddr type local return"};
    if (!inside_.empty()) chain.rules.push_back("fib daddr oifname " + braces(inside_) + " return");
    add_redirection(chain);
    return chain;
  }

  void add_redirection(Chain& chain) const {
    chain.rules.push_back("meta nfproto ipv4 " + std::string{dns_port} + "dnat ip to " + service_v4_);
    chain.rules.push_back("meta nfproto ipv6 " + std::string{dns_port} + "dnat ip6 to " + service_v6_);
  }

  // Sockets bound to another address, re-routed DNS and containers: the gateway answers to our address only.
  [[nodiscard]] Chain source() const {
    return {"nat_post",
            "type nat hook postrouting priority srcnat; policy accept;",
            {"oifname " + tunnel_ + " ip saddr != " + to_string(input_.own_v4) + " masquerade",
             "oifname " + tunnel_ + " ip6 saddr != " + to_string(input_.own_v6) + " masquerade"}};
  }

  [[nodiscard]] Chain out() const {
    Chain chain{"out", "type filter hook output priority 10; policy drop;", {}};
    auto& rules = chain.rules;
    rules.emplace_back("oifname \"lo\" accept");
    rules.push_back("oifname " + tunnel_ + " meta mark " + mark_ + " drop");
    if (input_.dns) add_service(rules);
    rules.push_back("oifname " + tunnel_ + " jump via_tunnel");
    rules.push_back("meta mark " + mark_ + " udp sport " + ports_ + " ct mark set " + mark_ + " accept");
    add_resolvers(rules);
    rules.emplace_back("jump exact");
    // Connections older than the redirection must not use the LAN exception.
    rules.push_back(std::string{dns_port} + "counter name dns_refused goto refuse");
    rules.emplace_back("jump lan");
    rules.emplace_back("counter name blocked goto refuse");
    return chain;
  }

  // The device is still the one from before the redirection here; chain post looks at the real one. Forwarded
  // questions are redirected before they are routed and need no rule.
  void add_service(std::vector<std::string>& rules) const {
    rules.push_back("ip daddr " + service_v4_ + " ct status dnat accept");
    rules.push_back("ip6 daddr " + service_v6_ + " ct status dnat accept");
  }

  void add_resolvers(std::vector<std::string>& rules) const {
    auto const own = "meta mark " + mark_ + " ";
    auto const tail = " " + std::string{dns_port} + "ct mark set " + mark_ + " accept";
    auto const v4 = texts(input_.resolvers, Family::v4);
    auto const v6 = texts(input_.resolvers, Family::v6);
    if (!v4.empty()) rules.push_back(own + "ip daddr " + braces(v4) + tail);
    if (!v6.empty()) rules.push_back(own + "ip6 daddr " + braces(v6) + tail);
  }

  // The source is still the application's: what will be or has been masqueraded here passes. What cannot be any
  // more (a connection from before, an answer to an inbound one) goes on to be refused, so that its owner notices.
  [[nodiscard]] Chain via_tunnel() const {
    auto const own_v4 = to_string(input_.own_v4);
    auto const own_v6 = to_string(input_.own_v6);
    return {"via_tunnel",
            "",
            {"ip saddr " + own_v4 + " accept", "ip6 saddr " + own_v6 + " accept", "ct state new accept",
             "ct reply ip daddr " + own_v4 + " accept", "ct reply ip6 daddr " + own_v6 + " accept"}};
  }

  // What a host needs to keep its link and its address, and nothing beyond the link.
  [[nodiscard]] Chain exact() const {
    return {"exact",
            "",
            {"udp sport 68 udp dport 67 accept", "udp sport 546 udp dport 547 accept", "ip protocol igmp accept",
             "icmpv6 type { nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert } ip6 hoplimit 255 accept",
             "icmpv6 type { mld-listener-report, mld-listener-done, mld2-listener-report } ip6 hoplimit 1 accept",
             std::string{dns_port} + "return", "ip6 daddr fe80::/10 accept"}};
  }

  // By device and prefix together: a LAN's prefix is no reason to leave by another device.
  [[nodiscard]] Chain lan() const {
    Chain chain{"lan", "", {}};
    if (!input_.allow_lan) return chain;
    auto& rules = chain.rules;
    std::vector<std::string> devices_v4;
    for (auto const& segment : around_.lan) {
      auto const device = "oifname " + quoted(segment.device);
      auto const v4 = texts(segment.prefixes, Family::v4);
      auto const v6 = texts(segment.prefixes, Family::v6);
      if (!v4.empty()) {
        rules.push_back(device + " ip daddr " + braces(v4) + " accept");
        devices_v4.push_back(quoted(segment.device));
      }
      if (!v6.empty()) rules.push_back(device + " ip6 daddr " + braces(v6) + " accept");
    }
    auto const ip = "ip daddr ", ip6 = "ip6 daddr ";
    auto const accept = [&](std::string const& what) { rules.push_back(what + " accept"); };
    if (!devices_v4.empty()) accept("oifname " + braces(devices_v4) + " " + ip + std::string(limited_broadcast));
    for (auto const& group : local_groups) {
      auto const ports = " udp dport { " + std::string(group.ports) + " }";
      accept(ip + std::string(group.v4) + ports);
      accept(ip6 + std::string(group.v6) + ports);
    }
    return chain;
  }

  // After every NAT the real device: redirected DNS of a socket bound to another device cannot be re-routed, and
  // where a LAN overlaps the mesh, the mesh wins.
  [[nodiscard]] Chain post() const {
    return {"post",
            "type filter hook postrouting priority 110; policy accept;",
            {"oifname { \"lo\", " + tunnel_ + " } accept",
             "ip daddr " + to_string(input_.mesh_v4) + " counter name blocked drop",
             "ip6 daddr " + to_string(input_.mesh_v6) + " counter name blocked drop"}};
  }

  [[nodiscard]] Chain forward() const {
    Chain chain{"fwd_all", "type filter hook forward priority 10; policy drop;", {}};
    auto& rules = chain.rules;
    if (!inside_.empty())
      rules.push_back("iifname " + tunnel_ + " oifname " + braces(inside_) + " ct state established,related accept");
    rules.push_back("iifname " + tunnel_ + " drop");
    rules.push_back("oifname " + tunnel_ + " jump via_tunnel");
    add_inside(rules);
    rules.push_back(std::string{dns_port} + "counter name dns_refused goto refuse");
    rules.emplace_back("jump lan");
    rules.emplace_back("counter name blocked goto refuse");
    return chain;
  }

  void add_inside(std::vector<std::string>& rules) const {
    for (auto const& segment : around_.inside) {
      auto const device = "oifname " + quoted(segment.device);
      auto const v4 = texts(segment.prefixes, Family::v4);
      auto const v6 = texts(segment.prefixes, Family::v6);
      if (!v4.empty()) rules.push_back(device + " ip daddr " + braces(v4) + " accept");
      if (!v6.empty()) rules.push_back(device + " ip6 daddr " + braces(v6) + " accept");
    }
  }

  Input const& input_;
  Surroundings const& around_;
  std::string tunnel_, mark_, service_v4_, service_v6_, ports_;
  std::vector<std::string> inside_;
};

}  // namespace

Table client_table(Input const& input, Names const& names, Surroundings const& around) {
  return ClientTable{input, names, around}.make();
}

}  // namespace pim::plan
