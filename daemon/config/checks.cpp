#include "config/checks.hpp"

#include <algorithm>

#include "config/config.hpp"
#include "config/keys.hpp"
#include "mesh/addresses.hpp"

namespace pim::config {
namespace {

constexpr std::size_t min_secret_size = 16, max_secret_size = 256;

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

}  // namespace

Result<std::string> check_line(std::string const& text, std::size_t max) {
  if (text.size() > max) return fail("is longer than " + std::to_string(max) + " bytes");
  if (std::any_of(text.begin(), text.end(), is_control)) return fail("holds a control character");
  return text;
}

Result<std::string> check_interface_name(std::string const& text) {
  // IFNAMSIZ is 16 with the zero at the end.
  if (text.empty() || text.size() > 15) return fail("must have 1 to 15 characters");
  if (!std::all_of(text.begin(), text.end(), is_name_character) || text.front() == '.' || text.front() == '-')
    return fail("must consist of letters, digits, '_', '-' and '.', and not begin with '-' or '.'");
  if (text == "lo" || text == "all" || text == "default") return fail("is a name that the system uses itself");
  return text;
}

Result<std::string> check_absolute_path(std::string const& text, std::size_t max) {
  if (!text.starts_with('/')) return fail("must be an absolute path");
  return check_line(text, max);
}

Result<std::string> check_secret(std::string const& text) {
  if (text == secret_shown) return fail("is what config.get shows instead of the secret");
  if (text.size() < min_secret_size || text.size() > max_secret_size)
    return fail("must have 16 to 256 bytes; try: openssl rand -base64 32");
  return text;
}

Result<NodeId> check_node_id(std::string const& text) {
  if (auto const id = parse_node_id(text)) return *id;
  return fail("must be a node id: 32 hex digits");
}

Result<PublicKey> check_public_key(std::string const& text) {
  if (auto const key = parse_public_key(text)) return *key;
  return fail("must be a public key: 64 hex digits");
}

Result<HostPort> check_peer_address(std::string const& text) {
  auto address = parse_host_port(text, default_listen_port);
  if (!address || address->port == 0)
    return fail("must be a name or an IP address, with or without a port: example.org, 192.0.2.1:9100, [2001:db8::1]");
  return *address;
}

Result<IpAddress> check_mesh_ip(std::string const& text) {
  auto const digits = text.ends_with("/16") ? text.substr(0, text.size() - 3) : text;
  auto const ip = parse_ip(digits);
  if (!ip || !mesh::is_usable_alias(*ip))
    return fail("must be \"auto\" or an address in 10.77.0.0/16 that is no network, broadcast or service address");
  return *ip;
}

}  // namespace pim::config
