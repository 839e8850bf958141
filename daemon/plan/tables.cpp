#include "plan/tables.hpp"

#include <algorithm>

namespace pim::plan {

std::string quoted(std::string_view name) { return '"' + std::string{name} + '"'; }

std::string braces(std::vector<std::string> const& items) {
  std::string out = "{ ";
  for (auto const& item : items) out += (&item == items.data() ? "" : ", ") + item;
  return out + " }";
}

std::vector<std::string> texts(std::vector<Prefix> const& prefixes, Family family) {
  std::vector<std::string> out;
  for (auto const& prefix : prefixes)
    if (prefix.ip.family == family) out.push_back(to_string(prefix));
  return out;
}

std::vector<std::string> texts(std::vector<IpAddress> const& addresses, Family family) {
  std::vector<std::string> out;
  for (auto const& address : addresses)
    if (address.family == family) out.push_back(to_string(address));
  std::ranges::sort(out);
  out.erase(std::ranges::unique(out).begin(), out.end());
  return out;
}

namespace {

Chain input_chain(Input const& input) {
  Chain chain{"in", "type filter hook input priority 10; policy accept;", {}};
  auto& rules = chain.rules;
  rules.push_back("iifname != " + quoted(input.interface) + " return");
  // A session inside the tunnel would carry itself.
  rules.push_back("udp dport " + braces({std::to_string(input.listen_port), std::to_string(input.discovery_port)}) +
                  " drop");
  rules.emplace_back("ct state established,related accept");
  rules.emplace_back("icmp type echo-request accept");
  rules.emplace_back("icmpv6 type echo-request accept");
  if (input.accept_inbound == AcceptInbound::all) {
    rules.push_back("ip saddr " + to_string(input.mesh_v4) + " accept");
    rules.push_back("ip6 saddr " + to_string(input.mesh_v6) + " accept");
  }
  if (input.accept_inbound == AcceptInbound::paired) {
    auto const v4 = texts(input.admitted, Family::v4);
    auto const v6 = texts(input.admitted, Family::v6);
    if (!v4.empty()) rules.push_back("ip saddr " + braces(v4) + " accept");
    if (!v6.empty()) rules.push_back("ip6 saddr " + braces(v6) + " accept");
  }
  rules.push_back("counter name " + std::string{inbound_counter} + " drop");
  return chain;
}

}  // namespace

void add_input_chain(Table& table, Input const& input) {
  table.objects.push_back("counter " + std::string{inbound_counter} + " {}");
  table.chains.push_back(input_chain(input));
}

// Containers may talk to our mesh address, and are answered by their own device. What conntrack does not know has no
// direction, and is refused.
void add_own_chain(Table& table, Input const& input) {
  auto const elsewhere = "oifname != " + braces({"\"lo\"", quoted(input.interface)}) + " ";
  table.chains.push_back(refuse_chain());
  table.chains.push_back({"beside", "", {"ct direction reply accept", "goto refuse"}});
  Chain own{"own", "type filter hook output priority 10; policy accept;", {}};
  own.rules = {"ip saddr " + to_string(input.own_v4) + " " + elsewhere + "goto beside",
               "ip6 saddr " + to_string(input.own_v6) + " " + elsewhere + "goto beside"};
  for (auto const& rule : refuse_begun_in_tunnel(input)) own.rules.push_back(elsewhere + rule);
  table.chains.push_back(std::move(own));
}

std::vector<std::string> refuse_begun_in_tunnel(Input const& input) {
  return {"ct direction original ct reply ip daddr " + to_string(input.own_v4) + " goto refuse",
          "ct direction original ct reply ip6 daddr " + to_string(input.own_v6) + " goto refuse"};
}

Chain refuse_chain() {
  return {"refuse", "", {"meta l4proto tcp reject with tcp reset", "reject with icmpx admin-prohibited"}};
}

Chain mss_chain(Input const& input) {
  Chain chain{"mss", "type filter hook forward priority mangle; policy accept;", {}};
  auto const tunnel = quoted(input.interface);
  std::string const syn = " tcp flags syn / syn,rst tcp option maxseg size set ";
  chain.rules.push_back("oifname " + tunnel + syn + "rt mtu");
  // The answering side's MSS counts its own link, not the tunnel that its segments go through.
  chain.rules.push_back("iifname " + tunnel + " meta nfproto ipv4" + syn + std::to_string(input.mtu - 40));
  chain.rules.push_back("iifname " + tunnel + " meta nfproto ipv6" + syn + std::to_string(input.mtu - 60));
  return chain;
}

Table idle_table(Input const& input, Names const& names) {
  Table table;
  auto const tunnel = quoted(names.interface);
  add_input_chain(table, input);
  add_own_chain(table, input);
  // A host that forwards for other reasons is not thereby a way into or out of the mesh.
  Chain forward{"fwd_all",
                "type filter hook forward priority 10; policy accept;",
                {"iifname " + tunnel + " drop", "oifname " + tunnel + " drop"}};
  for (auto& rule : refuse_begun_in_tunnel(input)) forward.rules.push_back(std::move(rule));
  table.chains.push_back(std::move(forward));
  return table;
}

Table arp_table(Names const& names) {
  Table table{.family = "arp"};
  table.chains.push_back({"in",
                          "type filter hook input priority filter; policy accept;",
                          {"iifname != " + quoted(names.interface) + " meta mark set " + std::to_string(names.mark)}});
  return table;
}

namespace {

void append(std::string& text, Names const& names, Table const& table) {
  // "table X {}" makes the deletion valid where there was none.
  auto const name = "table " + table.family + " " + names.nft_table;
  text += name + " {}\ndelete " + name + "\n";
  text += name + " {\n";
  for (auto const& object : table.objects) text += "  " + object + "\n";
  for (auto const& chain : table.chains) {
    text += "  chain " + chain.name + " {\n";
    if (!chain.hook.empty()) text += "    " + chain.hook + "\n";
    for (auto const& rule : chain.rules) text += "    " + rule + "\n";
    text += "  }\n";
  }
  text += "}\n";
}

}  // namespace

std::string to_nft(HostPlan const& plan) {
  std::string text;
  for (auto const& table : plan.tables) append(text, plan.names, table);
  return text;
}

}  // namespace pim::plan
