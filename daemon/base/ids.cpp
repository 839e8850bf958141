#include "base/ids.hpp"

#include <algorithm>

namespace pim {
namespace {

template <class Id>
std::optional<Id> parse_fixed(std::string_view text) {
  auto const bytes = parse_hex(text);
  Id id;
  if (!bytes || bytes->size() != id.bytes.size()) return std::nullopt;
  std::copy(bytes->begin(), bytes->end(), id.bytes.begin());
  return id;
}

}  // namespace

std::string to_string(NodeId const& id) { return to_hex(id.bytes); }
std::string short_id(NodeId const& id) { return to_hex(Bytes{id.bytes}.first(4)); }

std::string grouped(NodeId const& id) {
  std::string text;
  for (std::size_t i = 0; i < id.bytes.size(); i += 2) {
    if (i != 0) text.push_back(' ');
    text += to_hex(Bytes{id.bytes}.subspan(i, 2));
  }
  return text;
}

std::optional<NodeId> parse_node_id(std::string_view text) {
  std::string digits;
  std::copy_if(text.begin(), text.end(), std::back_inserter(digits), [](char c) { return c != ' '; });
  return parse_fixed<NodeId>(digits);
}

std::string to_string(PublicKey const& key) { return to_hex(key.bytes); }
std::optional<PublicKey> parse_public_key(std::string_view text) { return parse_fixed<PublicKey>(text); }

}  // namespace pim
