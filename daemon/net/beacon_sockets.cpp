#include "net/beacon_sockets.hpp"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string>
#include <system_error>

#include "net/socket_address.hpp"

namespace pim::net {
namespace {

// Longer than any beacon, so that one too long is seen to be.
constexpr std::size_t slot_size = 128;
constexpr int hop_limit = 255;

bool set(int fd, int level, int option, int value) {
  return ::setsockopt(fd, level, option, &value, sizeof value) == 0;
}

IpAddress address_of(std::string_view text) { return parse_ip(text).value(); }

void tune(int fd, Family family) {
  set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
  if (family == Family::v4) {
    set(fd, SOL_SOCKET, SO_BROADCAST, 1);
    set(fd, IPPROTO_IP, IP_TTL, hop_limit);
    set(fd, IPPROTO_IP, IP_MULTICAST_TTL, hop_limit);
    set(fd, IPPROTO_IP, IP_MULTICAST_LOOP, 0);
    set(fd, IPPROTO_IP, IP_PKTINFO, 1);
    set(fd, IPPROTO_IP, IP_RECVTTL, 1);
  } else {
    set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    set(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, hop_limit);
    set(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0);
    set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
    set(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1);
  }
}

struct Bound {
  Fd fd;
  int error = 0;  ///< 0: bound
};

Bound bind_socket(Family family, BeaconOptions const& options) {
  auto const domain = family == Family::v4 ? AF_INET : AF_INET6;
  Fd socket{::socket(domain, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP)};
  if (!socket.is_open()) return {{}, errno};
  tune(socket.get(), family);
  if (options.mark != 0) set(socket.get(), SOL_SOCKET, SO_MARK, static_cast<int>(options.mark));
  Endpoint any;
  any.ip.family = family;
  any.port = options.port;
  SocketAddress address;
  auto const length = to_socket_address(any, address);
  if (::bind(socket.get(), &address.any, length) != 0) return {{}, errno};
  return {std::move(socket), 0};
}

bool is_family_missing(int error) { return error == EAFNOSUPPORT || error == EADDRNOTAVAIL; }

Failure<Error> cannot_bind(std::uint16_t port, int error) {
  auto const name = "UDP port " + std::to_string(port);
  if (error == EADDRINUSE)
    return fail(name + " is in use by another program: stop it, or choose another port with [discovery] port");
  return fail(name + " cannot be opened for discovery: " + std::generic_category().message(error) +
              "; choose another with [discovery] port, or set [discovery] enabled = false");
}

struct Seen {
  std::uint32_t interface = 0;
  int hops = 0;
};

template <class T>
T content_of(cmsghdr* message) {
  T value{};
  std::memcpy(&value, CMSG_DATA(message), sizeof value);
  return value;
}

Seen look_at(msghdr& header) {
  Seen seen;
  for (auto* one = CMSG_FIRSTHDR(&header); one != nullptr; one = CMSG_NXTHDR(&header, one)) {
    if (one->cmsg_level == IPPROTO_IP && one->cmsg_type == IP_PKTINFO)
      seen.interface = static_cast<std::uint32_t>(content_of<in_pktinfo>(one).ipi_ifindex);
    else if (one->cmsg_level == IPPROTO_IPV6 && one->cmsg_type == IPV6_PKTINFO)
      seen.interface = content_of<in6_pktinfo>(one).ipi6_ifindex;
    else if ((one->cmsg_level == IPPROTO_IP && one->cmsg_type == IP_TTL) ||
             (one->cmsg_level == IPPROTO_IPV6 && one->cmsg_type == IPV6_HOPLIMIT))
      seen.hops = content_of<int>(one);
  }
  return seen;
}

/// The kernel takes the source address from the interface, too.
template <class PacketInfo>
bool send_from(int fd, int level, int type, PacketInfo const& info, Endpoint const& to, Bytes datagram) {
  SocketAddress address;
  auto const length = to_socket_address(to, address);
  iovec content{const_cast<std::uint8_t*>(datagram.data()), datagram.size()};
  alignas(cmsghdr) std::array<std::uint8_t, CMSG_SPACE(sizeof info)> control{};
  msghdr header{};
  header.msg_name = &address;
  header.msg_namelen = length;
  header.msg_iov = &content;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  auto* const message = CMSG_FIRSTHDR(&header);
  message->cmsg_level = level;
  message->cmsg_type = type;
  message->cmsg_len = CMSG_LEN(sizeof info);
  std::memcpy(CMSG_DATA(message), &info, sizeof info);
  return ::sendmsg(fd, &header, MSG_DONTWAIT) == static_cast<ssize_t>(datagram.size());
}

}  // namespace

/// Where one batch is read into.
struct BeaconSockets::Slots {
  struct Slot {
    std::array<std::uint8_t, slot_size> bytes;
    SocketAddress from;
    iovec content;
    alignas(cmsghdr) std::array<std::uint8_t, CMSG_SPACE(sizeof(in6_pktinfo)) + CMSG_SPACE(sizeof(int))> control;
  };
  std::array<Slot, batch> slots;
  std::array<mmsghdr, batch> messages;
  std::vector<discovery::Received> received;

  void prepare() {
    for (std::size_t i = 0; i < batch; ++i) {
      auto& slot = slots[i];
      slot.content = {slot.bytes.data(), slot.bytes.size()};
      messages[i] = {};
      auto& header = messages[i].msg_hdr;
      header.msg_name = &slot.from;
      header.msg_namelen = sizeof slot.from;
      header.msg_iov = &slot.content;
      header.msg_iovlen = 1;
      header.msg_control = slot.control.data();
      header.msg_controllen = slot.control.size();
    }
  }
};

void BeaconSockets::FreeSlots::operator()(Slots* slots) const { delete slots; }

Result<BeaconSockets> BeaconSockets::open(BeaconOptions const& options) {
  auto v4 = bind_socket(Family::v4, options);
  if (v4.error != 0 && !is_family_missing(v4.error)) return cannot_bind(options.port, v4.error);
  auto v6 = bind_socket(Family::v6, options);
  if (v6.error != 0 && (!is_family_missing(v6.error) || !v4.fd.is_open())) return cannot_bind(options.port, v6.error);
  return BeaconSockets{std::move(v4.fd), std::move(v6.fd), options.port};
}

BeaconSockets::BeaconSockets(Fd v4, Fd v6, std::uint16_t port)
    : v4_(std::move(v4)), v6_(std::move(v6)), port_(port), slots_(new Slots{}) {
  slots_->received.reserve(batch);
}

void BeaconSockets::follow(std::span<discovery::Interface const> interfaces) {
  std::erase_if(joined_, [&](Membership const& membership) {
    bool const stays = std::ranges::any_of(interfaces, [&](discovery::Interface const& one) {
      return one.index == membership.second && one.speaks(membership.first);
    });
    // An interface that is gone took its memberships along; leaving again does no harm.
    if (!stays) (void)change_membership(membership, false);
    return !stays;
  });
  for (auto const& interface : interfaces) join(interface);
}

void BeaconSockets::join(discovery::Interface const& interface) {
  for (auto const family : {Family::v4, Family::v6}) {
    Membership const membership{family, interface.index};
    if (!interface.speaks(family) || joined_.contains(membership)) continue;
    if (change_membership(membership, true)) joined_.insert(membership);
  }
}

bool BeaconSockets::change_membership(Membership const& membership, bool is_member) const {
  auto const& [family, interface] = membership;
  if (family == Family::v4) {
    ip_mreqn group{};
    std::memcpy(&group.imr_multiaddr, address_of(group_v4).bytes.data(), 4);
    group.imr_ifindex = static_cast<int>(interface);
    auto const option = is_member ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP;
    return ::setsockopt(v4_.get(), IPPROTO_IP, option, &group, sizeof group) == 0 || errno == EADDRINUSE;
  }
  ipv6_mreq group{};
  std::memcpy(&group.ipv6mr_multiaddr, address_of(group_v6).bytes.data(), 16);
  group.ipv6mr_interface = interface;
  auto const option = is_member ? IPV6_JOIN_GROUP : IPV6_LEAVE_GROUP;
  return ::setsockopt(v6_.get(), IPPROTO_IPV6, option, &group, sizeof group) == 0 || errno == EADDRINUSE;
}

std::span<discovery::Received const> BeaconSockets::receive(Family family, DropCounters& drops) {
  auto& [slots, messages, received] = *slots_;
  received.clear();
  slots_->prepare();
  auto const count = ::recvmmsg(fd(family), messages.data(), batch, MSG_DONTWAIT, nullptr);
  for (int i = 0; i < count; ++i) {
    auto& message = messages[static_cast<std::size_t>(i)];
    auto const& slot = slots[static_cast<std::size_t>(i)];
    auto const seen = look_at(message.msg_hdr);
    auto const from = to_endpoint(slot.from);
    bool const is_whole = (message.msg_hdr.msg_flags & MSG_TRUNC) == 0;
    if (!from || !is_whole || seen.hops != hop_limit) {
      pim::count(drops, Drop::foreign_beacon);
      continue;
    }
    received.push_back({seen.interface, *from, Bytes{slot.bytes}.first(message.msg_len)});
  }
  return received;
}

void BeaconSockets::send(discovery::Send const& beacon, DropCounters& drops) {
  auto const& interface = beacon.interface;
  join(interface);
  bool is_sent = true;
  if (v4_.is_open() && interface.speaks(Family::v4)) {
    in_pktinfo info{};
    info.ipi_ifindex = static_cast<int>(interface.index);
    auto const send_to = [&](IpAddress const& to) {
      return send_from(v4_.get(), IPPROTO_IP, IP_PKTINFO, info, {to, port_, 0}, beacon.datagram);
    };
    is_sent &= send_to(address_of(group_v4));
    if (interface.can_broadcast) is_sent &= send_to(IpAddress::from_v4(0xffffffff));
  }
  if (v6_.is_open() && interface.speaks(Family::v6)) {
    in6_pktinfo info{};
    info.ipi6_ifindex = interface.index;
    Endpoint const group{address_of(group_v6), port_, interface.index};
    is_sent &= send_from(v6_.get(), IPPROTO_IPV6, IPV6_PKTINFO, info, group, beacon.datagram);
  }
  if (!is_sent) pim::count(drops, Drop::send_failed);
}

}  // namespace pim::net
