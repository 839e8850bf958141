#include "ui/cli/ssh_guard.hpp"

#include <ifaddrs.h>
#include <netinet/in.h>

#include <algorithm>
#include <bit>

namespace pim::cli {
namespace {

std::string_view word(std::string_view text, std::size_t place) {
  for (;;) {
    auto const end = text.find(' ');
    if (place-- == 0) return text.substr(0, end);
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
}

/// sshd writes v4 clients of a v6 listener as ::ffff:192.0.2.1, and link-local ones with their interface.
std::optional<IpAddress> parse_ssh_address(std::string_view text) {
  if (text.starts_with("::ffff:") && text.find('.') != std::string_view::npos) text.remove_prefix(7);
  return parse_ip(text.substr(0, text.find('%')));
}

std::optional<IpAddress> to_address(sockaddr const* address) {
  if (address == nullptr) return std::nullopt;
  if (address->sa_family == AF_INET) {
    auto const& v4 = reinterpret_cast<sockaddr_in const*>(address)->sin_addr;
    return IpAddress::from_bytes({reinterpret_cast<std::uint8_t const*>(&v4), sizeof v4});
  }
  if (address->sa_family != AF_INET6) return std::nullopt;
  auto const& v6 = reinterpret_cast<sockaddr_in6 const*>(address)->sin6_addr;
  return IpAddress::from_bytes({reinterpret_cast<std::uint8_t const*>(&v6), sizeof v6});
}

std::uint8_t length_of(IpAddress const& mask) {
  int length = 0;
  for (auto const byte : mask.view()) length += std::popcount(byte);
  return static_cast<std::uint8_t>(length);
}

}  // namespace

bool would_cut_ssh(std::string_view ssh_connection, std::vector<LocalAddress> const& local) {
  if (ssh_connection.empty()) return false;
  auto const client = parse_ssh_address(word(ssh_connection, 0));
  auto const server = parse_ssh_address(word(ssh_connection, 2));
  if (!client || !server) return true;  // a session of unknown origin is not risked
  if (is_loopback(*client) || is_link_local(*client)) return false;
  bool const ends_here = std::ranges::find(local, *server, &LocalAddress::address) != local.end();
  if (!ends_here) return false;
  bool const is_connected =
      std::ranges::any_of(local, [&](LocalAddress const& own) { return own.network.contains(*client); });
  return !is_private(*client) || !is_connected;
}

std::vector<LocalAddress> local_addresses() {
  std::vector<LocalAddress> addresses;
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return addresses;
  for (auto const* entry = list; entry != nullptr; entry = entry->ifa_next) {
    auto const address = to_address(entry->ifa_addr);
    auto const mask = to_address(entry->ifa_netmask);
    if (address && mask) addresses.push_back({*address, make_prefix(*address, length_of(*mask))});
  }
  ::freeifaddrs(list);
  return addresses;
}

}  // namespace pim::cli
