#include <doctest/doctest.h>

#include "example.hpp"

using namespace pim;
using namespace pim::plan;
using namespace example;

namespace {

std::string const mark = "1885957424";  // 0x70696d30

bool any_rule_with(Chain const& chain, std::string_view part) {
  return std::ranges::any_of(chain.rules,
                             [&](std::string const& rule) { return rule.find(part) != std::string::npos; });
}

}  // namespace

TEST_CASE("the text is one transaction that replaces whole tables") {
  auto const text = text_of(make_plan(armed_laptop()));
  CHECK(text.starts_with("table inet pim0 {}\ndelete table inet pim0\ntable inet pim0 {\n"));
  CHECK(text.ends_with("  }\n}\n"));
  // A kernel without the family must still be able to do without routing.
  CHECK(text.find("table arp pim0 {\n") != std::string::npos);
  CHECK(text_of(make_plan(laptop())).find("arp") == std::string::npos);
}

TEST_CASE("armed, output and forwarding are closed unless a rule opens them") {
  auto const plan = make_plan(armed_laptop());
  CHECK(chain_of(plan, "out").hook == "type filter hook output priority 10; policy drop;");
  CHECK(chain_of(plan, "fwd_all").hook == "type filter hook forward priority 10; policy drop;");
  CHECK(chain_of(plan, "out").rules.back() == "counter name blocked goto refuse");
  CHECK(chain_of(plan, "fwd_all").rules.back() == "counter name blocked goto refuse");
}

TEST_CASE("the daemon's datagrams pass by mark and source port together") {
  auto const out = chain_of(make_plan(armed_laptop()), "out");
  CHECK(has_rule(out, "meta mark " + mark + " udp sport { 9100, 9101 } ct mark set " + mark + " accept"));
  CHECK(has_rule(out, "oifname \"pim0\" meta mark " + mark + " drop"));
  for (auto const& rule : out.rules)
    if (rule.find("meta mark " + mark) != std::string::npos && rule.ends_with("accept"))
      CHECK((rule.find("udp sport") != std::string::npos || rule.find("th dport 53") != std::string::npos));
}

TEST_CASE("marked DNS reaches the uplink's resolvers and nobody else") {
  auto input = armed_laptop();
  auto const out = chain_of(make_plan(input), "out");
  CHECK(has_rule(out, "meta mark " + mark +
                          " ip daddr { 192.168.1.1 } meta l4proto { tcp, udp } th dport 53 ct mark set " + mark +
                          " accept"));
  CHECK(any_rule_with(out, "ip6 daddr { 2001:db8::53 } meta l4proto"));
  input.resolvers.clear();
  CHECK_FALSE(any_rule_with(chain_of(make_plan(input), "out"), "th dport 53 ct mark"));
}

TEST_CASE("allow_lan opens prefixes at their own device only") {
  auto input = armed_laptop();
  auto const lan = chain_of(make_plan(input), "lan");
  CHECK(has_rule(lan, "oifname \"up0\" ip daddr { 192.168.1.0/24 } accept"));
  CHECK(has_rule(lan, "oifname \"up0\" ip6 daddr { fd12::/64 } accept"));
  CHECK(has_rule(lan, "oifname \"docker0\" ip daddr { 172.17.0.0/16 } accept"));
  CHECK(has_rule(lan, "oifname { \"up0\", \"docker0\" } ip daddr 255.255.255.255 accept"));
  input.allow_lan = false;
  CHECK(chain_of(make_plan(input), "lan").rules.empty());
}

TEST_CASE("a device with nested private prefixes names the outer one alone") {
  auto input = armed_laptop();
  input.links.links[0].addresses = {{ip("10.0.0.1"), 8}, {ip("10.1.0.1"), 16}, {ip("10.0.0.2"), 8}};
  CHECK(has_rule(chain_of(make_plan(input), "lan"), "oifname \"up0\" ip daddr { 10.0.0.0/8 } accept"));
}

TEST_CASE("forwarding inside is open by device, and from the tunnel only for answers") {
  auto const forward = chain_of(make_plan(armed_laptop()), "fwd_all");
  CHECK(forward.rules[0] == "iifname \"pim0\" oifname { \"docker0\" } ct state established,related accept");
  CHECK(forward.rules[1] == "iifname \"pim0\" drop");
  CHECK(has_rule(forward, "oifname \"docker0\" ip daddr { 172.17.0.0/16 } accept"));
  CHECK_FALSE(any_rule_with(forward, "\"up0\""));
}

TEST_CASE("armed, what comes out of the tunnel has a source that the routes send into it, whatever the LAN is") {
  auto input = armed_laptop();
  auto const way_back = chain_of(make_plan(input), "way_back");
  CHECK(way_back.hook == "type filter hook prerouting priority raw; policy accept;");
  CHECK(has_rule(way_back, "iifname \"pim0\" fib saddr oifname != \"pim0\" counter name wrong_way drop"));
  input.allow_lan = false;
  CHECK(chain_of(make_plan(input), "way_back") == way_back);
}

TEST_CASE("without redirection DNS still never leaves outside the tunnel") {
  auto input = armed_laptop();
  input.dns = false;
  auto const plan = make_plan(input);
  CHECK(chain_of(plan, "nat_out").rules.empty());
  CHECK(text_of(plan).find("dnat") == std::string::npos);
  CHECK(has_rule(chain_of(plan, "out"), "meta l4proto { tcp, udp } th dport 53 counter name dns_refused goto refuse"));
  CHECK(has_rule(chain_of(plan, "fwd_all"),
                 "meta l4proto { tcp, udp } th dport 53 counter name dns_refused goto refuse"));
}

TEST_CASE("inbound admission follows accept_inbound") {
  auto input = laptop();
  input.admitted = {ip("fd77:1:2::9"), ip("10.77.0.9"), ip("10.77.0.8"), ip("10.77.0.9")};
  auto const paired = chain_of(make_plan(input), "in");
  CHECK(has_rule(paired, "ip saddr { 10.77.0.8, 10.77.0.9 } accept"));
  CHECK(has_rule(paired, "ip6 saddr { fd77:1:2::9 } accept"));

  input.accept_inbound = AcceptInbound::none;
  CHECK_FALSE(any_rule_with(chain_of(make_plan(input), "in"), "saddr"));
  input.accept_inbound = AcceptInbound::all;
  CHECK(has_rule(chain_of(make_plan(input), "in"), "ip saddr 10.77.0.0/16 accept"));
}

TEST_CASE("every state ends inbound with a counted drop and never lets the daemon's ports be reached from inside") {
  for (auto const& input : {laptop(), armed_laptop(), gateway()}) {
    auto const in = chain_of(make_plan(input), "in");
    CHECK(in.rules.back() == "counter name refused_inbound drop");
    CHECK(text_of(make_plan(input)).find("counter refused_inbound {}") != std::string::npos);
    CHECK(in.rules[1] == "udp dport { 9100, 9101 } drop");
  }
}

TEST_CASE("a gateway refuses private destinations unless they are opened, and the dangerous ones always") {
  auto input = gateway();
  auto const closed = chain_of(make_plan(input), "from_mesh");
  CHECK(any_rule_with(closed, "192.168.0.0/16"));
  CHECK(any_rule_with(closed, "fc00::/7"));
  input.gateway->allow_private = true;
  auto const open = chain_of(make_plan(input), "from_mesh");
  CHECK_FALSE(any_rule_with(open, "192.168.0.0/16"));
  CHECK_FALSE(any_rule_with(open, "fc00::/7"));
  for (auto const* always : {"169.254.0.0/16", "127.0.0.0/8", "224.0.0.0/3", "fe80::/10", "::ffff:0:0/96"})
    CHECK(any_rule_with(open, always));
}

TEST_CASE("a gateway without an upstream for a family redirects none of it") {
  auto input = gateway();
  input.gateway->upstream_v6.reset();
  auto const plan = make_plan(input);
  CHECK(chain_of(plan, "nat_pre").rules.size() == 1);
  CHECK(text_of(plan).find("dnat ip6") == std::string::npos);
}

TEST_CASE("a gateway counts what it carries each way, and neither what it refuses nor what ends at it") {
  auto const plan = make_plan(gateway());
  CHECK(chain_of(plan, "admit").rules.back() == "counter name to_internet accept");
  CHECK(has_rule(chain_of(plan, "from_mesh"), "ct state established,related counter name to_internet accept"));
  CHECK(has_rule(chain_of(plan, "fwd_all"),
                 "oifname \"pim0\" ct state established,related counter name from_internet accept"));
  auto const text = text_of(plan);
  for (auto const* const counter : {"to_internet", "from_internet"}) {
    CHECK(text.find("counter " + std::string{counter} + " {}") != std::string::npos);
    CHECK(text_of(make_plan(laptop())).find(counter) == std::string::npos);
  }
}

TEST_CASE("one client gets three quarters of a gateway's connections at most") {
  auto const admit = chain_of(make_plan(gateway()), "admit");
  CHECK(any_rule_with(admit, "ip saddr ct count over 75"));
  CHECK(any_rule_with(admit, "ct state new ct count over 100"));
  auto input = gateway();
  input.gateway->max_connections = 0;
  CHECK(any_rule_with(chain_of(make_plan(input), "admit"), "ip saddr ct count over 1 }"));
}

TEST_CASE("routing off, what was begun inside the tunnel is refused outside it, and armed the block does that") {
  for (auto const& input : {laptop(), gateway()}) {
    auto const plan = make_plan(input);
    auto const own = chain_of(plan, "own");
    CHECK(own.hook == "type filter hook output priority 10; policy accept;");
    std::string const elsewhere = "oifname != { \"lo\", \"pim0\" } ";
    auto const v4 = to_string(input.own_v4), v6 = to_string(input.own_v6);
    CHECK(has_rule(own, "ip saddr " + v4 + " " + elsewhere + "goto beside"));
    CHECK(has_rule(own, "ip6 saddr " + v6 + " " + elsewhere + "goto beside"));
    auto const forward = chain_of(plan, "fwd_all");
    REQUIRE(forward.rules.size() >= 2);
    std::vector<std::string> const begun{"ct direction original ct reply ip daddr " + v4 + " goto refuse",
                                         "ct direction original ct reply ip6 daddr " + v6 + " goto refuse"};
    for (auto const& rule : begun) CHECK(has_rule(own, elsewhere + rule));
    // Behind the rules that end what comes out of the tunnel and what goes into it.
    CHECK(std::vector(forward.rules.end() - 2, forward.rules.end()) == begun);
    CHECK(chain_of(plan, "beside").rules == std::vector<std::string>{"ct direction reply accept", "goto refuse"});
    CHECK(chain_of(plan, "refuse").rules.size() == 2);
  }
  CHECK(text_of(make_plan(armed_laptop())).find("chain own") == std::string::npos);
}

TEST_CASE("an idle host forwards nothing between the mesh and anything else") {
  auto const forward = chain_of(make_plan(laptop()), "fwd_all").rules;
  REQUIRE(forward.size() >= 2);
  CHECK(std::vector(forward.begin(), forward.begin() + 2) ==
        std::vector<std::string>{"iifname \"pim0\" drop", "oifname \"pim0\" drop"});
}
