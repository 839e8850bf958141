#include "net/udp.hpp"

#include <netinet/udp.h>

#include <cerrno>
#include <system_error>

namespace pim::net {
namespace {

// About 40 ms at 1.5 Gbit/s: what a busy turn of the loop may take without loss.
constexpr int buffer_size = 7 << 20;

bool set(int fd, int level, int option, int value) {
  return ::setsockopt(fd, level, option, &value, sizeof value) == 0;
}

void set_buffer(int fd, int forced, int plain) {
  // Forced passes the system's limit but needs a capability; the plain option is cut to the limit.
  if (!set(fd, SOL_SOCKET, forced, buffer_size)) set(fd, SOL_SOCKET, plain, buffer_size);
}

void tune(int fd, Family family) {
  set_buffer(fd, SO_RCVBUFFORCE, SO_RCVBUF);
  set_buffer(fd, SO_SNDBUFFORCE, SO_SNDBUF);
  set(fd, SOL_UDP, UDP_GRO, 1);
  // The kernel learns path MTUs and fragments a datagram that is larger: refusing it would lose it.
  if (family == Family::v4)
    set(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_WANT);
  else
    set(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_WANT);
}

/// Whether this kernel knows UDP_SEGMENT at all.
bool has_segmentation(int fd) { return set(fd, SOL_UDP, UDP_SEGMENT, 0); }

struct Bound {
  Fd fd;
  int error = 0;  ///< 0: bound
};

Bound bind_socket(Family family, std::uint16_t port) {
  auto const domain = family == Family::v4 ? AF_INET : AF_INET6;
  Fd socket{::socket(domain, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP)};
  if (!socket.is_open()) return {{}, errno};
  if (family == Family::v6) set(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1);
  Endpoint any;
  any.ip.family = family;
  any.port = port;
  SocketAddress address;
  auto const length = to_socket_address(any, address);
  if (::bind(socket.get(), &address.any, length) != 0) return {{}, errno};
  tune(socket.get(), family);
  return {std::move(socket), 0};
}

std::uint16_t bound_port(int fd) {
  SocketAddress address{};
  socklen_t length = sizeof address;
  ::getsockname(fd, &address.any, &length);
  auto const endpoint = to_endpoint(address);
  return endpoint ? endpoint->port : std::uint16_t{0};
}

bool is_family_missing(int error) { return error == EAFNOSUPPORT || error == EADDRNOTAVAIL; }

Failure<Error> cannot_bind(std::uint16_t port, int error) {
  if (error == EADDRINUSE)
    return fail("UDP port " + std::to_string(port) +
                " is in use by another program: stop it, or choose another port with [transport] listen_port");
  if (error == EACCES)
    return fail("UDP port " + std::to_string(port) +
                " may not be opened by this user: choose one above 1023 with [transport] listen_port");
  return fail("UDP port " + std::to_string(port) + " cannot be opened: " + std::generic_category().message(error));
}

}  // namespace

UdpSockets::Socket::Socket(Fd socket, UdpCalls& calls, bool offload)
    : fd(std::move(socket)), receiver(calls, fd.get()), sender(calls, fd.get(), offload) {}

Result<UdpSockets> UdpSockets::open(UdpOptions const& options, std::unique_ptr<UdpCalls> calls) {
  auto v4 = bind_socket(Family::v4, options.port);
  if (v4.error != 0 && !is_family_missing(v4.error)) return cannot_bind(options.port, v4.error);
  auto const port = v4.fd.is_open() ? bound_port(v4.fd.get()) : options.port;
  auto v6 = bind_socket(Family::v6, port);
  if (v6.error != 0 && (!is_family_missing(v6.error) || !v4.fd.is_open())) return cannot_bind(port, v6.error);

  UdpSockets sockets;
  sockets.calls_ = std::move(calls);
  sockets.marked_ = options.mark != 0;
  for (auto* const bound : {&v4, &v6}) {
    if (!bound->fd.is_open()) continue;
    auto const fd = bound->fd.get();
    if (options.mark != 0 && !set(fd, SOL_SOCKET, SO_MARK, static_cast<int>(options.mark))) sockets.marked_ = false;
    sockets.port_ = bound_port(fd);
    (bound == &v4 ? sockets.v4_ : sockets.v6_).emplace(std::move(bound->fd), *sockets.calls_, has_segmentation(fd));
  }
  return sockets;
}

int UdpSockets::fd(Family family) const {
  auto const& socket = family == Family::v4 ? v4_ : v6_;
  return socket ? socket->fd.get() : -1;
}

std::span<dataplane::Train> UdpSockets::receive(Family family, DropCounters& drops) {
  auto& socket = family == Family::v4 ? v4_ : v6_;
  if (!socket) return {};
  return socket->receiver.receive(drops);
}

dataplane::SentBytes UdpSockets::send(dataplane::Out const& out, Time now, DropCounters& drops) {
  dataplane::SentBytes sent;
  if (out.trains.empty()) return sent;
  for (auto const family : {Family::v4, Family::v6}) {
    auto& socket = family == Family::v4 ? v4_ : v6_;
    if (socket) {
      sent += socket->sender.send(out, family, now, drops);
      continue;
    }
    for (auto const& train : out.trains)
      if (train.to.ip.family == family) pim::count(drops, Drop::send_failed);
  }
  return sent;
}

}  // namespace pim::net
