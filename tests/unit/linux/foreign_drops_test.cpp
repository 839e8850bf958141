#include "linux/foreign_drops.hpp"

#include <doctest/doctest.h>

using namespace pim;
using namespace pim::linux_edge;

namespace {

plan::Names const names = plan::make_names("pim0");

std::string chain(std::string const& family, std::string const& table, std::string const& name,
                  std::string const& policy, std::string const& hook = "forward") {
  return R"({"chain":{"family":")" + family + R"(","table":")" + table + R"(","name":")" + name +
         R"(","handle":1,"type":"filter","hook":")" + hook + R"(","prio":0,"policy":")" + policy + R"("}})";
}
std::string plain_chain(std::string const& table, std::string const& name) {
  return R"({"chain":{"family":"ip","table":")" + table + R"(","name":")" + name + R"(","handle":2}})";
}
std::string rule(std::string const& family, std::string const& table, std::string const& name,
                 std::string const& expr) {
  return R"({"rule":{"family":")" + family + R"(","table":")" + table + R"(","chain":")" + name +
         R"(","handle":3,"expr":[)" + expr + "]}}";
}
std::string accept(std::string const& key) {
  return R"({"match":{"op":"==","left":{"meta":{"key":")" + key +
         R"("}},"right":"pim0"}},{"counter":{"packets":0,"bytes":0}},{"accept":null})";
}
std::string ruleset(std::vector<std::string> const& entries) {
  std::string text = R"({"nftables":[{"metainfo":{"version":"1.0.6"}})";
  for (auto const& entry : entries) text += "," + entry;
  return text + "]}";
}
std::size_t drops(std::vector<std::string> const& entries) {
  auto const found = find_foreign_drops(ruleset(entries), names);
  REQUIRE(found.ok());
  return found->size();
}

}  // namespace

TEST_CASE("a forward chain that drops what it does not know is found, others are not") {
  CHECK(drops({}) == 0);
  CHECK(drops({chain("ip", "filter", "FORWARD", "drop")}) == 1);
  CHECK(drops({chain("ip", "filter", "FORWARD", "accept")}) == 0);
  CHECK(drops({chain("ip", "filter", "INPUT", "drop", "input")}) == 0);
  CHECK(drops({chain("bridge", "filter", "FORWARD", "drop")}) == 0);
  CHECK(drops({chain("inet", "pim0", "fwd_all", "drop")}) == 0);
}

TEST_CASE("a rule that rejects everything counts as a policy, one with a condition does not") {
  auto const forward = chain("inet", "firewalld", "filter_FORWARD", "accept");
  CHECK(drops({forward, rule("inet", "firewalld", "filter_FORWARD", R"({"reject":{"type":"icmpx"}})")}) == 1);
  CHECK(drops({forward, rule("inet", "firewalld", "filter_FORWARD", R"({"counter":{}},{"drop":null})")}) == 1);
  CHECK(drops({forward, rule("inet", "firewalld", "filter_FORWARD", R"({"match":{}},{"drop":null})")}) == 0);
}

TEST_CASE("both directions of the tunnel must be let through") {
  auto const forward = chain("ip", "filter", "FORWARD", "drop");
  auto const in = rule("ip", "filter", "DOCKER-USER", accept("iifname"));
  auto const out = rule("ip", "filter", "DOCKER-USER", accept("oifname"));
  CHECK(drops({forward, in}) == 1);
  CHECK(drops({forward, in, out}) == 0);
  CHECK(drops({chain("ip6", "filter", "FORWARD", "drop"), in, out}) == 1);
}

TEST_CASE("the fix uses the chain that Docker leaves to others where there is one") {
  auto const docker = find_foreign_drops(
      ruleset({chain("ip", "filter", "FORWARD", "drop"), plain_chain("filter", "DOCKER-USER")}), names);
  REQUIRE(docker->size() == 1);
  CHECK(fix_of(docker->front(), names) ==
        "sudo iptables -I DOCKER-USER -i pim0 -j ACCEPT && sudo iptables -I DOCKER-USER -o pim0 -j ACCEPT");
  auto const plain = find_foreign_drops(ruleset({chain("inet", "fw", "fwd", "drop")}), names);
  CHECK(fix_of(plain->front(), names) ==
        "sudo nft insert rule inet fw fwd iifname pim0 accept && sudo nft insert rule inet fw fwd oifname pim0 accept");
}

TEST_CASE("text that is no ruleset is an error and no verdict") {
  for (auto const* text : {"", "{", "[]", "{}", R"({"nftables":{}})", "null"})
    CHECK_FALSE(find_foreign_drops(text, names).ok());
  CHECK(find_foreign_drops(R"({"nftables":[1,null,{"chain":3},{"rule":{"expr":3}},{"rule":{"expr":[1]}}]})", names)
            ->empty());
}
