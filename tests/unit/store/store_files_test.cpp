#include <doctest/doctest.h>

#include <random>

#include "crypto/hash.hpp"
#include "fake_disk.hpp"
#include "scratch.hpp"
#include "store/checked_file.hpp"
#include "store/state_file.hpp"
#include "store/trust_file.hpp"

using namespace pim;
using namespace pim::store;
using namespace std::chrono_literals;

namespace {

PublicKey key_of(std::uint32_t number) {
  PublicKey key;
  store_be(key.bytes.data(), number);
  return key;
}
NodeId id_of(std::uint32_t number) { return crypto::node_id_of(key_of(number)); }

trust::Snapshot full_snapshot() {
  trust::Snapshot snapshot;
  for (std::uint32_t level = 0; level < trust::level_names.size(); ++level) {
    trust::Record record{.id = id_of(level), .key = key_of(level), .level = static_cast<trust::Level>(level)};
    record.first_seen = WallTime{std::chrono::nanoseconds{1'700'000'000'123'456'789}};
    record.label = "caf\u00e9 \"quoted\" \\ \n tab\t";
    record.last_timestamp = {~std::uint64_t{0}, ~std::uint32_t{0}};
    record.gateway_allowed = level % 2 == 0;
    if (level % 3 == 0) record.last_endpoint = parse_endpoint("[fe80::1%7]:9100");
    if (level % 3 == 1) record.v4_alias = IpAddress::from_v4(0x0a4d0101 + level);
    snapshot.records.push_back(record);
  }
  snapshot.pins = {{"home.example:9100", id_of(1)}, {"[2001:db8::1]:9100", id_of(2)}};
  return snapshot;
}

control::SavedState full_state() {
  control::SavedState state;
  state.routing_answer = true;
  state.added_peers = {{.entry_id = "a1", .address = {"home.example", 9100}, .label = "home"},
                       {.entry_id = "a2",
                        .address = {"192.0.2.1", 1},
                        .node_id = id_of(1),
                        .public_key = key_of(1),
                        .mesh_v4 = parse_ip("10.77.1.1")}};
  state.gateways_allowed = {id_of(4), id_of(5)};
  state.gateways_disallowed = {id_of(3)};
  state.own_alias = parse_ip("10.77.3.4");
  state.gateway_decided = true;
  state.gateway = control::GatewaySettings{.nat_interface = "eth0", .max_connections = 7};
  state.timestamps_reserved_until = WallTime{1'700'000'000s};
  state.resolved = {{"home.example", {*parse_ip("192.0.2.1"), *parse_ip("2001:db8::1")}}, {"gone.example", {}}};
  return state;
}

/// The two stores behind one face, so that both get the same treatment.
struct TrustStore {
  using Value = trust::Snapshot;
  static Value full() { return full_snapshot(); }
  static Result<Value> load(std::string const& path) { return load_trust(path); }
  static Result<void> save(FileSystem& files, std::string const& path, Value const& v) {
    return save_trust(files, path, v);
  }
  static Result<Value> decode(std::string_view body) { return decode_trust(body); }
  static std::string encode(Value const& value) { return encode_trust(value); }
};
struct StateStore {
  using Value = control::SavedState;
  static Value full() { return full_state(); }
  static Result<Value> load(std::string const& path) { return load_state(path); }
  static Result<void> save(FileSystem& files, std::string const& path, Value const& v) {
    return save_state(files, path, v);
  }
  static Result<Value> decode(std::string_view body) { return decode_state(body); }
  static std::string encode(Value const& value) { return encode_state(value); }
};

}  // namespace

TEST_CASE_TEMPLATE("a store that was never written is empty, and what is stored comes back", Store, TrustStore,
                   StateStore) {
  Scratch const scratch;
  SystemFiles files;
  REQUIRE(Store::load(scratch / "it").ok());
  CHECK(*Store::load(scratch / "it") == typename Store::Value{});
  for (auto const& value : {Store::full(), typename Store::Value{}, Store::full()}) {
    REQUIRE(Store::save(files, scratch / "it", value).ok());
    auto const loaded = Store::load(scratch / "it");
    REQUIRE(loaded.ok());
    CHECK(*loaded == value);
  }
  CHECK(mode_of(scratch / "it") == 0600);
}

TEST_CASE_TEMPLATE("a store cut short or changed in any bit is an error that says what to do", Store, TrustStore,
                   StateStore) {
  Scratch const scratch;
  SystemFiles files;
  REQUIRE(Store::save(files, scratch / "it", {}).ok());
  REQUIRE(Store::save(files, scratch / "it", Store::full()).ok());
  auto const good = slurp(scratch / "it");
  auto check_damaged = [&](std::string const& text) {
    spill(scratch / "it", text);
    auto const loaded = Store::load(scratch / "it");
    REQUIRE_FALSE(loaded.ok());
    auto const& message = loaded.error().message;
    CHECK(message.find(scratch / "it" + " is damaged; ") != std::string::npos);
    CHECK(message.find("cp -p '" + scratch / "it.prev'" + " '" + scratch / "it'") != std::string::npos);
    CHECK(message.find('\n') == std::string::npos);
    CHECK(slurp(scratch / "it") == text);
  };
  for (std::size_t size = 0; size < good.size(); size += size < 120 ? 1 : 13) check_damaged(good.substr(0, size));
  check_damaged(good.substr(0, good.size() - 1));
  std::mt19937 random{7};
  for (int round = 0; round < 500; ++round) {
    auto text = good;
    auto const bit = random() % (good.size() * 8);
    text[bit / 8] = static_cast<char>(text[bit / 8] ^ (1 << bit % 8));
    check_damaged(text);
  }
  // The cure that the error names works.
  std::filesystem::copy_file(scratch / "it.prev", scratch / "it", std::filesystem::copy_options::overwrite_existing);
  CHECK(Store::load(scratch / "it").ok());
}

TEST_CASE_TEMPLATE("a store that is gone while its previous generation is there does not read as empty", Store,
                   TrustStore, StateStore) {
  Scratch const scratch;
  SystemFiles files;
  REQUIRE(Store::save(files, scratch / "it", {}).ok());
  REQUIRE(Store::save(files, scratch / "it", Store::full()).ok());
  std::filesystem::remove(scratch / "it");
  auto const loaded = Store::load(scratch / "it");
  REQUIRE_FALSE(loaded.ok());
  CHECK(loaded.error().message.find("is missing") != std::string::npos);
  std::filesystem::remove(scratch / "it.prev");
  CHECK(Store::load(scratch / "it").ok());
}

TEST_CASE_TEMPLATE("a store of another kind, or that cannot be opened, is an error", Store, TrustStore, StateStore) {
  Scratch const scratch;
  spill(scratch / "it", add_checksum("another", Store::encode(Store::full())));
  CHECK_FALSE(Store::load(scratch / "it").ok());
  std::filesystem::remove(scratch / "it");
  std::filesystem::create_directory(scratch / "it");
  CHECK_FALSE(Store::load(scratch / "it").ok());
}

TEST_CASE_TEMPLATE("a power cut at any call of a save leaves a store that loads as old or new", Store, TrustStore,
                   StateStore) {
  auto const old_file = add_checksum(std::is_same_v<Store, TrustStore> ? "trust" : "state", Store::encode({}));
  int calls = 100;
  bool is_complete = false;
  Scratch const scratch;
  for (int number = 1; number <= calls && !is_complete; ++number) {
    FakeDisk disk{{{"it", old_file}}};
    disk.at_call(number, FakeDisk::Event::cuts_power);
    try {
      is_complete = Store::save(disk, "it", Store::full()).ok();
    } catch (PowerCut const&) {
      is_complete = false;
    }
    for (auto const& found : disk.after_power_cut()) {
      spill(scratch / "it", found.at("it"));
      auto const loaded = Store::load(scratch / "it");
      REQUIRE(loaded.ok());
      CHECK((*loaded == Store::full() || *loaded == typename Store::Value{}));
    }
  }
  CHECK(is_complete);
}

TEST_CASE_TEMPLATE("a body that changed behind a right checksum is an error or the same value, never a crash", Store,
                   TrustStore, StateStore) {
  auto const good = Store::encode(Store::full());
  for (std::size_t size = 0; size + 1 < good.size(); ++size) CHECK_FALSE(Store::decode(good.substr(0, size)).ok());
  std::mt19937 random{11};
  for (int round = 0; round < 3000; ++round) {
    auto text = good;
    for (auto flips = 1 + random() % 4; flips > 0; --flips)
      text[random() % text.size()] = static_cast<char>(random() % 256);
    if (auto const decoded = Store::decode(text); decoded.ok())
      CHECK(*Store::decode(Store::encode(*decoded)) == *decoded);
  }
  for (auto const* text : {"", "null", "{}", "[]", "{\"records\":[]}", "{\"records\":{},\"pins\":[]}", "1e400",
                           "{\"records\":[[]],\"pins\":[]}", "{\"records\":[],\"pins\":[],\"more\":1}"})
    CHECK_FALSE(Store::decode(text).ok());
  CHECK_FALSE(Store::decode(std::string(100'000, '[')).ok());
}

TEST_CASE("a trust store whose ids, keys or pins contradict each other is an error") {
  auto snapshot = full_snapshot();
  snapshot.records[0].key = key_of(99);
  CHECK_FALSE(decode_trust(encode_trust(snapshot)).ok());
  snapshot = full_snapshot();
  snapshot.records.push_back(snapshot.records.front());
  CHECK_FALSE(decode_trust(encode_trust(snapshot)).ok());
  snapshot = full_snapshot();
  snapshot.pins.push_back({snapshot.pins.front().address, id_of(5)});
  CHECK_FALSE(decode_trust(encode_trust(snapshot)).ok());
}

TEST_CASE("a store of a version that knew neither aliases nor consent before the meeting is read as without") {
  auto const* const trust_body =
      R"({"records":[{"node_id":"88b271fb71a33bb9730a8ce5074deaa6","public_key":")"
      "0000000000000000000000000000000000000000000000000000000000000000"
      R"(","level":"first_use","first_seen":0,"label":"","timestamp":{"s":5,"ns":6},"gateway_allowed":false}],"pins":[]})";
  auto const trusted = decode_trust(trust_body);
  REQUIRE(trusted.ok());
  REQUIRE(trusted->records.size() == 1);
  CHECK_FALSE(trusted->records[0].v4_alias);
  auto const state = decode_state(
      R"({"added_peers":[],"gateways_disallowed":[],"gateway_decided":false,"timestamps_reserved_until":0,"resolved":[]})");
  REQUIRE(state.ok());
  CHECK_FALSE(state->own_alias);
  CHECK(state->gateways_allowed.empty());
}

TEST_CASE("a trust store in which two nodes hold one alias, or one holds what is none, is an error") {
  auto snapshot = full_snapshot();
  snapshot.records[0].v4_alias = snapshot.records[1].v4_alias;
  CHECK_FALSE(decode_trust(encode_trust(snapshot)).ok());
  snapshot = full_snapshot();
  snapshot.records[0].v4_alias = parse_ip("fd77::1");
  CHECK_FALSE(decode_trust(encode_trust(snapshot)).ok());
}

TEST_CASE("what could not be read back is not written") {
  Scratch const scratch;
  SystemFiles files;
  REQUIRE(save_trust(files, scratch / "trust", full_snapshot()).ok());
  auto bad = full_snapshot();
  bad.records[0].label = "\xff\xfe";
  CHECK_FALSE(save_trust(files, scratch / "trust", bad).ok());
  CHECK(*load_trust(scratch / "trust") == full_snapshot());
  auto state = full_state();
  state.added_peers[0].label = "\xc3";
  CHECK_FALSE(save_state(files, scratch / "state", state).ok());
}

TEST_CASE_TEMPLATE("a damaged store that is written over does not become the previous generation", Store, TrustStore,
                   StateStore) {
  Scratch const scratch;
  SystemFiles files;
  REQUIRE(Store::save(files, scratch / "it", {}).ok());
  REQUIRE(Store::save(files, scratch / "it", Store::full()).ok());
  auto const previous = slurp(scratch / "it.prev");
  spill(scratch / "it", "damaged");
  REQUIRE(Store::save(files, scratch / "it", Store::full()).ok());
  CHECK(slurp(scratch / "it.prev") == previous);
}

TEST_CASE("a damaged state still tells the answer about routing that stood before it") {
  Scratch const scratch;
  SystemFiles files;
  CHECK_FALSE(previous_routing_answer(scratch / "state"));
  for (auto const answer : {true, false}) {
    auto state = full_state();
    state.routing_answer = answer;
    REQUIRE(save_state(files, scratch / "state", state).ok());
    REQUIRE(save_state(files, scratch / "state", {}).ok());
    spill(scratch / "state", "damaged");
    CHECK(previous_routing_answer(scratch / "state") == answer);
  }
  spill(scratch / "state.prev", "damaged, too");
  CHECK_FALSE(previous_routing_answer(scratch / "state"));
}

TEST_CASE("a forgotten peer does not come back with a damaged store") {
  Scratch const scratch;
  SystemFiles files;
  trust::Trust trust{trust::Policy::trust_on_first_use, {}, full_snapshot()};
  REQUIRE(save_trust(files, scratch / "trust", trust.snapshot()).ok());
  REQUIRE(trust.forget(id_of(1)));
  REQUIRE(save_trust(files, scratch / "trust", trust.snapshot()).ok());
  spill(scratch / "trust", slurp(scratch / "trust").substr(0, 100));
  CHECK_FALSE(load_trust(scratch / "trust").ok());
}

TEST_CASE("the largest trust store that strangers can make is stored and read") {
  Scratch const scratch;
  SystemFiles files;
  trust::Snapshot snapshot;
  for (std::uint32_t number = 0; number < trust::max_stranger_records; ++number)
    snapshot.records.push_back({.id = id_of(number), .key = key_of(number)});
  REQUIRE(save_trust(files, scratch / "trust", snapshot).ok());
  CHECK(*load_trust(scratch / "trust") == snapshot);
}
