// ceiling: what this machine can do with OpenSSL without a VPN's logic. Copies between a TUN device and a UDP socket,
// with every offload both have and one thread a direction: a fixed key, no handshake, no replay window, one peer.
// Not a VPN. scripts/bench runs it beside pim.
#include <CLI/CLI.hpp>
#include <arpa/inet.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include <cstdio>
#include <thread>

#include "linux/tun.hpp"
#include "pumps.hpp"

namespace {

constexpr std::uint16_t port = 9199;

/// `text` has been checked.
sockaddr_in address_of(std::string const& text) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  ::inet_pton(AF_INET, text.c_str(), &address.sin_addr);
  return address;
}

bool has_worked(int result, char const* what) {
  if (result < 0) std::perror(what);
  return result >= 0;
}

/// Connected, with UDP_GRO and as much buffer as may be had; -1 when the system refuses.
int open_socket(sockaddr_in const& local, sockaddr_in const& remote) {
  auto const socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  int const on = 1, buffer = 7 << 20;
  for (int const option : {SO_RCVBUFFORCE, SO_SNDBUFFORCE})
    static_cast<void>(::setsockopt(socket, SOL_SOCKET, option, &buffer, sizeof buffer));
  auto const* const from = reinterpret_cast<sockaddr const*>(&local);
  auto const* const to = reinterpret_cast<sockaddr const*>(&remote);
  auto const is_open = has_worked(::bind(socket, from, sizeof local), "bind") &&
                       has_worked(::connect(socket, to, sizeof remote), "connect") &&
                       has_worked(::setsockopt(socket, SOL_UDP, UDP_GRO, &on, sizeof on), "UDP_GRO");
  return is_open ? socket : -1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Copies between a TUN device and a UDP socket: the most that a VPN with OpenSSL could reach here."};
  std::string tun_name, local, remote;
  bool is_plain = false, inner_checksums = false;
  app.add_option("--tun", tun_name, "name of the device to make")->required();
  app.add_option("--local", local, "IPv4 address of this end")->required()->check(CLI::ValidIPV4);
  app.add_option("--remote", remote, "IPv4 address of the other end")->required()->check(CLI::ValidIPV4);
  app.add_flag("--plain", is_plain, "copy without encrypting");
  app.add_flag("--inner-checksums", inner_checksums, "compute and verify the checksums of the packets inside");
  CLI11_PARSE(app, argc, argv);
  auto const tun = pim::linux_edge::open_tun(tun_name);
  if (!tun.ok()) return std::fprintf(stderr, "%s\n", to_string(tun.error()).c_str()), 1;
  auto const socket = open_socket(address_of(local), address_of(remote));
  if (socket < 0) return 1;
  pim::ceiling::Options const options{!is_plain, inner_checksums};
  auto const device = tun.value().fd.get();
  std::jthread up([&] { pim::ceiling::pump_up(device, socket, options); });
  pim::ceiling::pump_down(socket, device, options);
}
