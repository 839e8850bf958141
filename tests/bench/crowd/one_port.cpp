#include "one_port.hpp"

#include <cerrno>
#include <system_error>

#include "net/socket_address.hpp"

namespace pim::crowd {
namespace {

/// Thousands that answer at once find room.
constexpr int buffer_size = 16 << 20;

bool set(int fd, int level, int option, int value) {
  return ::setsockopt(fd, level, option, &value, sizeof value) == 0;
}

/// Where the kernel puts, and looks for, the local address.
union PacketInfo {
  cmsghdr header;
  std::array<std::byte, CMSG_SPACE(sizeof(in_pktinfo))> bytes;
};

IpAddress to_ip(in_addr address) { return IpAddress::from_v4(ntohl(address.s_addr)); }

}  // namespace

Result<OnePort> OnePort::open(std::uint16_t port) {
  net::Fd fd{::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP)};
  net::SocketAddress any;
  auto const length = net::to_socket_address({IpAddress::from_v4(0), port}, any);
  if (!fd.is_open() || !set(fd.get(), IPPROTO_IP, IP_PKTINFO, 1) || ::bind(fd.get(), &any.any, length) != 0)
    return fail("UDP port " + std::to_string(port) + ": " + std::generic_category().message(errno));
  for (int const option : {SO_RCVBUFFORCE, SO_SNDBUFFORCE}) set(fd.get(), SOL_SOCKET, option, buffer_size);
  return OnePort(std::move(fd));
}

std::optional<OnePort::Arrival> OnePort::receive() {
  net::SocketAddress from;
  PacketInfo info;
  iovec piece{buffer_.data(), buffer_.size()};
  msghdr message{&from, sizeof from, &piece, 1, &info, sizeof info, 0};
  auto const size = ::recvmsg(fd_.get(), &message, 0);
  auto const* const header = size < 0 ? nullptr : CMSG_FIRSTHDR(&message);
  if (header == nullptr || header->cmsg_level != IPPROTO_IP || header->cmsg_type != IP_PKTINFO) return std::nullopt;
  auto const sender = net::to_endpoint(from);
  if (!sender) return std::nullopt;
  in_pktinfo to;
  std::memcpy(&to, CMSG_DATA(header), sizeof to);
  return Arrival{to_ip(to.ipi_addr), *sender, MutBytes{buffer_}.first(static_cast<std::size_t>(size))};
}

bool OnePort::send(IpAddress const& from, Endpoint const& to, Bytes datagram) const {
  net::SocketAddress remote;
  auto const length = net::to_socket_address(to, remote);
  PacketInfo info{};
  info.header = {CMSG_LEN(sizeof(in_pktinfo)), IPPROTO_IP, IP_PKTINFO};
  in_pktinfo local{};
  local.ipi_spec_dst.s_addr = htonl(from.v4());
  std::memcpy(CMSG_DATA(&info.header), &local, sizeof local);
  iovec piece{const_cast<std::uint8_t*>(datagram.data()), datagram.size()};
  msghdr message{&remote, length, &piece, 1, &info, sizeof info, 0};
  return ::sendmsg(fd_.get(), &message, 0) >= 0;
}

}  // namespace pim::crowd
