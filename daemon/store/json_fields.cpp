#include "store/json_fields.hpp"

#include <limits>

namespace pim::store {
namespace {

template <class Integer>
bool read_unsigned(boost::json::value const& json, Integer& out) {
  boost::json::error_code ec;
  auto const number = json.to_number<std::uint64_t>(ec);
  if (json.is_double() || ec || number > std::numeric_limits<Integer>::max()) return false;
  out = static_cast<Integer>(number);
  return true;
}

template <class T, class Parse>
bool read_parsed(boost::json::value const& json, T& out, Parse parse) {
  auto const* const text = json.if_string();
  if (text == nullptr) return false;
  auto const value = parse(std::string_view{*text});
  if (!value) return false;
  out = *value;
  return true;
}

}  // namespace

bool read(boost::json::value const& json, bool& out) {
  if (!json.is_bool()) return false;
  out = json.get_bool();
  return true;
}

bool read(boost::json::value const& json, std::string& out) {
  auto const* const text = json.if_string();
  if (text == nullptr) return false;
  out.assign(text->data(), text->size());
  return true;
}

bool read(boost::json::value const& json, std::uint64_t& out) { return read_unsigned(json, out); }
bool read(boost::json::value const& json, std::uint32_t& out) { return read_unsigned(json, out); }
bool read(boost::json::value const& json, std::uint16_t& out) { return read_unsigned(json, out); }
bool read(boost::json::value const& json, std::uint8_t& out) { return read_unsigned(json, out); }

bool read(boost::json::value const& json, WallTime& out) {
  boost::json::error_code ec;
  auto const nanoseconds = json.to_number<std::int64_t>(ec);
  if (json.is_double() || ec) return false;
  out = WallTime{std::chrono::nanoseconds{nanoseconds}};
  return true;
}

bool read(boost::json::value const& json, NodeId& out) { return read_parsed(json, out, parse_node_id); }
bool read(boost::json::value const& json, PublicKey& out) { return read_parsed(json, out, parse_public_key); }
bool read(boost::json::value const& json, IpAddress& out) { return read_parsed(json, out, parse_ip); }
bool read(boost::json::value const& json, Endpoint& out) { return read_parsed(json, out, parse_endpoint); }

std::optional<boost::json::value> parse_json(std::string_view text) {
  boost::json::error_code ec;
  auto json = boost::json::parse(text, ec);
  if (ec) return std::nullopt;
  return json;
}

std::int64_t to_nanoseconds(WallTime time) { return time.time_since_epoch().count(); }

}  // namespace pim::store
