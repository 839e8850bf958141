// Two whole nodes in one process: real sockets on the loopback, real keys, a socket pair for each tunnel.
#include "net/packet_loop.hpp"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>

#include <condition_variable>
#include <initializer_list>
#include <mutex>
#include <thread>

#include "net/clock.hpp"
#include "net/system_entropy.hpp"

using namespace pim;
using namespace std::chrono_literals;

namespace {

crypto::KeyPair new_identity() {
  net::SystemEntropy entropy;
  return crypto::KeyPair::generate(entropy);
}

control::Settings settings_of(std::string name, std::optional<Endpoint> const& peer) {
  control::Settings settings;
  settings.name = std::move(name);
  if (peer) {
    control::PeerEntry entry;
    entry.entry_id = "config:" + to_string(*peer);
    entry.address = {to_string(peer->ip), peer->port};
    entry.from_config = true;
    settings.peers.push_back(entry);
  }
  return settings;
}

class Node final : public net::HostPort, public net::NotePort {
 public:
  Node(std::string name, std::optional<Endpoint> const& peer)
      : udp_(std::move(net::UdpSockets::open({})).value()),
        control_(settings_of(std::move(name), peer), new_identity(), {}, {}, dataplane_, entropy_),
        loop_({control_, dataplane_, udp_, inbox, counters, *this, *this}) {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
    application.reset(ends[1]);
    inbox.post(net::TunnelAttached{net::Fd{ends[0]}, false});
    inbox.post(control::HostNote{control::TunnelReady{}});
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~Node() override {
    inbox.post(net::CommandInput{99, control::Shutdown{true}});
    thread_.join();
  }

  [[nodiscard]] Endpoint endpoint() const { return {*parse_ip("127.0.0.1"), udp_.port(), 0}; }

  /// Waits until a note passes `wanted`, and hands it back.
  template <class T, class Wanted>
  T await(Wanted wanted) {
    std::unique_lock lock(mutex_);
    std::optional<T> found;
    REQUIRE(arrived_.wait_for(lock, 10s, [&] {
      for (auto const& note : notes_)
        if (auto const* const one = std::get_if<T>(&note); one && wanted(*one)) found = *one;
      return found.has_value();
    }));
    return *found;
  }

  // On the packet thread.
  void post(std::vector<control::HostJob> jobs) override {
    for (auto const& job : jobs)
      if (auto const* const plan = std::get_if<control::ApplyPlan>(&job))
        inbox.post(control::HostNote{control::PlanApplied{plan->number, "", net::wall_now()}});
  }
  void publish(std::vector<control::Note> notes) override {
    std::lock_guard const lock(mutex_);
    for (auto& note : notes) notes_.push_back(std::move(note));
    arrived_.notify_all();
  }

  net::PacketInbox inbox;
  net::Counters counters;
  net::Fd application;  ///< the tunnel's other end

 private:
  net::SystemEntropy entropy_;
  dataplane::Dataplane dataplane_;
  net::UdpSockets udp_;
  control::Control control_;
  net::PacketLoop loop_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<control::Note> notes_;
  std::thread thread_;
};

/// An IPv6 packet with `size` bytes that belong to no protocol, behind an empty vnet header.
Buffer frame_of(IpAddress const& from, IpAddress const& to, std::uint16_t size) {
  Buffer frame;
  Writer writer{frame};
  writer.zeroes(sizeof(packet::VnetHeader)).u32(0x60000000).u16(size).u8(59).u8(64).bytes(from.view()).bytes(to.view());
  for (std::uint16_t i = 0; i < size; ++i) writer.u8(static_cast<std::uint8_t>(i));
  return frame;
}

Buffer read_frame(net::Fd const& tunnel, std::chrono::milliseconds limit) {
  pollfd poll{tunnel.get(), POLLIN, 0};
  if (::poll(&poll, 1, static_cast<int>(limit.count())) != 1) return {};
  Buffer frame(70'000);
  auto const size = ::recv(tunnel.get(), frame.data(), frame.size(), 0);
  frame.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
  return frame;
}

bool is_connected(control::PeerEvent const& event) { return event.kind == control::PeerEventKind::connected; }
bool is_any(control::NodeView const&) { return true; }

}  // namespace

TEST_CASE("two_nodes_meet_and_carry_packets_from_tunnel_to_tunnel") {
  Node gate{"gate", std::nullopt};
  Node desk{"desk", gate.endpoint()};
  auto const at_gate = gate.await<control::PeerEvent>(is_connected);
  desk.await<control::PeerEvent>(is_connected);
  auto const from = desk.await<control::NodeView>(is_any).v6, to = gate.await<control::NodeView>(is_any).v6;

  for (auto const size : std::initializer_list<std::uint16_t>{1, 100, 1304}) {
    auto const sent = frame_of(from, to, size);
    REQUIRE(::send(desk.application.get(), sent.data(), sent.size(), 0) == static_cast<ssize_t>(sent.size()));
    CHECK(read_frame(gate.application, 5s) == sent);
  }
  auto const back = frame_of(to, from, 64);
  REQUIRE(::send(gate.application.get(), back.data(), back.size(), 0) > 0);
  CHECK(read_frame(desk.application, 5s) == back);

  // The last change is shown too, though nothing happens after it.
  REQUIRE(at_gate.peer.slot.has_value());
  auto const limit = net::boot_now() + 5s;
  while (gate.counters.peer(*at_gate.peer.slot).rx_packets < 3 && net::boot_now() < limit)
    std::this_thread::sleep_for(10ms);
  auto const shown = gate.counters.peer(*at_gate.peer.slot);
  CHECK(shown.rx_packets == 3);
  CHECK(shown.tx_packets == 1);
  CHECK(shown.rx_bytes == 3 * 40 + 1 + 100 + 1304);
  CHECK(shown.last_received > Time{});
}

TEST_CASE("a_tunnel_that_is_replaced_or_dies_does_not_stop_the_node") {
  Node gate{"gate", std::nullopt};
  Node desk{"desk", gate.endpoint()};
  gate.await<control::PeerEvent>(is_connected);
  desk.await<control::PeerEvent>(is_connected);
  auto const from = desk.await<control::NodeView>(is_any).v6, to = gate.await<control::NodeView>(is_any).v6;

  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
  net::Fd const next{ends[1]};
  gate.inbox.post(net::TunnelAttached{net::Fd{ends[0]}, false});
  auto const sent = frame_of(from, to, 200);
  Buffer received;
  // Until the new device is in use the packet may still go to the old one.
  for (int attempt = 0; attempt < 50 && received.empty(); ++attempt) {
    REQUIRE(::send(desk.application.get(), sent.data(), sent.size(), 0) > 0);
    received = read_frame(next, 100ms);
  }
  CHECK(received == sent);
}

TEST_CASE("commands_are_answered_and_the_loop_ends_when_control_has_finished") {
  auto const ending = [] {
    Node node{"alone", std::nullopt};
    node.inbox.post(net::CommandInput{7, control::AddPeer{"not an address:", ""}});
    auto const reply = node.await<control::Reply>([](control::Reply const& one) { return one.id == 7; });
    CHECK(std::holds_alternative<control::Refused>(reply.answer));
  };
  ending();  // the destructor joins
}
