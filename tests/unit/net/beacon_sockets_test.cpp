// Two hosts on one cable, each in a network namespace of its own.
#include "net/beacon_sockets.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <optional>
#include <thread>

#include "counted.hpp"
#include "net/socket_address.hpp"

using namespace pim;
using namespace pim::net;
using pim::net::test::counted;

namespace {

constexpr std::uint16_t port = 9101;

void run(std::string const& command) { REQUIRE_MESSAGE(std::system(command.c_str()) == 0, command); }

Fd here() { return Fd{::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)}; }

/// A namespace whose links need not wait for duplicate address detection; the thread is in it then.
Fd fresh_namespace() {
  if (::unshare(CLONE_NEWNET) != 0) return {};
  std::ofstream{"/proc/sys/net/ipv6/conf/default/accept_dad"} << 0;
  return here();
}

/// What is done with it runs on a thread of its own, which may change its namespace.
struct Cable {
  static constexpr char const *near_address = "10.9.0.1", *far_address = "10.9.0.2";
  Fd near, far;

  bool lay() {
    near = fresh_namespace();
    far = fresh_namespace();
    if (!near.is_open() || !far.is_open()) return false;
    enter(near);
    // Not closed on exec, so that ip can name it.
    int const there = ::fcntl(far.get(), F_DUPFD, 3);
    run("ip link add c0 type veth peer name c0 netns /proc/$PPID/fd/" + std::to_string(there));
    ::close(there);
    for (auto const& [side, address] : {std::pair{&near, near_address}, {&far, far_address}}) {
      enter(*side);
      run(std::string{"ip addr add "} + address + "/24 dev c0 && ip link set c0 up");
    }
    for (auto const* const side : {&near, &far}) await_link_local(*side);
    return true;
  }
  /// The kernel gives a link its address a while after the cable has both ends.
  static void await_link_local(Fd const& side) {
    enter(side);
    for (int i = 0; i < 500; ++i, std::this_thread::sleep_for(std::chrono::milliseconds{10})) {
      std::ifstream listed{"/proc/thread-self/net/if_inet6"};
      for (std::string line; std::getline(listed, line);)
        if (line.ends_with("c0") && line.find(" 20 80 ") != std::string::npos)
          return;  // of the link, and not tentative
    }
    FAIL("no link-local address came");
  }
  static void enter(Fd const& side) { REQUIRE(::setns(side.get(), CLONE_NEWNET) == 0); }
};

discovery::Interface interface_of(std::string const& name, std::string const& address) {
  discovery::Interface interface{::if_nametoindex(name.c_str()), name};
  interface.addresses = {*parse_ip(address), *parse_ip("fe80::1")};
  return interface;
}

struct Host {
  Host(Fd const& side, char const* address)
      : sockets((Cable::enter(side), std::move(BeaconSockets::open({port, 0})).value())),
        link(interface_of("c0", address)) {}

  std::vector<std::pair<discovery::Received, Buffer>> receive(Family family) {
    std::vector<std::pair<discovery::Received, Buffer>> all;
    for (pollfd poll{sockets.fd(family), POLLIN, 0}; ::poll(&poll, 1, 150) == 1;)
      for (auto const& one : sockets.receive(family, drops))
        all.emplace_back(one, Buffer(one.datagram.begin(), one.datagram.end()));
    return all;
  }
  void send(Buffer const& datagram) { sockets.send({link, datagram}, drops); }

  BeaconSockets sockets;
  discovery::Interface link;
  DropCounters drops{};
};

void on_a_cable(std::function<void(Cable const&)> const& test) {
  std::thread([&] {
    Cable cable;
    if (!cable.lay()) {
      MESSAGE("skipped: needs the right to make a network namespace");
      return;
    }
    test(cable);
  }).join();
}

}  // namespace

TEST_CASE("a_beacon_reaches_the_other_host_by_both_families_and_tells_its_link_and_sender") {
  on_a_cable([](Cable const& cable) {
    Host near{cable.near, Cable::near_address}, far{cable.far, Cable::far_address};
    far.sockets.follow({&far.link, 1});
    Buffer const beacon(64, 7);
    near.send(beacon);
    auto const v4 = far.receive(Family::v4), v6 = far.receive(Family::v6);
    REQUIRE(v4.size() == 2);  // by multicast and by broadcast
    for (auto const& [received, bytes] : v4) {
      CHECK(received.interface == far.link.index);
      CHECK(to_string(received.from) == "10.9.0.1:9101");
      CHECK(bytes == beacon);
    }
    REQUIRE(v6.size() == 1);
    CHECK(v6[0].first.interface == far.link.index);
    CHECK(is_link_local(v6[0].first.from.ip));
    CHECK(v6[0].first.from.scope == far.link.index);
    CHECK(near.drops == DropCounters{});
    CHECK(far.drops == DropCounters{});
  });
}

TEST_CASE("without_the_groups_only_the_broadcast_is_heard_and_a_family_that_the_link_lacks_is_left_out") {
  on_a_cable([](Cable const& cable) {
    Host near{cable.near, Cable::near_address}, far{cable.far, Cable::far_address};
    near.send(Buffer(64, 7));
    CHECK(far.receive(Family::v4).size() == 1);
    CHECK(far.receive(Family::v6).empty());
    far.sockets.follow({&far.link, 1});
    near.link.addresses = {*parse_ip("fe80::1")};
    near.send(Buffer(64, 7));
    CHECK(far.receive(Family::v4).empty());
    CHECK(far.receive(Family::v6).size() == 1);
    near.link.addresses = {*parse_ip(Cable::near_address)};
    near.link.can_broadcast = false;
    near.send(Buffer(64, 7));
    CHECK(far.receive(Family::v4).size() == 1);
    CHECK(far.receive(Family::v6).empty());
    far.sockets.follow({});
    near.send(Buffer(64, 7));
    CHECK(far.receive(Family::v4).empty());
  });
}

TEST_CASE("a_link_whose_group_cannot_be_joined_does_not_hurt_the_others") {
  on_a_cable([](Cable const& cable) {
    Host near{cable.near, Cable::near_address}, far{cable.far, Cable::far_address};
    std::vector<discovery::Interface> links(40, far.link);
    for (std::size_t i = 0; i + 1 < links.size(); ++i) links[i].index = static_cast<std::uint32_t>(1000 + i);
    far.sockets.follow(links);
    near.send(Buffer(64, 7));
    CHECK(far.receive(Family::v4).size() == 2);
    far.sockets.send({links[0], Buffer(64, 7)}, far.drops);
    CHECK(counted(far.drops, Drop::send_failed) == 1);
    // Its own broadcast comes back to it; and who sends on a link hears the group there.
    CHECK(near.receive(Family::v4).size() == 1);
    far.send(Buffer(64, 7));
    CHECK(near.receive(Family::v4).size() == 2);
  });
}

TEST_CASE("what_crossed_a_router_or_is_too_long_is_dropped_and_counted") {
  on_a_cable([](Cable const& cable) {
    Host far{cable.far, Cable::far_address};
    Cable::enter(cable.near);
    Fd const socket{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    SocketAddress to;
    auto const length = to_socket_address({*parse_ip(Cable::far_address), port, 0}, to);
    auto const send = [&](int hops, std::size_t size) {
      Buffer const bytes(size, 7);
      REQUIRE(::setsockopt(socket.get(), IPPROTO_IP, IP_TTL, &hops, sizeof hops) == 0);
      REQUIRE(::sendto(socket.get(), bytes.data(), bytes.size(), 0, &to.any, length) > 0);
      return far.receive(Family::v4).size();
    };
    CHECK(send(255, 64) == 1);
    CHECK(send(254, 64) == 0);
    CHECK(send(64, 64) == 0);
    CHECK(send(255, 1000) == 0);
    CHECK(counted(far.drops, Drop::foreign_beacon) == 3);
  });
}

TEST_CASE("a_port_that_another_program_holds_is_named_with_the_key_to_change") {
  on_a_cable([](Cable const&) {
    Fd const holder{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    SocketAddress any;
    auto const length = to_socket_address({IpAddress{}, port, 0}, any);
    REQUIRE(::bind(holder.get(), &any.any, length) == 0);
    auto const opened = BeaconSockets::open({port, 0});
    REQUIRE_FALSE(opened);
    CHECK(opened.error().message.find("9101 is in use") != std::string::npos);
    CHECK(opened.error().message.find("[discovery] port") != std::string::npos);
  });
}
