// The nftables tables of each of the three states, and the words they are written with.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "plan/host_plan.hpp"
#include "plan/surroundings.hpp"

namespace pim::plan {

/// Routing on: nothing leaves but through the tunnel.
[[nodiscard]] Table client_table(Input const& input, Names const& names, Surroundings const& around);
/// Routing off, and this host carries its peers' traffic.
[[nodiscard]] Table gateway_table(Input const& input, Names const& names);
/// Routing off: what comes out of the tunnel is looked at, and what would leave beside it with our mesh address.
[[nodiscard]] Table idle_table(Input const& input, Names const& names);

/// Routing on: a neighbour that asks for our hardware address is answered under a strict reverse path check,
/// which looks up its address with the mark of the question.
[[nodiscard]] Table arp_table(Names const& names);

/// What may come out of the tunnel and end at this host, with the counter of what may not.
void add_input_chain(Table& table, Input const& input);
/// Routing off: a connection that this host began inside the tunnel ends there, rather than go on outside with our
/// mesh address.
void add_own_chain(Table& table, Input const& input);
/// Rules for what did not leave by the tunnel: whose answers our mesh address awaits was begun inside it, by whatever
/// source. Needs the chain `refuse`.
[[nodiscard]] std::vector<std::string> refuse_begun_in_tunnel(Input const& input);
/// TCP gets a reset and others an ICMP error, so that programs fail at once.
[[nodiscard]] Chain refuse_chain();
/// TCP learns the tunnel's size in both directions; `forwarded` flows never see the tunnel's own MTU.
[[nodiscard]] Chain mss_chain(Input const& input);

[[nodiscard]] std::string quoted(std::string_view name);
/// `{ a, b }`
[[nodiscard]] std::string braces(std::vector<std::string> const& items);
/// The members of one family as text.
[[nodiscard]] std::vector<std::string> texts(std::vector<Prefix> const& prefixes, Family family);
[[nodiscard]] std::vector<std::string> texts(std::vector<IpAddress> const& addresses, Family family);

/// Every TCP and UDP packet towards a DNS port.
inline constexpr std::string_view dns_port = "meta l4proto { tcp, udp } th dport 53 ";

}  // namespace pim::plan
