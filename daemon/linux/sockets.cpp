#include "linux/sockets.hpp"

#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "linux/netlink.hpp"

namespace pim::linux_edge {
namespace {

struct Kind {
  std::uint8_t family, protocol;
  std::uint32_t states;  ///< a bit each
};

constexpr std::uint32_t bit(int state) { return 1U << state; }

/// A UDP socket is "established" when it is connected. TIME_WAIT says nothing by itself.
constexpr auto connected_tcp = bit(TCP_ESTABLISHED) | bit(TCP_SYN_SENT) | bit(TCP_SYN_RECV) | bit(TCP_FIN_WAIT1) |
                               bit(TCP_FIN_WAIT2) | bit(TCP_CLOSE_WAIT) | bit(TCP_LAST_ACK) | bit(TCP_CLOSING);
constexpr Kind kinds[] = {{AF_INET, IPPROTO_TCP, connected_tcp},
                          {AF_INET6, IPPROTO_TCP, connected_tcp},
                          {AF_INET, IPPROTO_UDP, bit(TCP_ESTABLISHED)},
                          {AF_INET6, IPPROTO_UDP, bit(TCP_ESTABLISHED)}};

bool cannot_at_all(NetlinkError const& error) {
  return error.code == EOPNOTSUPP || error.code == ENOENT || error.code == EPROTONOSUPPORT;
}

/// A socket for both families holds an IPv4 address behind ::ffff:0:0/96 (RFC 4291 section 2.5.5.2).
IpAddress own_address(inet_diag_msg const& socket) {
  constexpr std::array<std::uint8_t, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  Bytes const bytes{reinterpret_cast<std::uint8_t const*>(socket.id.idiag_src), sizeof socket.id.idiag_src};
  if (socket.idiag_family == AF_INET) return IpAddress::from_bytes(bytes.first(4));
  return IpAddress::from_bytes(std::ranges::equal(bytes.first(12), mapped) ? bytes.subspan(12) : bytes);
}

inet_diag_req_v2& put_request(Message& message, Kind const& kind) {
  auto& request = message.header<inet_diag_req_v2>();
  request.sdiag_family = kind.family;
  request.sdiag_protocol = kind.protocol;
  request.idiag_states = kind.states;
  return request;
}

Result<std::vector<Message>, NetlinkError> endings_of(NetlinkSocket& diag, Kind const& kind,
                                                      std::vector<IpAddress> const& addresses) {
  std::vector<Message> endings;
  Message question{SOCK_DIAG_BY_FAMILY};
  put_request(question, kind);
  auto const read = diag.dump(std::move(question), [&](nlmsghdr const& part) {
    auto const socket = header_of<inet_diag_msg>(part);
    if (std::ranges::find(addresses, own_address(socket)) == addresses.end()) return;
    auto& ending = endings.emplace_back(std::uint16_t{SOCK_DESTROY});
    // With its cookie: another socket that has taken the same ports since is left alone.
    put_request(ending, kind).id = socket.id;
  });
  if (!read) return fail_with(read.error());
  return endings;
}

}  // namespace

Result<std::size_t> end_connections_from(std::vector<IpAddress> const& addresses) {
  if (addresses.empty()) return 0;
  auto diag = NetlinkSocket::open(NETLINK_SOCK_DIAG);
  if (!diag) return fail_with(diag.error());
  std::size_t ended = 0;
  for (auto const& kind : kinds) {
    auto endings = endings_of(*diag, kind, addresses);
    if (!endings && cannot_at_all(endings.error())) continue;
    if (!endings) return fail("the connections of this host cannot be read: " + endings.error().text);
    for (auto& ending : *endings) {
      auto const done = diag->request(std::move(ending));
      if (!done && !cannot_at_all(done.error()))
        return fail("a connection that was begun in the tunnel cannot be ended: " + done.error().text);
      ended += done ? 1 : 0;
    }
  }
  return ended;
}

}  // namespace pim::linux_edge
