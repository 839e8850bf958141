#include "linux/conntrack.hpp"

#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "linux/netlink.hpp"
#include "linux/rtnl.hpp"
#include "linux/sysctls.hpp"

namespace pim::linux_edge {
namespace {

constexpr std::uint16_t dns_port = 53;

constexpr std::uint16_t type_of(int message) {
  return static_cast<std::uint16_t>(NFNL_SUBSYS_CTNETLINK << 8 | message);
}

struct Entry {
  std::uint8_t family = 0;
  IpAddress source;       ///< of the question
  IpAddress destination;  ///< as the application named it
  IpAddress answerer;     ///< where it really went
  IpAddress asker;        ///< whom the answers are for
  std::uint8_t protocol = 0;
  std::uint16_t port = 0;  ///< of the destination
  Buffer original, id, zone;
};

std::optional<IpAddress> address_of(Attributes const& tuple, std::uint16_t v4, std::uint16_t v6) {
  Attributes const ip{tuple.find(CTA_TUPLE_IP)};
  auto const field = ip.find(v4);
  return address_in(field.empty() ? ip.find(v6) : field);
}

Buffer copy_of(Bytes bytes) { return {bytes.begin(), bytes.end()}; }

std::optional<Entry> entry_in(nlmsghdr const& message) {
  Attributes const attributes{attributes_of(message, sizeof(nfgenmsg))};
  Attributes const original{attributes.find(CTA_TUPLE_ORIG)};
  Attributes const reply{attributes.find(CTA_TUPLE_REPLY)};
  auto const source = address_of(original, CTA_IP_V4_SRC, CTA_IP_V6_SRC);
  auto const destination = address_of(original, CTA_IP_V4_DST, CTA_IP_V6_DST);
  auto const answerer = address_of(reply, CTA_IP_V4_SRC, CTA_IP_V6_SRC);
  auto const asker = address_of(reply, CTA_IP_V4_DST, CTA_IP_V6_DST);
  if (!source || !destination || !answerer || !asker) return std::nullopt;
  Attributes const transport{original.find(CTA_TUPLE_PROTO)};
  auto const port = transport.find(CTA_PROTO_DST_PORT);
  return Entry{.family = header_of<nfgenmsg>(message).nfgen_family,
               .source = *source,
               .destination = *destination,
               .answerer = *answerer,
               .asker = *asker,
               .protocol = transport.u8(CTA_PROTO_NUM),
               .port = port.size() == 2 ? load_be<std::uint16_t>(port.data()) : std::uint16_t{0},
               .original = copy_of(attributes.find(CTA_TUPLE_ORIG)),
               .id = copy_of(attributes.find(CTA_ID)),
               .zone = copy_of(attributes.find(CTA_ZONE))};
}

template <class Handle>
Result<void> for_each_entry(NetlinkSocket& netfilter, Handle const& handle) {
  for (auto const family : {AF_INET, AF_INET6}) {
    Message message{type_of(IPCTNL_MSG_CT_GET)};
    message.header<nfgenmsg>().nfgen_family = static_cast<std::uint8_t>(family);
    auto const done = netfilter.dump(std::move(message), [&](nlmsghdr const& part) {
      if (auto const entry = entry_in(part)) handle(*entry);
    });
    // A kernel that tracks nothing has nothing to forget.
    if (!done && done.error().code != EOPNOTSUPP && done.error().code != EINVAL)
      return fail("connection tracking cannot be read: " + done.error().text);
  }
  return {};
}

Message deletion_of(Entry const& entry) {
  Message message{type_of(IPCTNL_MSG_CT_DELETE)};
  message.header<nfgenmsg>().nfgen_family = entry.family;
  message.put(NLA_F_NESTED | CTA_TUPLE_ORIG, entry.original);
  if (!entry.zone.empty()) message.put(CTA_ZONE, entry.zone);
  // With the id a connection that has taken the same ports since is left alone.
  if (!entry.id.empty()) message.put(CTA_ID, entry.id);
  return message;
}

// fd00::/8 with nothing but 53 behind the network's 48 bits, or a private IPv4 address ending in .255.53.
bool has_service_shape(IpAddress const& ip) {
  if (!is_private(ip)) return false;
  if (ip.is_v4()) return ip.bytes[2] == 255 && ip.bytes[3] == 53;
  return ip.bytes[0] == 0xfd && ip.bytes[15] == 0x53 &&
         std::all_of(ip.bytes.begin() + 6, ip.bytes.begin() + 15, [](std::uint8_t byte) { return byte == 0; });
}

bool was_redirected(Entry const& entry, std::vector<IpAddress> const& services) {
  if (entry.port != dns_port || entry.answerer == entry.destination) return false;
  if (services.empty()) return has_service_shape(entry.answerer);
  return std::ranges::find(services, entry.answerer) != services.end();
}

template <class IsToGo>
Result<std::size_t> delete_entries(IsToGo const& is_to_go) {
  auto netfilter = NetlinkSocket::open(NETLINK_NETFILTER);
  if (!netfilter) return fail_with(netfilter.error());
  std::vector<Message> deletions;
  auto const read = for_each_entry(*netfilter, [&](Entry const& entry) {
    if (is_to_go(entry)) deletions.push_back(deletion_of(entry));
  });
  if (!read) return fail_with(read.error());
  std::size_t deleted = 0;
  for (auto& deletion : deletions) {
    auto const done = netfilter->request(std::move(deletion));
    if (!done && done.error().code != ENOENT)
      return fail("a tracked connection cannot be deleted: " + done.error().text);
    deleted += done ? 1 : 0;
  }
  return deleted;
}

}  // namespace

Result<std::size_t> delete_redirected_dns(std::vector<IpAddress> const& services) {
  return delete_entries([&](Entry const& entry) { return was_redirected(entry, services); });
}

Result<std::size_t> delete_masqueraded_as(std::vector<IpAddress> const& sources, Masqueraded which) {
  return delete_entries([&](Entry const& entry) {
    if (which == Masqueraded::all_but_tcp && entry.protocol == IPPROTO_TCP) return false;
    return entry.asker != entry.source && std::ranges::find(sources, entry.asker) != sources.end();
  });
}

Result<std::size_t> count_connections_from(Prefix const& v4, Prefix const& v6) {
  auto netfilter = NetlinkSocket::open(NETLINK_NETFILTER);
  if (!netfilter) return fail_with(netfilter.error());
  std::size_t count = 0;
  auto const read = for_each_entry(*netfilter, [&](Entry const& entry) {
    auto const& mesh = entry.source.is_v4() ? v4 : v6;
    count += mesh.contains(entry.source) && !mesh.contains(entry.destination) ? 1 : 0;
  });
  if (!read) return fail_with(read.error());
  return count;
}

std::optional<TrackedConnections> read_tracked_connections() {
  auto const number = [](char const* path) {
    auto const text = read_sysctl(path).value_or("");
    std::uint64_t value = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size() ? std::optional{value} : std::nullopt;
  };
  auto const used = number("net/netfilter/nf_conntrack_count");
  auto const max = number("net/netfilter/nf_conntrack_max");
  if (!used || !max || *max == 0) return std::nullopt;
  return TrackedConnections{*used, *max};
}

}  // namespace pim::linux_edge
