#include "linux/foreign_drops.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace pim::linux_edge {
namespace {

namespace json = boost::json;

std::string text_at(json::object const& object, std::string_view key) {
  auto const* value = object.if_contains(key);
  return value && value->is_string() ? std::string{value->get_string()} : std::string{};
}

json::object const* object_at(json::object const& object, std::string_view key) {
  auto const* value = object.if_contains(key);
  return value ? value->if_object() : nullptr;
}

struct RuleView {
  std::string family, table, chain;
  json::array const* expressions = nullptr;

  [[nodiscard]] bool is_in(ForeignDrop const& drop) const { return family == drop.family && table == drop.table; }
};

bool is_verdict(json::object const& expression, std::string_view verdict) { return expression.contains(verdict); }

// A last rule that drops or rejects everything is a policy by another name.
bool drops_everything(RuleView const& rule) {
  bool has_verdict = false;
  for (auto const& item : *rule.expressions) {
    auto const* expression = item.if_object();
    if (!expression) return false;
    auto const is_drop = is_verdict(*expression, "drop") || is_verdict(*expression, "reject");
    if (!is_drop && !expression->contains("counter") && !expression->contains("log")) return false;
    has_verdict |= is_drop;
  }
  return has_verdict;
}

bool matches_device(json::object const& expression, std::string_view key, std::string_view device) {
  auto const* match = object_at(expression, "match");
  auto const* left = match ? object_at(*match, "left") : nullptr;
  auto const* meta = left ? object_at(*left, "meta") : nullptr;
  return meta && text_at(*meta, "key") == key && text_at(*match, "right") == device;
}

bool accepts(RuleView const& rule, std::string_view key, std::string_view device) {
  bool is_about_device = false, is_accept = false;
  for (auto const& item : *rule.expressions) {
    auto const* expression = item.if_object();
    if (!expression) continue;
    is_about_device |= matches_device(*expression, key, device);
    is_accept |= is_verdict(*expression, "accept");
  }
  return is_about_device && is_accept;
}

struct Ruleset {
  std::vector<ForeignDrop> forward_chains;
  std::vector<std::string> dropping;  // of those, by family, table and chain, the ones with policy drop
  std::vector<RuleView> rules;
  std::vector<RuleView> docker_user;
};

std::string key_of(std::string const& family, std::string const& table, std::string const& chain) {
  return family + "\n" + table + "\n" + chain;
}

void add_chain(Ruleset& ruleset, json::object const& chain, plan::Names const& names) {
  auto const family = text_at(chain, "family"), table = text_at(chain, "table"), name = text_at(chain, "name");
  if (family == "inet" && table == names.nft_table) return;
  if (name == "DOCKER-USER") ruleset.docker_user.push_back({family, table, name, nullptr});
  auto const is_ip = family == "ip" || family == "ip6" || family == "inet";
  if (!is_ip || text_at(chain, "hook") != "forward") return;
  ruleset.forward_chains.push_back({family, table, name});
  if (text_at(chain, "policy") == "drop") ruleset.dropping.push_back(key_of(family, table, name));
}

void add_rule(Ruleset& ruleset, json::object const& rule) {
  auto const* expressions = rule.if_contains("expr");
  if (expressions && expressions->is_array())
    ruleset.rules.push_back(
        {text_at(rule, "family"), text_at(rule, "table"), text_at(rule, "chain"), &expressions->get_array()});
}

}  // namespace

Result<std::vector<ForeignDrop>> find_foreign_drops(std::string_view text, plan::Names const& names) {
  json::error_code error;
  auto const document = json::parse({text.data(), text.size()}, error);
  auto const* top = error ? nullptr : document.if_object();
  auto const* entries = top ? top->if_contains("nftables") : nullptr;
  if (!entries || !entries->is_array()) return fail("the ruleset that nft prints is not understood");

  Ruleset ruleset;
  for (auto const& entry : entries->get_array()) {
    auto const* object = entry.if_object();
    if (!object) continue;
    if (auto const* chain = object_at(*object, "chain")) add_chain(ruleset, *chain, names);
    if (auto const* rule = object_at(*object, "rule")) add_rule(ruleset, *rule);
  }
  std::vector<ForeignDrop> out;
  for (auto& chain : ruleset.forward_chains) {
    auto const drops = std::ranges::count(ruleset.dropping, key_of(chain.family, chain.table, chain.chain)) != 0 ||
                       std::ranges::any_of(ruleset.rules, [&](RuleView const& rule) {
                         return rule.is_in(chain) && rule.chain == chain.chain && drops_everything(rule);
                       });
    auto const lets_pass = [&](std::string_view key) {
      return std::ranges::any_of(ruleset.rules, [&](RuleView const& rule) {
        return rule.is_in(chain) && accepts(rule, key, names.interface);
      });
    };
    if (!drops || (lets_pass("iifname") && lets_pass("oifname"))) continue;
    chain.has_docker_user =
        std::ranges::any_of(ruleset.docker_user, [&](RuleView const& user) { return user.is_in(chain); });
    out.push_back(chain);
  }
  return out;
}

std::string fix_of(ForeignDrop const& drop, plan::Names const& names) {
  auto const& tunnel = names.interface;
  if (drop.has_docker_user) {
    std::string const iptables = drop.family == "ip6" ? "sudo ip6tables" : "sudo iptables";
    return iptables + " -I DOCKER-USER -i " + tunnel + " -j ACCEPT && " + iptables + " -I DOCKER-USER -o " + tunnel +
           " -j ACCEPT";
  }
  auto const insert = "sudo nft insert rule " + drop.family + " " + drop.table + " " + drop.chain;
  return insert + " iifname " + tunnel + " accept && " + insert + " oifname " + tunnel + " accept";
}

}  // namespace pim::linux_edge
