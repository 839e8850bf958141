#include "net/udp.hpp"

#include <doctest/doctest.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>

#include <cerrno>
#include <deque>
#include <map>
#include <thread>

#include "counted.hpp"

using namespace pim;
using namespace pim::net;
using pim::net::test::counted;

namespace {

/// Passes calls on to the kernel unless a test says how the next sends of a kind fail.
struct FaultyCalls final : UdpCalls {
  struct Script {
    int error_on_trains = 0;  ///< every message with UDP_SEGMENT fails so
    int error_to_port = 0;
    std::uint16_t bad_port = 0;  ///< every message to it fails with error_to_port
    int congested_calls = 0;     ///< so many send calls answer EAGAIN
    bool becomes_writable = true;
    std::deque<int> receive_errors{};
    int waits = 0, trains_tried = 0;
  };
  explicit FaultyCalls(Script& script) : script_(script), real_(make_udp_calls()) {}

  int receive(int fd, std::span<mmsghdr> messages) override {
    if (!script_.receive_errors.empty()) {
      auto const error = script_.receive_errors.front();
      script_.receive_errors.pop_front();
      return -error;
    }
    return real_->receive(fd, messages);
  }
  int send(int fd, std::span<mmsghdr> messages) override {
    if (script_.congested_calls > 0) return --script_.congested_calls, -EAGAIN;
    std::size_t good = 0;
    for (; good < messages.size(); ++good)
      if (auto const error = verdict(messages[good].msg_hdr); error != 0) {
        if (good == 0) return -error;
        break;
      }
    return real_->send(fd, messages.first(good));
  }
  bool wait_writable(int, std::chrono::milliseconds) override { return ++script_.waits, script_.becomes_writable; }

 private:
  int verdict(msghdr const& header) {
    auto const to = to_endpoint(*static_cast<SocketAddress const*>(header.msg_name));
    if (header.msg_controllen > 0) ++script_.trains_tried;
    if (to && to->port == script_.bad_port && script_.bad_port != 0) return script_.error_to_port;
    return header.msg_controllen > 0 ? script_.error_on_trains : 0;
  }
  Script& script_;
  std::unique_ptr<UdpCalls> real_;
};

UdpSockets open_any() {
  auto sockets = UdpSockets::open({});
  REQUIRE(sockets.ok());
  return std::move(sockets).value();
}

Endpoint loopback(UdpSockets const& sockets, Family family) {
  Endpoint endpoint;
  endpoint.ip = family == Family::v4 ? *parse_ip("127.0.0.1") : *parse_ip("::1");
  endpoint.port = sockets.port();
  return endpoint;
}

void add_train(dataplane::Out& out, Endpoint const& to, std::size_t length, std::size_t segment) {
  auto* const bytes = out.bytes.room(length);
  REQUIRE(bytes != nullptr);
  for (std::size_t i = 0; i < length; ++i) bytes[i] = static_cast<std::uint8_t>(i / segment + 1);
  out.bytes.take(length);
  out.trains.push_back({to, {bytes, length}, segment});
}

/// Every datagram that comes within a moment, cut out of the trains they arrive in.
std::vector<Buffer> receive_all(UdpSockets& sockets, Family family) {
  std::vector<Buffer> datagrams;
  DropCounters drops{};
  for (pollfd poll{sockets.fd(family), POLLIN, 0}; ::poll(&poll, 1, 100) == 1;)
    for (auto const& train : sockets.receive(family, drops))
      dataplane::each_datagram(train.data, train.segment,
                               [&](Bytes one) { datagrams.emplace_back(one.begin(), one.end()); });
  return datagrams;
}

void check_train(std::vector<Buffer> const& datagrams, std::size_t length, std::size_t segment) {
  REQUIRE(datagrams.size() == (length + segment - 1) / segment);
  for (std::size_t i = 0; i < datagrams.size(); ++i) {
    CHECK(datagrams[i].size() == std::min(segment, length - i * segment));
    CHECK(datagrams[i].front() == static_cast<std::uint8_t>(i + 1));
    CHECK(datagrams[i].back() == static_cast<std::uint8_t>(i + 1));
  }
}

struct Pair {
  FaultyCalls::Script script;
  UdpSockets sender = std::move(UdpSockets::open({}, std::make_unique<FaultyCalls>(script))).value();
  UdpSockets receiver = open_any();
  DropCounters drops{};
  dataplane::Out out{1 << 20};
  Time now{std::chrono::seconds{1000}};
  void send() {
    sender.send(out, now, drops);
    out.clear();
  }
};

}  // namespace

TEST_CASE("a_train_arrives_as_its_datagrams_in_both_families") {
  for (auto const family : {Family::v4, Family::v6}) {
    Pair pair;
    for (auto const& [length, segment] : std::map<std::size_t, std::size_t>{
             {1440 * 40, 1440}, {1, 1}, {1377, 1376}, {1376 * 2, 1376}, {65'000, 1300}, {64 * 33, 33}}) {
      add_train(pair.out, loopback(pair.receiver, family), length, segment);
      pair.send();
      check_train(receive_all(pair.receiver, family), length, segment);
    }
    CHECK(pair.drops == DropCounters{});
  }
}

TEST_CASE("more_trains_than_one_call_takes_all_arrive") {
  Pair pair;
  for (int i = 0; i < 150; ++i) add_train(pair.out, loopback(pair.receiver, i % 3 ? Family::v4 : Family::v6), 100, 100);
  pair.send();
  CHECK(receive_all(pair.receiver, Family::v4).size() + receive_all(pair.receiver, Family::v6).size() == 150);
}

TEST_CASE("the_sender_is_seen_with_its_address_and_port") {
  Pair pair;
  add_train(pair.out, loopback(pair.receiver, Family::v6), 50, 50);
  pair.send();
  pollfd poll{pair.receiver.fd(Family::v6), POLLIN, 0};
  REQUIRE(::poll(&poll, 1, 1000) == 1);
  auto const trains = pair.receiver.receive(Family::v6, pair.drops);
  REQUIRE(trains.size() == 1);
  CHECK(trains[0].from == loopback(pair.sender, Family::v6));
  CHECK(pair.receiver.receive(Family::v6, pair.drops).empty());
}

TEST_CASE("a_refused_train_goes_out_singly_and_its_endpoint_is_remembered_for_a_while") {
  for (auto const error : {EMSGSIZE, EINVAL}) {
    Pair pair;
    pair.script.error_on_trains = error;
    auto const to = loopback(pair.receiver, Family::v4);
    add_train(pair.out, to, 1400 * 5 + 7, 1400);
    add_train(pair.out, to, 40, 40);
    pair.send();
    CHECK(receive_all(pair.receiver, Family::v4).size() == 7);
    CHECK(pair.script.trains_tried == 1);

    add_train(pair.out, to, 1400 * 3, 1400);
    pair.send();
    CHECK(pair.script.trains_tried == 1);
    CHECK(receive_all(pair.receiver, Family::v4).size() == 3);
    // Smaller segments may pass where larger ones did not, and after a while all may.
    pair.script.error_on_trains = 0;
    add_train(pair.out, to, 1000 * 3, 1000);
    pair.send();
    CHECK(pair.script.trains_tried == 2);
    pair.now += TrainSender::single_for;
    add_train(pair.out, to, 1400 * 3, 1400);
    pair.send();
    CHECK(pair.script.trains_tried == 3);
    CHECK(receive_all(pair.receiver, Family::v4).size() == 6);
    CHECK(pair.drops == DropCounters{});
  }
}

TEST_CASE("datagrams_larger_than_the_devices_mtu_arrive_all_the_same") {
  // A network namespace of this thread alone, whose loopback has the MTU of Ethernet.
  std::thread([] {
    Fd const control{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    if (::unshare(CLONE_NEWNET) != 0) {
      MESSAGE("skipped: needs the right to make a network namespace");
      return;
    }
    Fd const inside{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    ifreq request{};
    std::strcpy(request.ifr_name, "lo");
    request.ifr_mtu = 1500;
    REQUIRE(::ioctl(inside.get(), SIOCSIFMTU, &request) == 0);
    request.ifr_flags = IFF_UP;
    REQUIRE(::ioctl(inside.get(), SIOCSIFFLAGS, &request) == 0);
    Pair pair;
    auto const to = loopback(pair.receiver, Family::v4);
    add_train(pair.out, to, 1440 * 5, 1440);
    pair.send();
    CHECK(pair.script.trains_tried == 1);
    check_train(receive_all(pair.receiver, Family::v4), 1440 * 5, 1440);
    add_train(pair.out, to, 2000 * 5, 2000);
    pair.send();
    check_train(receive_all(pair.receiver, Family::v4), 2000 * 5, 2000);
    add_train(pair.out, to, 2000 * 5, 2000);
    pair.send();
    CHECK(pair.script.trains_tried == 2);
    check_train(receive_all(pair.receiver, Family::v4), 2000 * 5, 2000);
    CHECK(pair.drops == DropCounters{});
  }).join();
}

TEST_CASE("without_checksum_offload_on_the_way_trains_end_for_good_and_nothing_is_lost") {
  Pair pair;
  pair.script.error_on_trains = EIO;
  auto const to = loopback(pair.receiver, Family::v4);
  add_train(pair.out, to, 500 * 4, 500);
  add_train(pair.out, to, 500 * 4, 500);
  pair.send();
  CHECK(receive_all(pair.receiver, Family::v4).size() == 8);
  auto const tried = pair.script.trains_tried;
  pair.script.error_on_trains = 0;
  add_train(pair.out, to, 500 * 4, 500);
  pair.send();
  CHECK(receive_all(pair.receiver, Family::v4).size() == 4);
  CHECK(pair.script.trains_tried == tried);
}

TEST_CASE("one_refused_destination_takes_nothing_else_along") {
  for (auto const error : {EPERM, ENETUNREACH, EHOSTUNREACH, ECONNREFUSED, EACCES}) {
    Pair pair;
    auto const good = loopback(pair.receiver, Family::v4);
    auto bad = good;
    bad.port = 9;
    pair.script.bad_port = 9;
    pair.script.error_to_port = error;
    add_train(pair.out, good, 100, 100);
    add_train(pair.out, bad, 300, 100);
    add_train(pair.out, good, 200, 100);
    add_train(pair.out, bad, 100, 100);
    add_train(pair.out, good, 100, 100);
    pair.send();
    CHECK(receive_all(pair.receiver, Family::v4).size() == 4);
    CHECK(counted(pair.drops, Drop::send_failed) == 4);
  }
}

TEST_CASE("a_full_send_buffer_is_waited_for_once_and_then_counted_as_congestion") {
  Pair pair;
  auto const to = loopback(pair.receiver, Family::v4);
  pair.script.congested_calls = 1;
  add_train(pair.out, to, 300, 100);
  pair.send();
  CHECK(receive_all(pair.receiver, Family::v4).size() == 3);
  CHECK(pair.drops == DropCounters{});

  pair.script.congested_calls = 100;
  pair.script.becomes_writable = false;
  pair.script.waits = 0;
  add_train(pair.out, to, 300, 100);
  add_train(pair.out, to, 100, 100);
  pair.send();
  CHECK(counted(pair.drops, Drop::congestion) == 4);
  CHECK(pair.script.waits == 1);
}

TEST_CASE("what_is_relayed_leaves_last_and_the_bytes_that_found_no_room_are_told") {
  Pair pair;
  pair.script.becomes_writable = false;
  auto const to = loopback(pair.receiver, Family::v4);
  auto const send = [&](int congested_calls) {
    pair.script.congested_calls = congested_calls;
    add_train(pair.out, to, 300, 100);
    pair.out.trains.back().is_relayed = true;
    add_train(pair.out, to, 50, 50);
    add_train(pair.out, loopback(pair.receiver, Family::v6), 20, 20);
    auto const sent = pair.sender.send(pair.out, pair.now, pair.drops);
    pair.out.clear();
    CHECK(sent.own == 70);
    CHECK(sent.relayed == 300);
    return sent.lost;
  };
  CHECK(send(0) == 0);
  auto const datagrams = receive_all(pair.receiver, Family::v4);
  REQUIRE(datagrams.size() == 4);
  CHECK(datagrams.front().size() == 50);
  CHECK(send(1) == 50);
  CHECK(receive_all(pair.receiver, Family::v4).size() == 3);
  CHECK(send(100) == 370);
}

TEST_CASE("errors_that_icmp_left_on_the_socket_do_not_stop_reception") {
  FaultyCalls::Script script;
  script.receive_errors = {ECONNREFUSED, EHOSTUNREACH, EINTR};
  auto opened = UdpSockets::open({}, std::make_unique<FaultyCalls>(script));
  REQUIRE(opened.ok());
  auto sender = open_any();
  dataplane::Out out{4096};
  DropCounters drops{};
  add_train(out, loopback(*opened, Family::v4), 64, 64);
  sender.send(out, Time{}, drops);
  CHECK(receive_all(*opened, Family::v4).size() == 1);
}

TEST_CASE("datagrams_without_a_byte_are_counted_and_passed_over") {
  auto receiver = open_any();
  Fd const plain{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  SocketAddress to;
  auto const length = to_socket_address(loopback(receiver, Family::v4), to);
  REQUIRE(::sendto(plain.get(), "", 0, 0, &to.any, length) == 0);
  REQUIRE(::sendto(plain.get(), "x", 1, 0, &to.any, length) == 1);
  DropCounters drops{};
  auto const trains = receiver.receive(Family::v4, drops);
  CHECK(trains.size() == 1);
  CHECK(counted(drops, Drop::malformed_datagram) == 1);
}

TEST_CASE("a_port_in_use_is_named_with_the_key_that_changes_it") {
  auto const first = open_any();
  auto const second = UdpSockets::open({.port = first.port()});
  REQUIRE_FALSE(second.ok());
  CHECK(second.error().message.find("port " + std::to_string(first.port())) != std::string::npos);
  CHECK(second.error().message.find("[transport] listen_port") != std::string::npos);
}

TEST_CASE("scopes_survive_the_way_through_the_kernels_addresses_for_link_local_ones_alone") {
  SocketAddress address;
  Endpoint const local{*parse_ip("fe80::1"), 9100, 3};
  to_socket_address(local, address);
  CHECK(to_endpoint(address) == local);
  Endpoint const global{*parse_ip("2001:db8::1"), 9100, 3};
  to_socket_address(global, address);
  CHECK(to_endpoint(address) == Endpoint{global.ip, 9100, 0});
}
