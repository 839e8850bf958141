#include "linux/host_state.hpp"

#include <algorithm>
#include <filesystem>

#include "base/assert.hpp"

namespace pim::linux_edge {
namespace {

using plan::HostPlan;
using plan::Names;
using plan::Route;
using plan::RouteKind;
using plan::Rule;

Failure<Error> cannot(std::string const& what, NetlinkError const& error) { return fail(what + ": " + error.text); }

std::string words(Rule const& rule) {
  return (rule.family == Family::v4 ? "rule " : "v6 rule ") + std::to_string(rule.preference);
}
std::string words(Route const& route) { return "route " + to_string(route.destination); }

template <class T>
bool holds(std::vector<Found<T>> const& found, T const& wanted) {
  return std::ranges::any_of(found, [&](Found<T> const& entry) { return entry.known == wanted && entry.is_tagged; });
}

template <class T>
bool is_wanted(std::vector<T> const& wanted, Found<T> const& entry) {
  return entry.known && entry.is_tagged && std::ranges::find(wanted, *entry.known) != wanted.end();
}

bool has_ipv6() { return std::filesystem::exists("/proc/sys/net/ipv6"); }

// A kernel without IPv6 has nothing of that family to close.
template <class T, class FamilyOf>
std::vector<T> of_this_kernel(std::vector<T> const& all, FamilyOf const& family_of) {
  auto out = all;
  if (!has_ipv6()) std::erase_if(out, [&](T const& item) { return family_of(item) == Family::v6; });
  return out;
}
std::vector<Rule> rules_of(HostPlan const& plan) {
  return of_this_kernel(plan.rules, [](Rule const& rule) { return rule.family; });
}
std::vector<Route> routes_of(HostPlan const& plan) {
  return of_this_kernel(plan.routes, [](Route const& route) { return route.destination.ip.family; });
}
std::vector<plan::LinkAddress> addresses_of(HostPlan const& plan) {
  return of_this_kernel(plan.interface->addresses, [](plan::LinkAddress const& a) { return a.ip.family; });
}

}  // namespace

Result<HostState> HostState::open(HostSettings settings) {
  auto route = NetlinkSocket::open(NETLINK_ROUTE);
  if (!route) return fail_with(route.error());
  auto netfilter = NetlinkSocket::open(NETLINK_NETFILTER);
  if (!netfilter) return fail_with(netfilter.error());
  if (settings.nft_program.empty()) settings.nft_program = find_nft();
  return HostState{std::move(settings), std::move(*route), std::move(*netfilter)};
}

HostState::HostState(HostSettings settings, NetlinkSocket route, NetlinkSocket netfilter)
    : settings_(std::move(settings)),
      rtnl_(std::move(route)),
      netfilter_(std::move(netfilter)),
      sysctls_(settings_.state_dir, [hook = settings_.on_step](std::string_view what) {
        if (hook) hook(what);
      }) {}

void HostState::changed(std::string_view what) const {
  if (settings_.on_step) settings_.on_step(what);
}

std::uint32_t HostState::tunnel_index(Names const& names) {
  auto const link = rtnl_.link(names.interface);
  return link && *link ? (**link).index : 0;
}

// -- the nftables tables

Result<void> HostState::load_tables(HostPlan const& plan) {
  auto const before = tables_difference(plan);
  if (!before) return fail_with(before.error());
  if (!*before) return {};
  auto const text = to_nft(plan);
  // The counters go with the table: what they showed until now is kept. No block fails for want of a count.
  static_cast<void>(counts());
  if (auto done = load_ruleset(settings_.nft_program, text); !done) return done;
  for (auto* const count : {&refused_inbound_, &to_internet_, &from_internet_}) count->begin_anew();
  if (auto done = delete_other_tables(netfilter_, plan); !done) return done;
  auto const now = read_tables(netfilter_, plan.names);
  if (!now) return fail_with(now.error());
  loaded_text_ = text;
  loaded_fingerprint_ = now->fingerprint;
  loaded_names_ = plan.names;
  changed("table");
  return {};
}

Result<bool> HostState::has_tables(Names const& names) {
  auto const now = read_tables(netfilter_, names);
  if (!now) return fail_with(now.error());
  return !now->families.empty();
}

Result<TableCounts> HostState::counts() {
  auto const read = [&](std::string_view counter) -> Result<CounterValue> {
    // What a table of an earlier process counted is not of this one.
    if (loaded_text_.empty()) return CounterValue{};
    return read_counter(netfilter_, loaded_names_, counter);
  };
  auto const inbound = read(plan::inbound_counter);
  if (!inbound) return fail_with(inbound.error());
  auto const out = read(plan::to_internet_counter);
  if (!out) return fail_with(out.error());
  auto const in = read(plan::from_internet_counter);
  if (!in) return fail_with(in.error());
  return TableCounts{refused_inbound_.see(inbound->packets), to_internet_.see(out->bytes),
                     from_internet_.see(in->bytes)};
}

Result<void> HostState::delete_tables(HostPlan const& plan) {
  static_cast<void>(counts());
  loaded_text_.clear();
  auto const is_there = has_tables(plan.names);
  if (is_there && !*is_there) return {};
  auto done = delete_other_tables(netfilter_, plan);
  changed("table");
  return done;
}

Result<std::optional<std::string>> HostState::tables_difference(HostPlan const& plan) {
  auto const now = read_tables(netfilter_, plan.names);
  if (!now) return fail_with(now.error());
  if (plan.tables.empty() && now->families.empty()) return std::optional<std::string>{};
  // What another process loaded is not known word for word: it is replaced by what is.
  if (loaded_text_ != to_nft(plan) || loaded_fingerprint_ != now->fingerprint)
    return std::optional<std::string>{"table " + plan.names.nft_table};
  for (auto const& table : plan.tables)
    for (auto const& chain : table.chains) {
      auto const found = now->rules_per_chain.find(table.family + " " + chain.name);
      if (found == now->rules_per_chain.end() || found->second != chain.rules.size())
        return std::optional<std::string>{"chain " + chain.name};
    }
  return std::optional<std::string>{};
}

// -- rules

Result<void> HostState::add_rules(HostPlan const& plan) {
  auto const found = rtnl_.rules(plan.names);
  if (!found) return cannot("the routing rules cannot be read", found.error());
  for (auto const& rule : rules_of(plan)) {
    if (holds(*found, rule)) continue;
    if (auto const done = rtnl_.add(plan.names, rule); !done)
      return cannot(words(rule) + " cannot be added", done.error());
    changed(words(rule));
  }
  return {};
}

Result<void> HostState::remove_other_rules(HostPlan const& plan) {
  auto const found = rtnl_.rules(plan.names);
  if (!found) return cannot("the routing rules cannot be read", found.error());
  for (auto const& entry : *found) {
    if (!entry.is_tagged || is_wanted(plan.rules, entry)) continue;
    if (auto const done = rtnl_.remove(entry); !done) return cannot("a routing rule cannot be removed", done.error());
    changed("rule removed");
  }
  return {};
}

// -- routes

Result<void> HostState::add_routes(HostPlan const& plan, bool into_tunnel) {
  auto const tunnel = tunnel_index(plan.names);
  auto const found = rtnl_.routes(plan.names, tunnel);
  if (!found) return cannot("the routes cannot be read", found.error());
  for (auto const& route : routes_of(plan)) {
    if ((route.kind == RouteKind::into_tunnel) != into_tunnel || holds(*found, route)) continue;
    if (auto const done = rtnl_.put(plan.names, route, tunnel); !done)
      return cannot(words(route) + " cannot be added", done.error());
    changed(words(route));
  }
  return {};
}

Result<void> HostState::remove_other_routes(HostPlan const& plan) {
  auto const found = rtnl_.routes(plan.names, tunnel_index(plan.names));
  if (!found) return cannot("the routes cannot be read", found.error());
  for (auto const& entry : *found) {
    // While the block holds nobody else may add to its table; otherwise what is not tagged is not ours.
    if (is_wanted(plan.routes, entry) || (!entry.is_tagged && !plan.blocks)) continue;
    if (auto const done = rtnl_.remove(entry); !done) return cannot("a route cannot be removed", done.error());
    changed(entry.known ? words(*entry.known) + " removed" : "route removed");
  }
  return {};
}

Result<bool> HostState::has_block(Names const& names) {
  auto const found = rtnl_.routes(names, tunnel_index(names));
  if (!found) return cannot("the routes cannot be read", found.error());
  return std::ranges::any_of(*found, [](Found<Route> const& entry) {
    return entry.is_tagged && entry.known && entry.known->kind == RouteKind::unreachable;
  });
}

// -- the device

Result<std::optional<TunDevice>, TunError> HostState::attach_device(Names const& names) {
  if (tun_ && is_attached(*tun_)) return std::optional<TunDevice>{};
  tun_.reset();
  auto opened = open_tun(names.interface, settings_.tun_path);
  if (!opened) return fail_with(opened.error());
  tun_ = std::move(*opened);
  changed("device");
  return std::optional{duplicate(*tun_)};
}

Result<void> HostState::set_up_device(HostPlan const& plan) {
  PIM_ASSERT(tun_.has_value());
  if (auto done = set_persistent(*tun_, plan.interface->persistent); !done) return done;
  changed("persistence");
  if (auto done = sysctls_.set_own(plan.sysctls); !done) return done;
  if (auto done = set_addresses(plan); !done) return done;
  auto const difference = device_difference(plan);
  if (!difference) return fail_with(difference.error());
  if (*difference) {
    auto const done = rtnl_.bring_up(tun_->index, *plan.interface);
    if (!done) return cannot(plan.names.interface + " cannot be brought up", done.error());
    changed("device up");
  }
  // Settings that the kernel offers only once the device has its size.
  return sysctls_.set_own(plan.sysctls);
}

Result<void> HostState::set_addresses(HostPlan const& plan) {
  auto const wanted = addresses_of(plan);
  auto const found = rtnl_.addresses(tun_->index);
  if (!found) return cannot("the addresses of " + plan.names.interface + " cannot be read", found.error());
  for (auto const& address : wanted) {
    if (std::ranges::find(*found, address) != found->end()) continue;
    if (auto const done = rtnl_.add_address(tun_->index, address); !done)
      return cannot("address " + to_string(address.ip) + " cannot be added", done.error());
    changed("address " + to_string(address.ip));
  }
  for (auto const& address : *found) {
    if (std::ranges::find(wanted, address) != wanted.end()) continue;
    if (auto const done = rtnl_.delete_address(tun_->index, address); !done)
      return cannot("address " + to_string(address.ip) + " cannot be removed", done.error());
    changed("address removed");
  }
  return {};
}

Result<void> HostState::delete_device(Names const& names) {
  tun_.reset();
  auto const link = rtnl_.link(names.interface);
  if (!link) return cannot(names.interface + " cannot be read", link.error());
  // A device of another kind by that name is somebody else's.
  if (!*link || !(**link).is_tun) return {};
  if (auto const done = rtnl_.delete_link((**link).index); !done)
    return cannot(names.interface + " cannot be deleted", done.error());
  changed("device deleted");
  return {};
}

Result<std::vector<IpAddress>> HostState::tunnel_addresses(Names const& names) {
  std::vector<IpAddress> out;
  auto const index = tunnel_index(names);
  if (index == 0) return out;
  auto const found = rtnl_.addresses(index);
  if (!found) return cannot("the addresses of " + names.interface + " cannot be read", found.error());
  for (auto const& address : *found) out.push_back(address.ip);
  return out;
}

// -- comparison

Result<std::optional<std::string>> HostState::device_difference(HostPlan const& plan) {
  auto const& name = plan.names.interface;
  auto const link = rtnl_.link(name);
  if (!link) return cannot(name + " cannot be read", link.error());
  if (!*link) return std::optional<std::string>{"device " + name};
  auto const& device = **link;
  auto const is_right = device.is_up && device.mtu == plan.interface->mtu &&
                        device.queue_length == plan.interface->queue_length &&
                        (device.gso_max_size == 0 || device.gso_max_size == plan.interface->gso_max_size);
  if (!is_right) return std::optional<std::string>{"device " + name};
  auto addresses = rtnl_.addresses(device.index);
  if (!addresses) return cannot("the addresses of " + name + " cannot be read", addresses.error());
  auto const wanted = addresses_of(plan);
  if (!std::ranges::is_permutation(*addresses, wanted)) return std::optional<std::string>{"addresses of " + name};
  if (tun_ && !is_attached(*tun_)) return std::optional<std::string>{"device " + name};
  return std::optional<std::string>{};
}

Result<std::optional<std::string>> HostState::routing_difference(HostPlan const& plan) {
  auto const rules = rtnl_.rules(plan.names);
  if (!rules) return cannot("the routing rules cannot be read", rules.error());
  for (auto const& rule : rules_of(plan))
    if (!holds(*rules, rule)) return std::optional{words(rule)};
  for (auto const& entry : *rules)
    if (entry.is_tagged && !is_wanted(plan.rules, entry)) return std::optional<std::string>{"a rule too many"};

  auto const routes = rtnl_.routes(plan.names, tunnel_index(plan.names));
  if (!routes) return cannot("the routes cannot be read", routes.error());
  for (auto const& route : routes_of(plan))
    if (!holds(*routes, route)) return std::optional{words(route)};
  for (auto const& entry : *routes)
    if ((entry.is_tagged || plan.blocks) && !is_wanted(plan.routes, entry))
      return std::optional<std::string>{"a route too many"};
  return std::optional<std::string>{};
}

Result<std::optional<std::string>> HostState::difference(HostPlan const& plan) {
  if (auto answer = tables_difference(plan); !answer || *answer) return answer;
  if (auto answer = routing_difference(plan); !answer || *answer) return answer;
  if (plan.interface)
    if (auto answer = device_difference(plan); !answer || *answer) return answer;
  if (auto const path = SysctlKeeper::difference(plan.sysctls)) return std::optional<std::string>{"sysctl " + *path};
  return std::optional<std::string>{};
}

}  // namespace pim::linux_edge
