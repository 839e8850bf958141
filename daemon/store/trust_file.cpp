#include "store/trust_file.hpp"

#include <set>

#include "crypto/hash.hpp"
#include "store/checked_file.hpp"
#include "store/json_fields.hpp"

namespace pim::store {
namespace {

constexpr StoreWords words{"trust", "the trust store", "forget every peer"};

bool read_level(boost::json::value const& json, trust::Level& out) {
  std::string name;
  if (!read(json, name)) return false;
  auto const level = trust::parse_level(name);
  if (level) out = *level;
  return level.has_value();
}

bool read_timestamp(boost::json::value const& json, trust::HandshakeTimestamp& out) {
  return Fields{json}.required("s", out.seconds).required("ns", out.nanos).done();
}

bool read_record(boost::json::value const& json, trust::Record& out) {
  return Fields{json}
             .required("node_id", out.id)
             .required("public_key", out.key)
             .required("level", out.level, read_level)
             .required("first_seen", out.first_seen)
             .required("label", out.label)
             .optional("endpoint", out.last_endpoint)
             .required("timestamp", out.last_timestamp, read_timestamp)
             .required("gateway_allowed", out.gateway_allowed)
             .optional("v4_alias", out.v4_alias)
             .done() &&
         crypto::node_id_of(out.key) == out.id;
}

bool read_pin(boost::json::value const& json, trust::Pin& out) {
  return Fields{json}.required("address", out.address).required("node_id", out.id).done();
}

boost::json::object to_json(trust::Record const& record) {
  boost::json::object json{
      {"node_id", to_string(record.id)},
      {"public_key", to_string(record.key)},
      {"level", trust::to_string(record.level)},
      {"first_seen", to_nanoseconds(record.first_seen)},
      {"label", record.label},
      {"timestamp", {{"s", record.last_timestamp.seconds}, {"ns", record.last_timestamp.nanos}}},
      {"gateway_allowed", record.gateway_allowed},
  };
  if (record.last_endpoint) json["endpoint"] = to_string(*record.last_endpoint);
  if (record.v4_alias) json["v4_alias"] = to_string(*record.v4_alias);
  return json;
}

/// Two records of one node, two holders of one alias or two pins of one address: one of them would be ignored.
bool is_coherent(trust::Snapshot const& snapshot) {
  std::set<NodeId> ids;
  std::set<std::string_view> addresses;
  std::set<IpAddress> aliases;
  for (auto const& record : snapshot.records) {
    if (!ids.insert(record.id).second) return false;
    if (record.v4_alias && (!record.v4_alias->is_v4() || !aliases.insert(*record.v4_alias).second)) return false;
  }
  for (auto const& pin : snapshot.pins)
    if (!addresses.insert(pin.address).second) return false;
  return true;
}

}  // namespace

std::string encode_trust(trust::Snapshot const& snapshot) {
  boost::json::array records, pins;
  for (auto const& record : snapshot.records) records.push_back(to_json(record));
  for (auto const& [address, id] : snapshot.pins) pins.push_back({{"address", address}, {"node_id", to_string(id)}});
  return boost::json::serialize(boost::json::object{{"records", std::move(records)}, {"pins", std::move(pins)}}) + "\n";
}

Result<trust::Snapshot> decode_trust(std::string_view body) {
  auto const json = parse_json(body);
  trust::Snapshot snapshot;
  if (!json ||
      !Fields{*json}.list("records", snapshot.records, read_record).list("pins", snapshot.pins, read_pin).done() ||
      !is_coherent(snapshot))
    return fail("is not of this version");
  return snapshot;
}

Result<trust::Snapshot> load_trust(std::string const& path) {
  auto const body = load_checked(words, path);
  if (!body) return fail_with(body.error());
  if (!*body) return trust::Snapshot{};
  auto snapshot = decode_trust(**body);
  if (!snapshot) return fail_with(damaged(words, path, snapshot.error().message));
  return snapshot;
}

Result<void> save_trust(FileSystem& files, std::string const& path, trust::Snapshot const& snapshot) {
  auto const body = encode_trust(snapshot);
  // What could not be read back must not replace what can.
  if (auto const again = decode_trust(body); !again || *again != snapshot)
    return fail("cannot store trust in " + path + ": a text in it is not UTF-8");
  return save_checked(files, words, path, body);
}

}  // namespace pim::store
