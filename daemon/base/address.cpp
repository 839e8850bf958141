#include "base/address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace pim {
namespace {

template <class Integer>
std::optional<Integer> parse_number(std::string_view text) {
  Integer value{};
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

bool in(IpAddress const& ip, Prefix const& prefix) { return prefix.contains(ip); }

Prefix v4_prefix(std::uint8_t a, std::uint8_t b, std::uint8_t length) {
  return make_prefix(IpAddress::from_v4(std::uint32_t{a} << 24 | std::uint32_t{b} << 16), length);
}

bool is_host_name(std::string_view host) {
  if (host.empty() || host.size() > 253) return false;
  return std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_';
  });
}

}  // namespace

IpAddress IpAddress::from_v4(std::uint32_t host_order) {
  IpAddress ip;
  store_be(ip.bytes.data(), host_order);
  return ip;
}

IpAddress IpAddress::from_bytes(Bytes bytes) {
  PIM_ASSERT(bytes.size() == 4 || bytes.size() == 16);
  IpAddress ip;
  ip.family = bytes.size() == 4 ? Family::v4 : Family::v6;
  std::copy(bytes.begin(), bytes.end(), ip.bytes.begin());
  return ip;
}

bool Prefix::contains(IpAddress const& address) const {
  if (address.family != ip.family) return false;
  std::size_t const whole = length / 8, bits = length % 8;
  if (!std::equal(ip.bytes.begin(), ip.bytes.begin() + static_cast<std::ptrdiff_t>(whole), address.bytes.begin()))
    return false;
  if (bits == 0) return true;
  auto const mask = static_cast<std::uint8_t>(0xff00 >> bits);
  return (ip.bytes[whole] & mask) == (address.bytes[whole] & mask);
}

Prefix make_prefix(IpAddress const& ip, std::uint8_t length) {
  PIM_ASSERT(length <= ip.size() * 8);
  Prefix prefix{ip, length};
  for (std::size_t bit = length; bit < ip.size() * 8; ++bit)
    prefix.ip.bytes[bit / 8] = static_cast<std::uint8_t>(prefix.ip.bytes[bit / 8] & ~(0x80 >> (bit % 8)));
  return prefix;
}

std::string to_string(IpAddress const& ip) {
  char text[INET6_ADDRSTRLEN] = {};
  PIM_ASSERT(inet_ntop(ip.is_v4() ? AF_INET : AF_INET6, ip.bytes.data(), text, sizeof text) != nullptr);
  return text;
}

std::string to_string(Endpoint const& endpoint) {
  auto host = to_string(endpoint.ip);
  if (endpoint.scope != 0) host += "%" + std::to_string(endpoint.scope);
  if (!endpoint.ip.is_v4()) host = "[" + host + "]";
  return host + ":" + std::to_string(endpoint.port);
}

std::string to_string(Prefix const& prefix) { return to_string(prefix.ip) + "/" + std::to_string(prefix.length); }

std::optional<IpAddress> parse_ip(std::string_view text) {
  std::string const terminated(text);
  if (terminated.find('\0') != std::string::npos) return std::nullopt;
  std::array<std::uint8_t, 16> bytes{};
  if (inet_pton(AF_INET, terminated.c_str(), bytes.data()) == 1) return IpAddress::from_bytes(Bytes{bytes}.first(4));
  if (inet_pton(AF_INET6, terminated.c_str(), bytes.data()) == 1) return IpAddress::from_bytes(bytes);
  return std::nullopt;
}

std::optional<Endpoint> parse_endpoint(std::string_view text) {
  auto const colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  auto host = text.substr(0, colon);
  auto const port = parse_number<std::uint16_t>(text.substr(colon + 1));
  bool const bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  std::uint32_t scope = 0;
  if (auto const percent = host.find('%'); percent != std::string_view::npos) {
    auto const index = parse_number<std::uint32_t>(host.substr(percent + 1));
    if (!index) return std::nullopt;
    scope = *index;
    host = host.substr(0, percent);
  }
  auto const ip = parse_ip(host);
  if (!ip || !port || ip->is_v4() == bracketed) return std::nullopt;
  return Endpoint{*ip, *port, scope};
}

std::optional<Prefix> parse_prefix(std::string_view text) {
  auto const slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  auto const ip = parse_ip(text.substr(0, slash));
  auto const length = parse_number<std::uint8_t>(text.substr(slash + 1));
  if (!ip || !length || *length > ip->size() * 8) return std::nullopt;
  auto const prefix = make_prefix(*ip, *length);
  if (prefix.ip != *ip) return std::nullopt;
  return prefix;
}

bool is_private(IpAddress const& ip) {
  if (ip.is_v4())
    return in(ip, v4_prefix(10, 0, 8)) || in(ip, v4_prefix(172, 16, 12)) || in(ip, v4_prefix(192, 168, 16)) ||
           in(ip, v4_prefix(100, 64, 10)) || in(ip, v4_prefix(169, 254, 16));
  return (ip.bytes[0] & 0xfe) == 0xfc || is_link_local(ip);
}

bool is_loopback(IpAddress const& ip) {
  if (ip.is_v4()) return ip.bytes[0] == 127;
  return std::all_of(ip.bytes.begin(), ip.bytes.begin() + 15, [](auto b) { return b == 0; }) && ip.bytes[15] == 1;
}

bool is_link_local(IpAddress const& ip) {
  if (ip.is_v4()) return in(ip, v4_prefix(169, 254, 16));
  return ip.bytes[0] == 0xfe && (ip.bytes[1] & 0xc0) == 0x80;
}

bool is_multicast(IpAddress const& ip) {
  if (ip.is_v4()) return (ip.bytes[0] & 0xf0) == 0xe0 || ip.v4() == 0xffffffff;
  return ip.bytes[0] == 0xff;
}

bool is_unspecified(IpAddress const& ip) {
  return std::all_of(ip.bytes.begin(), ip.bytes.end(), [](auto b) { return b == 0; });
}

std::string to_string(HostPort const& address) {
  auto const is_v6 = address.host.find(':') != std::string::npos;
  return (is_v6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

std::optional<HostPort> parse_host_port(std::string_view text, std::uint16_t default_port) {
  HostPort out{std::string(text), default_port};
  auto const bracket = text.find(']');
  if (!text.empty() && text.front() == '[') {
    if (bracket == std::string_view::npos) return std::nullopt;
    out.host = text.substr(1, bracket - 1);
    text = text.substr(bracket + 1);
    auto const ip = parse_ip(std::string_view(out.host).substr(0, out.host.find('%')));
    if (!ip || ip->is_v4() || (!text.empty() && text.front() != ':')) return std::nullopt;
  } else if (auto const ip = parse_ip(text); ip && !ip->is_v4()) {
    return out;
  } else {
    auto const colon = text.find(':');
    out.host = text.substr(0, colon);
    if (!is_host_name(out.host)) return std::nullopt;
    text = colon == std::string_view::npos ? std::string_view{} : text.substr(colon);
  }
  if (text.empty()) return out;
  auto const port = parse_number<std::uint16_t>(text.substr(1));
  if (!port || *port == 0) return std::nullopt;
  out.port = *port;
  return out;
}

}  // namespace pim
