#include "linux/rtnl.hpp"

#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include <cerrno>

namespace pim::linux_edge {
namespace {

using plan::LinkAddress;
using plan::Names;
using plan::Route;
using plan::RouteKind;
using plan::Rule;
using plan::RuleAction;

// The kernel's default for an IPv6 route that names no metric.
constexpr std::uint32_t default_metric_v6 = 1024;

std::uint8_t number_of(Family family) { return family == Family::v4 ? AF_INET : AF_INET6; }
Family family_of(std::uint8_t number) { return number == AF_INET ? Family::v4 : Family::v6; }

Buffer copy_of(nlmsghdr const& message) {
  auto const* bytes = reinterpret_cast<std::uint8_t const*>(&message);
  return {bytes, bytes + message.nlmsg_len};
}

Message deletion_of(Buffer const& found, std::uint16_t type) {
  return {*reinterpret_cast<nlmsghdr const*>(found.data()), type};
}

std::optional<Rule> rule_in(fib_rule_hdr const& header, Attributes const& attributes) {
  Rule rule{.family = family_of(header.family), .preference = attributes.u32(FRA_PRIORITY)};
  rule.mark = attributes.u32(FRA_FWMARK);
  rule.from_interface = attributes.text(FRA_IIFNAME);
  auto const is_plain = header.src_len == 0 && header.dst_len == 0 && !(header.flags & FIB_RULE_INVERT) &&
                        !attributes.has(FRA_OIFNAME) && (rule.mark == 0 || attributes.u32(FRA_FWMASK) == 0xffffffff);
  if (!is_plain) return std::nullopt;
  switch (header.action) {
    case FR_ACT_NOP: rule.action = RuleAction::nothing; return rule;
    case FR_ACT_TO_TBL:
      rule.action = RuleAction::lookup;
      rule.target = attributes.u32(FRA_TABLE, header.table);
      return rule;
    case FR_ACT_GOTO:
      if (header.flags & FIB_RULE_UNRESOLVED) return std::nullopt;
      rule.action = RuleAction::skip_to;
      rule.target = attributes.u32(FRA_GOTO);
      return rule;
    default: return std::nullopt;
  }
}

bool is_preference_of(Names const& names, std::uint32_t preference) {
  return preference == names.pref_gateway || preference == names.pref_mark || preference == names.pref_table ||
         preference == names.pref_end;
}

Message rule_message(Names const& names, Rule const& rule) {
  Message message{RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL};
  auto& header = message.header<fib_rule_hdr>();
  header.family = number_of(rule.family);
  switch (rule.action) {
    case RuleAction::lookup: header.action = FR_ACT_TO_TBL; break;
    case RuleAction::skip_to: header.action = FR_ACT_GOTO; break;
    case RuleAction::nothing: header.action = FR_ACT_NOP; break;
  }
  message.put_u32(FRA_PRIORITY, rule.preference).put_u8(FRA_PROTOCOL, names.protocol);
  if (rule.mark) message.put_u32(FRA_FWMARK, rule.mark).put_u32(FRA_FWMASK, 0xffffffff);
  if (!rule.from_interface.empty()) message.put_text(FRA_IIFNAME, rule.from_interface);
  if (rule.action == RuleAction::lookup) message.put_u32(FRA_TABLE, rule.target);
  if (rule.action == RuleAction::skip_to) message.put_u32(FRA_GOTO, rule.target);
  return message;
}

std::optional<RouteKind> kind_in(rtmsg const& header, Attributes const& attributes, std::uint32_t tunnel) {
  if (header.rtm_type == RTN_UNREACHABLE) return RouteKind::unreachable;
  if (header.rtm_type == RTN_THROW) return RouteKind::throw_out;
  auto const is_into_tunnel = header.rtm_type == RTN_UNICAST && header.rtm_scope == RT_SCOPE_UNIVERSE && tunnel != 0 &&
                              attributes.u32(RTA_OIF) == tunnel && !attributes.has(RTA_GATEWAY) &&
                              !attributes.has(RTA_VIA) && !attributes.has(RTA_MULTIPATH);
  if (is_into_tunnel && !(header.rtm_flags & RTNH_F_DEAD)) return RouteKind::into_tunnel;
  return std::nullopt;
}

std::optional<Route> route_in(rtmsg const& header, Attributes const& attributes, std::uint32_t tunnel) {
  auto const kind = kind_in(header, attributes, tunnel);
  if (!kind || header.rtm_src_len != 0 || header.rtm_tos != 0) return std::nullopt;
  Route route{.kind = *kind};
  IpAddress zero{.family = family_of(header.rtm_family)};
  route.destination = {address_in(attributes.find(RTA_DST)).value_or(zero), header.rtm_dst_len};
  route.metric = attributes.u32(RTA_PRIORITY);
  if (header.rtm_family == AF_INET6 && route.metric == default_metric_v6) route.metric = 0;
  route.source = address_in(attributes.find(RTA_PREFSRC));
  return route;
}

Message route_message(Names const& names, Route const& route, std::uint32_t tunnel) {
  Message message{RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE};
  auto& header = message.header<rtmsg>();
  header.rtm_family = number_of(route.destination.ip.family);
  header.rtm_dst_len = route.destination.length;
  header.rtm_protocol = names.protocol;
  // Scope link, the default of a device route, would resolve a router that is added later onto the tunnel.
  header.rtm_scope = RT_SCOPE_UNIVERSE;
  switch (route.kind) {
    case RouteKind::into_tunnel: header.rtm_type = RTN_UNICAST; break;
    case RouteKind::unreachable: header.rtm_type = RTN_UNREACHABLE; break;
    case RouteKind::throw_out: header.rtm_type = RTN_THROW; break;
  }
  message.put_u32(RTA_TABLE, names.route_table);
  message.put(RTA_DST, route.destination.ip.view());
  if (route.metric) message.put_u32(RTA_PRIORITY, route.metric);
  if (route.source) message.put(RTA_PREFSRC, route.source->view());
  if (route.kind == RouteKind::into_tunnel) message.put_u32(RTA_OIF, tunnel);
  return message;
}

Message address_message(std::uint16_t type, std::uint16_t flags, std::uint32_t index, LinkAddress const& address) {
  Message message{type, flags};
  auto& header = message.header<ifaddrmsg>();
  header.ifa_family = number_of(address.ip.family);
  header.ifa_prefixlen = address.length;
  header.ifa_index = index;
  message.put(IFA_LOCAL, address.ip.view()).put(IFA_ADDRESS, address.ip.view());
  return message;
}

}  // namespace

std::optional<IpAddress> address_in(Bytes attribute) {
  if (attribute.size() != 4 && attribute.size() != 16) return std::nullopt;
  return IpAddress::from_bytes(attribute);
}

Result<std::vector<Found<Rule>>, NetlinkError> Rtnl::rules(Names const& names) {
  std::vector<Found<Rule>> found;
  for (auto const family : {Family::v4, Family::v6}) {
    Message message{RTM_GETRULE};
    message.header<fib_rule_hdr>().family = number_of(family);
    auto const done = socket_.dump(std::move(message), [&](nlmsghdr const& part) {
      auto const header = header_of<fib_rule_hdr>(part);
      Attributes const attributes{attributes_of(part, sizeof header)};
      if (!is_preference_of(names, attributes.u32(FRA_PRIORITY))) return;
      found.push_back({rule_in(header, attributes), attributes.u8(FRA_PROTOCOL) == names.protocol, copy_of(part)});
    });
    if (!done && done.error().code != EAFNOSUPPORT && done.error().code != EOPNOTSUPP) return fail_with(done.error());
  }
  return found;
}

Rtnl::Done Rtnl::add(Names const& names, Rule const& rule) {
  auto done = socket_.request(rule_message(names, rule));
  if (!done && done.error().code == EEXIST) return {};
  return done;
}

Rtnl::Done Rtnl::remove(Found<Rule> const& rule) {
  auto done = socket_.request(deletion_of(rule.message, RTM_DELRULE));
  if (!done && done.error().code == ENOENT) return {};
  return done;
}

Result<std::vector<Found<Route>>, NetlinkError> Rtnl::routes(Names const& names, std::uint32_t tunnel) {
  std::vector<Found<Route>> found;
  for (auto const family : {Family::v4, Family::v6}) {
    Message message{RTM_GETROUTE};
    message.header<rtmsg>().rtm_family = number_of(family);
    message.put_u32(RTA_TABLE, names.route_table);
    auto const done = socket_.dump(std::move(message), [&](nlmsghdr const& part) {
      auto const header = header_of<rtmsg>(part);
      Attributes const attributes{attributes_of(part, sizeof header)};
      // A kernel that does not filter dumps by table sends every one.
      if (attributes.u32(RTA_TABLE, header.rtm_table) != names.route_table) return;
      found.push_back({route_in(header, attributes, tunnel), header.rtm_protocol == names.protocol, copy_of(part)});
    });
    // A table that never held a route does not exist.
    if (!done && done.error().code != ENOENT && done.error().code != EAFNOSUPPORT && done.error().code != EOPNOTSUPP)
      return fail_with(done.error());
  }
  return found;
}

Rtnl::Done Rtnl::put(Names const& names, Route const& route, std::uint32_t tunnel) {
  return socket_.request(route_message(names, route, tunnel));
}

Rtnl::Done Rtnl::remove(Found<Route> const& route) {
  auto done = socket_.request(deletion_of(route.message, RTM_DELROUTE));
  if (!done && (done.error().code == ESRCH || done.error().code == ENOENT)) return {};
  return done;
}

Result<std::optional<FoundLink>, NetlinkError> Rtnl::link(std::string const& name) {
  std::optional<FoundLink> found;
  auto const index = ::if_nametoindex(name.c_str());
  if (index == 0) return found;
  Message message{RTM_GETLINK};
  message.header<ifinfomsg>().ifi_index = static_cast<int>(index);
  auto const done = socket_.request(std::move(message), [&](nlmsghdr const& part) {
    auto const header = header_of<ifinfomsg>(part);
    Attributes const attributes{attributes_of(part, sizeof header)};
    found = FoundLink{.index = static_cast<std::uint32_t>(header.ifi_index),
                      .is_up = (header.ifi_flags & IFF_UP) != 0,
                      .is_tun = Attributes{attributes.find(IFLA_LINKINFO)}.text(IFLA_INFO_KIND) == "tun",
                      .mtu = attributes.u32(IFLA_MTU),
                      .gso_max_size = attributes.u32(IFLA_GSO_MAX_SIZE),
                      .queue_length = attributes.u32(IFLA_TXQLEN)};
  });
  if (!done && done.error().code != ENODEV) return fail_with(done.error());
  return found;
}

Rtnl::Done Rtnl::bring_up(std::uint32_t index, plan::InterfacePlan const& wanted) {
  Message message{RTM_NEWLINK};
  auto& header = message.header<ifinfomsg>();
  header.ifi_index = static_cast<int>(index);
  header.ifi_flags = IFF_UP;
  header.ifi_change = IFF_UP;
  message.put_u32(IFLA_MTU, wanted.mtu)
      .put_u32(IFLA_GSO_MAX_SIZE, wanted.gso_max_size)
      .put_u32(IFLA_TXQLEN, wanted.queue_length);
  return socket_.request(std::move(message));
}

Rtnl::Done Rtnl::delete_link(std::uint32_t index) {
  Message message{RTM_DELLINK};
  message.header<ifinfomsg>().ifi_index = static_cast<int>(index);
  auto done = socket_.request(std::move(message));
  if (!done && done.error().code == ENODEV) return {};
  return done;
}

Result<std::vector<LinkAddress>, NetlinkError> Rtnl::addresses(std::uint32_t index) {
  std::vector<LinkAddress> found;
  for (auto const family : {Family::v4, Family::v6}) {
    Message message{RTM_GETADDR};
    auto& header = message.header<ifaddrmsg>();
    header.ifa_family = number_of(family);
    header.ifa_index = index;
    auto const done = socket_.dump(std::move(message), [&](nlmsghdr const& part) {
      auto const entry = header_of<ifaddrmsg>(part);
      Attributes const attributes{attributes_of(part, sizeof entry)};
      auto const local = attributes.find(IFA_LOCAL);
      auto const ip = address_in(local.empty() ? attributes.find(IFA_ADDRESS) : local);
      if (entry.ifa_index == index && ip) found.push_back({*ip, entry.ifa_prefixlen});
    });
    if (!done && done.error().code != EAFNOSUPPORT && done.error().code != EOPNOTSUPP && done.error().code != ENODEV)
      return fail_with(done.error());
  }
  return found;
}

Rtnl::Done Rtnl::add_address(std::uint32_t index, LinkAddress const& address) {
  auto message = address_message(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, index, address);
  message.put_u32(IFA_FLAGS, IFA_F_NODAD | IFA_F_NOPREFIXROUTE);
  return socket_.request(std::move(message));
}

Rtnl::Done Rtnl::delete_address(std::uint32_t index, LinkAddress const& address) {
  auto done = socket_.request(address_message(RTM_DELADDR, 0, index, address));
  if (!done && (done.error().code == EADDRNOTAVAIL || done.error().code == ENODEV)) return {};
  return done;
}

}  // namespace pim::linux_edge
