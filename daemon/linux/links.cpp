#include "linux/links.hpp"

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include <algorithm>
#include <map>
#include <set>

#include "linux/rtnl.hpp"

namespace pim::linux_edge {
namespace {

using plan::Link;
using plan::Names;

struct Seen {
  Link link;
  std::uint32_t below = 0;   // the device that this one is stacked on
  std::uint32_t master = 0;  // the bridge or bond that this one is a port of
};
using ByIndex = std::map<std::uint32_t, Seen>;

Result<ByIndex> read_devices(NetlinkSocket& socket, Names const& names) {
  ByIndex devices;
  Message message{RTM_GETLINK};
  message.header<ifinfomsg>().ifi_family = AF_UNSPEC;
  auto const done = socket.dump(std::move(message), [&](nlmsghdr const& part) {
    auto const header = header_of<ifinfomsg>(part);
    Attributes const attributes{attributes_of(part, sizeof header)};
    Seen seen;
    seen.link.name = attributes.text(IFLA_IFNAME);
    seen.link.index = static_cast<std::uint32_t>(header.ifi_index);
    seen.link.up = (header.ifi_flags & IFF_UP) && (header.ifi_flags & IFF_RUNNING);
    Attributes const information{attributes.find(IFLA_LINKINFO)};
    seen.link.kind = information.text(IFLA_INFO_KIND);
    seen.link.medium = medium_of(seen.link.name);
    seen.link.can_broadcast = (header.ifi_flags & IFF_BROADCAST) != 0;
    seen.link.can_multicast = (header.ifi_flags & IFF_MULTICAST) != 0;
    seen.master = attributes.u32(IFLA_MASTER);
    // What belongs to a VRF has a master, too, and is a link of its own.
    seen.link.is_port = seen.master != 0 && information.text(IFLA_INFO_SLAVE_KIND) != "vrf";
    // The other end of a veth pair is beside it, not below; a device below in another namespace is not ours.
    if (seen.link.kind != "veth" && !attributes.has(IFLA_LINK_NETNSID)) seen.below = attributes.u32(IFLA_LINK);
    if (!(header.ifi_flags & IFF_LOOPBACK) && seen.link.name != names.interface)
      devices.emplace(seen.link.index, std::move(seen));
  });
  if (!done) return fail("the network interfaces cannot be read: " + done.error().text);
  return devices;
}

Result<void> read_addresses(NetlinkSocket& socket, ByIndex& devices) {
  Message message{RTM_GETADDR};
  message.header<ifaddrmsg>().ifa_family = AF_UNSPEC;
  auto const done = socket.dump(std::move(message), [&](nlmsghdr const& part) {
    auto const header = header_of<ifaddrmsg>(part);
    auto const device = devices.find(header.ifa_index);
    if (device == devices.end()) return;
    Attributes const attributes{attributes_of(part, sizeof header)};
    auto const address = address_in(attributes.find(IFA_ADDRESS));
    auto const local = address_in(attributes.find(IFA_LOCAL));
    auto& addresses = device->second.link.addresses;
    // At a point-to-point link the prefix is that of the other end.
    if (local && local != address) addresses.push_back({*local, static_cast<std::uint8_t>(local->size() * 8)});
    if (address) addresses.push_back({*address, header.ifa_prefixlen});
  });
  if (!done) return fail("the addresses of this host cannot be read: " + done.error().text);
  return {};
}

IpAddress last_of(Prefix const& prefix) {
  auto last = prefix.ip;
  for (std::size_t bit = prefix.length; bit < last.size() * 8; ++bit)
    last.bytes[bit / 8] = static_cast<std::uint8_t>(last.bytes[bit / 8] | 0x80u >> bit % 8);
  return last;
}

// A network that is neither private nor a group leads outside, connected or routed.
bool leads_outside(Prefix const& prefix) {
  auto const last = last_of(prefix);
  auto const is_inside = is_private(prefix.ip) && is_private(last);
  auto const is_group = is_multicast(prefix.ip) && is_multicast(last);
  return !is_inside && !is_group;
}

struct SeenRoute {
  Prefix destination;
  std::uint32_t metric = 0;
  std::vector<std::uint32_t> devices;
};

std::vector<std::uint32_t> devices_of(Attributes const& attributes) {
  std::vector<std::uint32_t> out;
  if (auto const device = attributes.u32(RTA_OIF)) out.push_back(device);
  auto hops = attributes.find(RTA_MULTIPATH);
  while (hops.size() >= sizeof(rtnexthop)) {
    rtnexthop hop{};
    std::memcpy(&hop, hops.data(), sizeof hop);
    if (hop.rtnh_len < sizeof hop || hop.rtnh_len > hops.size()) break;
    out.push_back(static_cast<std::uint32_t>(hop.rtnh_ifindex));
    hops = hops.subspan(std::min<std::size_t>((hop.rtnh_len + 3u) & ~3u, hops.size()));
  }
  return out;
}

void note_route(plan::Link& link, SeenRoute const& route) {
  if (leads_outside(route.destination)) link.is_uplink = true;
  if (route.destination.length != 0) return;
  (route.destination.ip.is_v4() ? link.has_default_v4 : link.has_default_v6) = true;
}

bool is_table_of_interest(std::uint32_t table, Names const& names) {
  return table != RT_TABLE_LOCAL && table != names.route_table;
}

Result<std::vector<SeenRoute>> read_routes(NetlinkSocket& socket, Names const& names) {
  std::vector<SeenRoute> routes;
  for (auto const family : {AF_INET, AF_INET6}) {
    Message message{RTM_GETROUTE};
    message.header<rtmsg>().rtm_family = static_cast<std::uint8_t>(family);
    auto const done = socket.dump(std::move(message), [&](nlmsghdr const& part) {
      auto const header = header_of<rtmsg>(part);
      Attributes const attributes{attributes_of(part, sizeof header)};
      if (header.rtm_type != RTN_UNICAST || (header.rtm_flags & RTM_F_CLONED)) return;
      if (!is_table_of_interest(attributes.u32(RTA_TABLE, header.rtm_table), names)) return;
      IpAddress const zero{.family = family == AF_INET ? Family::v4 : Family::v6};
      routes.push_back({{address_in(attributes.find(RTA_DST)).value_or(zero), header.rtm_dst_len},
                        attributes.u32(RTA_PRIORITY),
                        devices_of(attributes)});
    });
    if (!done) return fail("the routes of this host cannot be read: " + done.error().text);
  }
  return routes;
}

// What an uplink is stacked on, and the ports of an uplink, are uplinks too.
void spread_uplinks(ByIndex& devices) {
  for (bool has_changed = true; has_changed;) {
    has_changed = false;
    auto const mark = [&](std::uint32_t index) {
      auto const device = devices.find(index);
      if (device == devices.end() || device->second.link.is_uplink) return;
      device->second.link.is_uplink = has_changed = true;
    };
    for (auto const& [index, seen] : devices) {
      if (seen.link.is_uplink) mark(seen.below);
      auto const master = devices.find(seen.master);
      if (master != devices.end() && master->second.link.is_uplink) mark(index);
    }
  }
}

}  // namespace

plan::Medium medium_of(std::string_view name) {
  if (name.starts_with("bnep")) return plan::Medium::bluetooth;
  if (name.starts_with("p2p-")) return plan::Medium::wifi_direct;
  return plan::Medium::other;
}

Result<plan::Links> read_links(Names const& names) {
  auto socket = NetlinkSocket::open(NETLINK_ROUTE);
  if (!socket) return fail_with(socket.error());
  auto devices = read_devices(*socket, names);
  if (!devices) return fail_with(devices.error());
  if (auto const done = read_addresses(*socket, *devices); !done) return fail_with(done.error());
  auto const routes = read_routes(*socket, names);
  if (!routes) return fail_with(routes.error());
  for (auto const& route : *routes)
    for (auto const index : route.devices)
      if (auto const device = devices->find(index); device != devices->end()) note_route(device->second.link, route);
  spread_uplinks(*devices);
  plan::Links links;
  for (auto& [index, seen] : *devices) {
    std::ranges::sort(seen.link.addresses, {}, [](plan::LinkAddress const& a) { return std::pair{a.ip, a.length}; });
    links.links.push_back(std::move(seen.link));
  }
  return links;
}

Result<std::vector<DefaultRoute>> read_default_routes(Names const& names) {
  auto socket = NetlinkSocket::open(NETLINK_ROUTE);
  if (!socket) return fail_with(socket.error());
  auto const routes = read_routes(*socket, names);
  if (!routes) return fail_with(routes.error());
  std::vector<DefaultRoute> out;
  for (auto const& route : *routes)
    for (auto const index : route.devices)
      if (route.destination.length == 0) out.push_back({route.destination.ip.family, index, route.metric});
  std::ranges::stable_sort(out, {}, &DefaultRoute::metric);
  return out;
}

Result<LinkMonitor> LinkMonitor::open(Names names) {
  auto socket = NetlinkSocket::open(
      NETLINK_ROUTE, {RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE});
  if (!socket) return fail_with(socket.error());
  return LinkMonitor{std::move(*socket), std::move(names)};
}

bool LinkMonitor::on_readable() {
  bool has_changed = false;
  auto const own = ::if_nametoindex(names_.interface.c_str());
  auto const is_complete = socket_.drain([&](nlmsghdr const& message) {
    switch (message.nlmsg_type) {
      case RTM_NEWLINK:
      case RTM_DELLINK: {
        Attributes const attributes{attributes_of(message, sizeof(ifinfomsg))};
        has_changed |= attributes.text(IFLA_IFNAME) != names_.interface;
        break;
      }
      case RTM_NEWADDR:
      case RTM_DELADDR: has_changed |= own == 0 || header_of<ifaddrmsg>(message).ifa_index != own; break;
      case RTM_NEWROUTE:
      case RTM_DELROUTE: {
        auto const header = header_of<rtmsg>(message);
        Attributes const attributes{attributes_of(message, sizeof header)};
        has_changed |= is_table_of_interest(attributes.u32(RTA_TABLE, header.rtm_table), names_);
        break;
      }
      default: break;
    }
  });
  return has_changed || !is_complete;
}

}  // namespace pim::linux_edge
