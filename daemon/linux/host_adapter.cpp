#include "linux/host_adapter.hpp"

#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <system_error>

#include "linux/capabilities.hpp"
#include "linux/conntrack.hpp"
#include "linux/host_state.hpp"
#include "linux/sockets.hpp"

namespace pim::linux_edge {
namespace {

using plan::HostPlan;
using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

// What no notification tells of (sysctls) is looked at this often while the block holds.
constexpr auto check_interval = 10s;
// Somebody who undoes the plan again and again costs ten repairs a second at most.
constexpr auto repair_interval = 100ms;
constexpr Clock::duration longest_pause = 10s;

WallTime wall_now() { return std::chrono::time_point_cast<WallTime::duration>(std::chrono::system_clock::now()); }

bool is_about_routing(nlmsghdr const& message, plan::Names const& names) {
  switch (message.nlmsg_type) {
    case RTM_NEWRULE:
    case RTM_DELRULE: return true;
    case RTM_NEWROUTE:
    case RTM_DELROUTE: {
      auto const header = header_of<rtmsg>(message);
      return Attributes{attributes_of(message, sizeof header)}.u32(RTA_TABLE, header.rtm_table) == names.route_table;
    }
    case RTM_NEWLINK:
    case RTM_DELLINK: return Attributes{attributes_of(message, sizeof(ifinfomsg))}.text(IFLA_IFNAME) == names.interface;
    case RTM_NEWADDR:
    case RTM_DELADDR: return header_of<ifaddrmsg>(message).ifa_index == ::if_nametoindex(names.interface.c_str());
    default: return false;
  }
}

Result<Fd> make_poll(std::initializer_list<int> watched) {
  Fd poll{::epoll_create1(EPOLL_CLOEXEC)};
  if (!poll.is_open()) return fail("epoll is not available: " + std::generic_category().message(errno));
  for (int const fd : watched) {
    epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
    if (::epoll_ctl(poll.get(), EPOLL_CTL_ADD, fd, &event) < 0)
      return fail("epoll refuses a descriptor: " + std::generic_category().message(errno));
  }
  return poll;
}

}  // namespace

struct HostAdapter::Parts {
  Parts(HostState host, NetlinkSocket routing_news, NetlinkSocket table_news, Fd alarm, Fd any)
      : state(std::move(host)),
        routing(std::move(routing_news)),
        tables(std::move(table_news)),
        timer(std::move(alarm)),
        poll(std::move(any)) {}

  HostResult apply(HostPlan const& plan);
  Result<void> take_steps(HostPlan const& plan, HostResult& result);
  Result<void> arm(HostPlan const& plan, HostResult& result);
  Result<void> settle(HostPlan const& plan, HostResult& result);
  Result<void> release(HostPlan const& plan);
  Result<void> refuse_or_go_on(HostPlan const& plan, HostResult& result);
  Result<void> attach_device(HostPlan const& plan, HostResult& result);
  Result<void> set_up_device(HostPlan const& plan, HostResult& result);
  Result<void> forget_dns(std::vector<IpAddress> const& services);
  Result<void> forget_block(HostPlan const& plan, std::vector<IpAddress> const& sources, Masqueraded which);
  Result<void> end_connections(std::vector<IpAddress> const& sources);
  Result<void> complete(HostPlan const& plan, HostResult& result);

  std::optional<HostResult> on_readable();
  bool drain();
  void wake_in(Clock::duration delay);
  void plan_next_check();

  HostState state;
  NetlinkSocket routing, tables;  // multicast only
  Fd timer, poll;
  std::optional<HostPlan> wanted;  // what is watched over
  std::optional<WallTime> verified_at;
  bool is_closed = false;          // a step of arming has closed something since the last success
  Clock::time_point not_before{};  // of the next repair
  Clock::duration pause = repair_interval;
};

// Closes before it opens: from the first step on nothing leaves but by the table's exceptions, and every later
// step only adds ways into the tunnel.
Result<void> HostAdapter::Parts::arm(HostPlan const& plan, HostResult& result) {
  if (auto done = refuse_or_go_on(plan, result); !done) return done;
  if (auto done = state.load_tables(plan); !done) return fail("routing is refused: " + done.error().message);
  is_closed = true;
  if (auto done = state.sysctls().set(plan.sysctls); !done) return done;
  if (auto done = state.add_fixed_routes(plan); !done) return done;
  if (auto done = state.add_rules(plan); !done) return done;
  if (auto done = set_up_device(plan, result); !done) return done;
  if (auto done = state.add_tunnel_routes(plan); !done) return done;
  if (auto done = state.remove_other_rules(plan); !done) return done;
  if (auto done = state.remove_other_routes(plan); !done) return done;
  return state.sysctls().restore_others(plan.sysctls);
}

// What routing needs is tried before anything is closed. Where a block stands already it is completed as far as
// it goes instead: half a block helps nobody.
Result<void> HostAdapter::Parts::refuse_or_go_on(HostPlan const& plan, HostResult& result) {
  if (wanted && wanted->blocks) return {};
  if (auto done = state.sysctls().prepare(); !done)
    return fail("routing is refused, since the old settings cannot be kept: " + done.error().message);
  auto const has_block = state.has_block(plan.names);
  if (!has_block) return fail_with(has_block.error());
  if (auto done = attach_device(plan, result); !done && !*has_block)
    return fail("routing is refused: " + done.error().message);
  return {};
}

// Nothing is blocked, so a table that still blocks is replaced last, when everything else is as it should be.
// A device never comes up before some table guards what comes out of it.
Result<void> HostAdapter::Parts::settle(HostPlan const& plan, HostResult& result) {
  auto const is_guarded = state.has_tables(plan.names);
  if (!is_guarded) return fail_with(is_guarded.error());
  auto const had_block = state.has_block(plan.names);
  if (!had_block) return fail_with(had_block.error());
  if (!*is_guarded)
    if (auto done = state.load_tables(plan); !done) return done;
  if (auto done = state.remove_other_routes(plan); !done) return done;
  if (auto done = state.add_fixed_routes(plan); !done) return done;
  if (auto done = state.add_rules(plan); !done) return done;
  if (auto done = set_up_device(plan, result); !done) return done;
  if (auto done = state.add_tunnel_routes(plan); !done) return done;
  if (auto done = state.remove_other_rules(plan); !done) return done;
  if (auto done = state.sysctls().restore_others(plan.sysctls); !done) return done;
  if (auto done = state.sysctls().set(plan.sysctls); !done) return done;
  if (*had_block) {
    auto const sources = state.tunnel_addresses(plan.names);
    if (!sources) return fail_with(sources.error());
    // Those of TCP are kept, and so the tables know whom to refuse.
    if (auto done = forget_block(plan, *sources, Masqueraded::all_but_tcp); !done) return done;
  }
  return state.load_tables(plan);
}

// Every step is tried whatever became of the one before: what is left is less each time. The table goes last.
Result<void> HostAdapter::Parts::release(HostPlan const& plan) {
  std::optional<Error> first;
  auto const note = [&](Result<void> const& done) {
    if (!done && !first) first = done.error();
  };
  auto const found = state.tunnel_addresses(plan.names);
  auto const sources = found ? *found : std::vector<IpAddress>{};
  auto const had_block = state.has_block(plan.names);
  note(state.remove_other_rules(plan));
  // Nothing begins with the tunnel's addresses any more. Without a block the tunnel led to the mesh alone, and what
  // talks there waits for the daemon to come back.
  if (had_block && *had_block) note(end_connections(sources));
  note(state.remove_other_routes(plan));
  note(state.delete_device(plan.names));
  note(state.sysctls().restore_others(plan.sysctls));
  note(forget_block(plan, sources, Masqueraded::all));
  note(state.delete_tables(plan));
  if (first) return fail_with(*first);
  return {};
}

Result<void> HostAdapter::Parts::attach_device(HostPlan const& plan, HostResult& result) {
  auto fresh = state.attach_device(plan.names);
  if (!fresh) {
    result.cure = fresh.error().cure;
    return fail(to_string(fresh.error()));
  }
  if (*fresh) result.tun = std::move(**fresh);
  return {};
}

Result<void> HostAdapter::Parts::set_up_device(HostPlan const& plan, HostResult& result) {
  if (auto done = attach_device(plan, result); !done) return done;
  return state.set_up_device(plan);
}

Result<void> HostAdapter::Parts::forget_dns(std::vector<IpAddress> const& services) {
  auto const deleted = delete_redirected_dns(services);
  if (!deleted) return fail_with(deleted.error());
  return {};
}

// Connections that were turned into the tunnel would be turned there, or leave with its address, for as long as
// they are tracked.
Result<void> HostAdapter::Parts::forget_block(HostPlan const& plan, std::vector<IpAddress> const& sources,
                                              Masqueraded which) {
  if (auto done = forget_dns(plan.dns_services); !done) return done;
  auto const deleted = delete_masqueraded_as(sources, which);
  if (!deleted) return fail_with(deleted.error());
  return {};
}

// Over IPv6 the kernel would let them go on with an address that is nobody's any more.
Result<void> HostAdapter::Parts::end_connections(std::vector<IpAddress> const& sources) {
  auto const ended = end_connections_from(sources);
  if (!ended) return fail_with(ended.error());
  return {};
}

// Reads the host back. Another program that was in the midst of a change of many steps is overtaken once, before
// anybody is told of it.
Result<void> HostAdapter::Parts::complete(HostPlan const& plan, HostResult& result) {
  auto difference = state.difference(plan);
  if (!difference) return fail_with(difference.error());
  if (*difference) {
    if (auto done = take_steps(plan, result); !done) return done;
    difference = state.difference(plan);
    if (!difference) return fail_with(difference.error());
  }
  if (*difference) return fail("something else keeps changing " + **difference + " while pim sets it");
  return {};
}

Result<void> HostAdapter::Parts::take_steps(HostPlan const& plan, HostResult& result) {
  auto const is_release = !plan.interface && plan.tables.empty();
  auto done = plan.blocks ? arm(plan, result) : is_release ? release(plan) : settle(plan, result);
  // Notifications of what was done here are dropped before the host is read back: any that come later are
  // of somebody else, or cost one comparison.
  static_cast<void>(drain());
  return done;
}

HostResult HostAdapter::Parts::apply(HostPlan const& plan) {
  HostResult result;
  if (!has_net_admin()) {
    result.cure = how_to_grant_net_admin();
    result.error = "CAP_NET_ADMIN is missing: " + result.cure;
    return result;
  }
  is_closed = false;
  auto done = take_steps(plan, result);
  pause = done ? Clock::duration{repair_interval} : std::min(pause * 2, longest_pause);
  if (done) done = complete(plan, result);
  if (done) {
    wanted = plan;
    verified_at = result.verified_at = wall_now();
  } else {
    result.error = done.error().message;
    // A block that was begun is watched and completed; a release that failed half-way is not undone.
    if (plan.blocks && is_closed) wanted = plan;
    if (!plan.blocks) wanted.reset();
  }
  not_before = Clock::now() + pause;
  plan_next_check();
  // Nobody may ever tell of what is not as it should be now: it is tried again.
  if (!done && wanted) wake_in(pause);
  return result;
}

bool HostAdapter::Parts::drain() {
  bool is_relevant = false;
  auto const names = wanted ? wanted->names : plan::Names{};
  auto const is_complete =
      routing.drain([&](nlmsghdr const& message) { is_relevant |= is_about_routing(message, names); });
  auto const is_complete_too =
      tables.drain([&](nlmsghdr const& message) { is_relevant |= is_about_tables(message, names); });
  std::uint64_t expirations = 0;
  is_relevant |= ::read(timer.get(), &expirations, sizeof expirations) == sizeof expirations;
  return is_relevant || !is_complete || !is_complete_too;
}

void HostAdapter::Parts::wake_in(Clock::duration delay) {
  auto const nanoseconds = std::max<std::int64_t>(std::chrono::nanoseconds{delay}.count(), 1);
  itimerspec spec{};
  spec.it_value.tv_sec = static_cast<time_t>(nanoseconds / 1'000'000'000);
  spec.it_value.tv_nsec = static_cast<long>(nanoseconds % 1'000'000'000);
  ::timerfd_settime(timer.get(), 0, &spec, nullptr);
}

void HostAdapter::Parts::plan_next_check() {
  if (wanted && wanted->blocks) return wake_in(check_interval);
  itimerspec const never{};
  ::timerfd_settime(timer.get(), 0, &never, nullptr);
}

std::optional<HostResult> HostAdapter::Parts::on_readable() {
  auto const is_relevant = drain();
  if (!wanted || !is_relevant) return std::nullopt;
  auto const left = not_before - Clock::now();
  if (left > 0s) {
    wake_in(left);
    return std::nullopt;
  }
  auto const difference = state.difference(*wanted);
  if (difference && !*difference) {
    verified_at = wall_now();
    plan_next_check();
    return std::nullopt;
  }
  auto const plan = *wanted;
  auto result = apply(plan);
  result.repaired = difference ? **difference : difference.error().message;
  return result;
}

HostAdapter::HostAdapter(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
HostAdapter::HostAdapter(HostAdapter&&) noexcept = default;
HostAdapter& HostAdapter::operator=(HostAdapter&&) noexcept = default;
HostAdapter::~HostAdapter() = default;

Result<HostAdapter> HostAdapter::open(HostSettings settings) {
  auto state = HostState::open(std::move(settings));
  if (!state) return fail_with(state.error());
  auto routing =
      NetlinkSocket::open(NETLINK_ROUTE, {RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_ROUTE,
                                          RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV4_RULE, RTNLGRP_IPV6_RULE});
  if (!routing) return fail_with(routing.error());
  // Without the capability nothing can be applied, so there will be nothing to watch over.
  auto tables = NetlinkSocket::open(
      NETLINK_NETFILTER, has_net_admin() ? std::vector<unsigned>{NFNLGRP_NFTABLES} : std::vector<unsigned>{});
  if (!tables) return fail_with(tables.error());
  // Counts through suspend: after a night's sleep the host is looked at once.
  Fd timer{::timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK)};
  auto poll = make_poll({routing->fd(), tables->fd(), timer.get()});
  if (!poll) return fail_with(poll.error());
  return HostAdapter{std::make_unique<Parts>(std::move(*state), std::move(*routing), std::move(*tables),
                                             std::move(timer), std::move(*poll))};
}

HostResult HostAdapter::apply(HostPlan const& plan) { return parts_->apply(plan); }

Result<void> HostAdapter::forget_redirected_dns() {
  if (!parts_->wanted || parts_->wanted->dns_services.empty()) return {};
  return parts_->forget_dns(parts_->wanted->dns_services);
}

Result<TableCounts> HostAdapter::counts() { return parts_->state.counts(); }

std::optional<WallTime> HostAdapter::verified_at() const { return parts_->verified_at; }

int HostAdapter::fd() const { return parts_->poll.get(); }

std::optional<HostResult> HostAdapter::on_readable() { return parts_->on_readable(); }

Result<void> release_host(plan::Names const& names, HostSettings settings) {
  return repair_host(plan::make_release_plan(names), std::move(settings));
}

Result<void> repair_host(HostPlan const& plan, HostSettings settings) {
  auto adapter = HostAdapter::open(std::move(settings));
  if (!adapter) return fail_with(adapter.error());
  auto const result = adapter->apply(plan);
  if (!result.applied()) return fail(result.error);
  return {};
}

}  // namespace pim::linux_edge
