// Routes through the mesh, the gateways that are named and those that only offer.
#pragma once

#include "protocol/types/common.hpp"

namespace pim::protocol {

struct RouteEntry {
  std::string destination;
  std::string via;
  std::uint32_t hops = 1;
  std::string learned_from;
  bool is_gateway = false;
  std::uint8_t load = 0;
  std::uint64_t age_s = 0;
  std::uint32_t metric = 0;
  bool feasible = true;
  bool doubted = false;
  bool selected = false;
  bool operator==(RouteEntry const&) const = default;
};
PIM_STRUCT(RouteEntry, "One way to one node.",  //
           (destination, "node_id"), (via, "node_id of the next hop"), (hops, "1 is direct"),
           (learned_from, "node_id of the neighbour that announced it"),
           (is_gateway, "the destination offers internet and the user named it"),
           (load, "of a gateway, 0 idle to 255 full"),
           (age_s, "since the neighbour last said it; what stays as it is is not said again"),
           (metric, "cost; lower is better"), (feasible, "may be used without risk of a loop (RFC 8966)"),
           (doubted, "avoided for a while: what went there this way was not answered"), (selected, "in use"))

struct ScoreParts {
  std::uint32_t order = 0;
  Nullable<std::uint32_t> priority;
  Nullable<bool> v4, v6;
  Nullable<std::uint32_t> metric;
  Nullable<std::uint8_t> load;
  Nullable<std::uint64_t> usable_s;
  bool operator==(ScoreParts const&) const = default;
};
PIM_STRUCT(ScoreParts, "What a gateway is judged by, the gravest first; null where not known.",  //
           (order, "place in routing.gateways, 0 the first; those outside share the last"),
           (priority, "as offered; lower is preferred"), (v4, "as offered: it carries IPv4"),
           (v6, "as offered: it carries IPv6"), (metric, "of the way to it; lower is better"),
           (load, "of the connections that it admits, 0 none to 255 all in use; told when it moved by a tenth"),
           (usable_s, "for how long it has been usable: a better one than that in use has to last first"))

struct KnownGateway {
  std::string node_id;
  std::string via;
  std::uint32_t hops = 1;
  double score = 0;
  ScoreParts score_parts;
  bool selected = false;
  std::uint32_t priority = 0;
  Nullable<double> latency_ms;
  std::uint8_t load = 0;
  bool healthy = false;
  Nullable<std::string> reason;
  bool operator==(KnownGateway const&) const = default;
};
PIM_STRUCT(KnownGateway, "A node that offers internet.",  //
           (node_id, "who"), (via, "node_id of the next hop; empty while unreachable"), (hops, "1 is direct"),
           (score,
            "lower is better: by order, then priority, then families that it lacks, then metric and load (in percent) "
            "added; decimal places keep them apart, and the worst stands for what is not known"),
           (score_parts, "what the score is made of"), (selected, "in use"),
           (priority, "as offered; lower is preferred"), (latency_ms, "round trip"), (load, "0 idle to 255 full"),
           (healthy, "usable now"), (reason, "why it is in use, or is not"))

struct RouteTable {
  std::vector<RouteEntry> routes;
  std::vector<KnownGateway> gateways;
  std::vector<KnownGateway> offers;
  bool operator==(RouteTable const&) const = default;
};
PIM_STRUCT(RouteTable, "Everything that routing knows.",  //
           (routes, "ways to nodes"),
           (gateways, "named by the user, in the order in which they would be taken, the one in use first"),
           (offers, "heard, not named"))

struct RouteTableParams {};
PIM_EMPTY_STRUCT(RouteTableParams, "Nothing.")

PIM_ENUM(RouteCourse, "Where a packet goes.",  //
         (to_self, "it is for this node"), (direct, "straight to the node that it is for"),
         (relayed, "through neighbours to the node that it is for"),
         (through_gateway, "sealed to the gateway in use, and from there into the internet"),
         (blocked, "nowhere: internet is blocked"), (as_before, "as if pim were not there"),
         (unreachable, "nowhere: no way is known"))

struct RouteExplainParams {
  std::string target;
};
PIM_STRUCT(RouteExplainParams, "Whereto.", (target, "an IP address, or a node by id or unique prefix"))

struct RouteExplanation {
  std::string target;
  RouteCourse course = RouteCourse::unreachable;
  Nullable<std::string> node_id;
  Nullable<std::string> via;
  std::uint32_t hops = 0;
  std::uint32_t metric = 0;
  Nullable<std::string> reason;
  bool operator==(RouteExplanation const&) const = default;
};
PIM_STRUCT(RouteExplanation, "The way to one target.",  //
           (target, "as asked"), (course, "where it goes"), (node_id, "the node that it is sealed for"),
           (via, "node_id of the next hop"), (hops, "1 is direct; 0 where it does not enter the mesh"),
           (metric, "cost; lower is better"), (reason, "why, where that is not plain"))

struct RouteSetSplitDefaultParams {
  bool on = false;
};
PIM_STRUCT(RouteSetSplitDefaultParams, "The user's wish.",  //
           (on, "true: internet goes through the mesh or not at all; false: it goes as before"))

struct RouteSetSplitDefaultResult {
  bool on = false;
  Nullable<std::string> via_gateway_id;
  bool operator==(RouteSetSplitDefaultResult const&) const = default;
};
PIM_STRUCT(RouteSetSplitDefaultResult, "What is in force now.",  //
           (on, "split-default routing is in force"),
           (via_gateway_id, "the gateway in use; null while internet is blocked or routing is off"))

struct GatewaysAllowParams {
  std::string node_id;
};
PIM_STRUCT(GatewaysAllowParams, "Whom to use as a gateway.", (node_id, "the peer, by id or unique prefix"))

struct GatewaysDisallowParams {
  std::string node_id;
};
PIM_STRUCT(GatewaysDisallowParams, "Whom not to use any more.", (node_id, "the peer, by id or unique prefix"))

struct GatewayConsent {
  std::string node_id;
  bool allowed = false;
  bool operator==(GatewayConsent const&) const = default;
};
PIM_STRUCT(GatewayConsent, "What is now recorded.",  //
           (node_id, "the whole id"), (allowed, "the node may be used as a gateway"))

}  // namespace pim::protocol
