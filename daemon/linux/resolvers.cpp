#include "linux/resolvers.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <string>

namespace pim::linux_edge {
namespace {

constexpr std::size_t most_resolvers = 8;
constexpr std::size_t size_limit = 65536;

constexpr std::string_view blanks = " \t\r";

std::string_view next_word(std::string_view& line) {
  auto const begin = line.find_first_not_of(blanks);
  if (begin == line.npos) return line = {};
  line.remove_prefix(begin);
  auto const word = line.substr(0, line.find_first_of(blanks));
  line.remove_prefix(word.size());
  return word;
}

std::vector<IpAddress> read_real_resolvers(char const* path) {
  std::ifstream file{path, std::ios::binary};
  std::string text(size_limit, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
  auto resolvers = parse_resolv_conf(text);
  std::erase_if(resolvers, [](IpAddress const& ip) { return is_loopback(ip) || is_unspecified(ip); });
  return resolvers;
}

}  // namespace

std::vector<IpAddress> parse_resolv_conf(std::string_view text) {
  std::vector<IpAddress> out;
  while (!text.empty() && out.size() < most_resolvers) {
    auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (next_word(line) != "nameserver") continue;
    auto const word = next_word(line);
    if (auto const ip = parse_ip(word.substr(0, word.find('%'))); ip && std::ranges::find(out, *ip) == out.end())
      out.push_back(*ip);
  }
  return out;
}

std::vector<IpAddress> read_uplink_resolvers() {
  // In the last two, the local stub keeps what the uplink gave it.
  for (auto const* path :
       {"/etc/resolv.conf", "/run/systemd/resolve/resolv.conf", "/run/NetworkManager/no-stub-resolv.conf"})
    if (auto resolvers = read_real_resolvers(path); !resolvers.empty()) return resolvers;
  return {};
}

Upstreams upstreams_of(std::vector<IpAddress> const& resolvers) {
  Upstreams out;
  for (auto const& ip : resolvers) {
    // A link-local resolver has no meaning without the interface it was heard on.
    if (is_loopback(ip) || (is_link_local(ip) && !ip.is_v4())) continue;
    auto& upstream = ip.is_v4() ? out.v4 : out.v6;
    if (!upstream) upstream = ip;
  }
  return out;
}

}  // namespace pim::linux_edge
