#include "trust/trust.hpp"

#include <doctest/doctest.h>

#include "crypto/hash.hpp"

using namespace pim;
using namespace pim::trust;
using namespace std::chrono_literals;

namespace {

struct Node {
  PublicKey key;
  NodeId id;
};

Node node(std::uint32_t number) {
  PublicKey key;
  store_be(key.bytes.data(), number);
  return {key, crypto::node_id_of(key)};
}

auto const alice = node(1), bob = node(2), mallory = node(3);
std::string const home = "home.example:9100";

Admission inbound(Node const& who) { return {.id = who.id, .key = who.key, .at = WallTime{1000s}}; }
Admission outbound(Node const& who, std::string address, Configured configured = {}) {
  auto admission = inbound(who);
  admission.address = std::move(address);
  admission.configured = configured;
  return admission;
}

Level level_of(Verdict const& verdict) {
  REQUIRE(verdict.ok());
  return verdict->level;
}

Refused refusal_of(Verdict const& verdict) {
  REQUIRE_FALSE(verdict.ok());
  return verdict.error();
}

Trust tofu(Snapshot stored = {}) { return Trust{Policy::trust_on_first_use, {}, std::move(stored)}; }

}  // namespace

TEST_CASE("the reasons have the exact words of the contract") {
  CHECK(to_string(PairFailure::untrusted_peer_id) == "untrusted peer ID");
  CHECK(to_string(PairFailure::noise_handshake_rejected) == "noise handshake rejected");
  CHECK(to_string(PairFailure::timeout) == "timeout");
  for (auto const name : level_names) CHECK(to_string(parse_level(name).value()) == name);
  CHECK_FALSE(parse_level("Verified"));
}

TEST_CASE("judging a stranger changes nothing, admitting it does") {
  auto trust = tofu();
  CHECK(level_of(trust.judge_inbound(alice.id, alice.key)) == Level::first_use);
  CHECK(level_of(trust.judge_outbound(home, alice.id, alice.key, {})) == Level::first_use);
  CHECK(trust.find(alice.id) == nullptr);
  CHECK(trust.pinned(home) == nullptr);
  CHECK(trust.version() == 0);

  CHECK(trust.admit(outbound(alice, home)));
  CHECK(trust.version() == 1);
  REQUIRE(trust.pinned(home) != nullptr);
  CHECK(trust.pinned(home)->key == alice.key);
  CHECK(trust.find(alice.key) == trust.find(alice.id));
  CHECK(trust.find(alice.id)->first_seen == WallTime{1000s});
}

TEST_CASE("another identity at a pinned address is refused and the pin is kept") {
  auto trust = tofu();
  trust.admit(outbound(alice, home));
  auto const before = trust.snapshot();

  auto const refused = refusal_of(trust.judge_outbound(home, mallory.id, mallory.key, {}));
  CHECK(refused.reason == PairFailure::untrusted_peer_id);
  CHECK(refused.expected == alice.id);
  CHECK(refused.seen == mallory.id);
  CHECK(trust.snapshot() == before);

  // Not even a session of it that came in from elsewhere moves the pin.
  trust.admit(inbound(mallory));
  trust.admit(outbound(mallory, home));
  CHECK(trust.pinned(home)->id == alice.id);
  CHECK(trust.judge_outbound(home, alice.id, alice.key, {}).ok());
}

TEST_CASE("the same identity may be pinned at several addresses, and forgetting it clears them all") {
  auto trust = tofu();
  trust.admit(outbound(alice, home));
  trust.admit(outbound(alice, "192.0.2.1:9100"));
  trust.admit(outbound(bob, "192.0.2.2:9100"));
  CHECK(trust.forget(alice.id));
  CHECK_FALSE(trust.forget(alice.id));
  CHECK(trust.find(alice.id) == nullptr);
  CHECK(trust.find(alice.key) == nullptr);
  CHECK(trust.pinned(home) == nullptr);
  CHECK(trust.judge_outbound(home, mallory.id, mallory.key, {}).ok());
  CHECK(trust.pinned("192.0.2.2:9100")->id == bob.id);
}

TEST_CASE("a configured public key answered by another is a rejected handshake that names both") {
  auto trust = tofu();
  Configured const configured{.public_key = alice.key};
  auto const refused = refusal_of(trust.judge_outbound(home, mallory.id, mallory.key, configured));
  CHECK(refused.reason == PairFailure::noise_handshake_rejected);
  CHECK(refused.expected == alice.id);
  CHECK(refused.seen == mallory.id);
  CHECK(trust.judge_outbound(home, alice.id, alice.key, configured).ok());
}

TEST_CASE("a configured node id answered by another is an untrusted peer") {
  auto trust = tofu();
  Configured const configured{.node_id = alice.id};
  auto const refused = refusal_of(trust.judge_outbound(home, mallory.id, mallory.key, configured));
  CHECK(refused.reason == PairFailure::untrusted_peer_id);
  CHECK(refused.expected == alice.id);
}

TEST_CASE("an identity that the user configures replaces what was pinned at its address") {
  auto trust = tofu();
  trust.admit(outbound(alice, home));
  Configured const configured{.public_key = bob.key};
  CHECK(trust.judge_outbound(home, bob.id, bob.key, configured).ok());
  CHECK(trust.admit(outbound(bob, home, configured)));
  CHECK(trust.pinned(home)->id == bob.id);
  CHECK_FALSE(trust.is_pinned(alice.id));
}

TEST_CASE("an id that does not belong to the key is refused under every policy") {
  for (auto const policy : {Policy::trust_on_first_use, Policy::allow_list, Policy::allow_all}) {
    Trust trust{policy, {alice.id}};
    CHECK(refusal_of(trust.judge_inbound(alice.id, mallory.key)).reason == PairFailure::untrusted_peer_id);
  }
}

TEST_CASE("under allow_list the listed alone are admitted, whatever was known before") {
  auto earlier = tofu();
  earlier.admit(outbound(bob, home));
  earlier.verify(bob.id);
  Trust trust{Policy::allow_list, {alice.id}, earlier.snapshot()};
  CHECK(level_of(trust.judge_inbound(alice.id, alice.key)) == Level::listed);
  CHECK(refusal_of(trust.judge_inbound(mallory.id, mallory.key)).reason == PairFailure::untrusted_peer_id);
  CHECK(refusal_of(trust.judge_inbound(bob.id, bob.key)).seen == bob.id);
  CHECK_FALSE(trust.judge_outbound(home, bob.id, bob.key, {.public_key = bob.key}).ok());
}

TEST_CASE("an identity that the user names is listed until it is taken back, for the same key alone") {
  Trust trust{Policy::allow_list, {bob.id}};
  CHECK_FALSE(trust.judge_inbound(alice.id, alice.key).ok());
  trust.list(alice.id);
  trust.list(bob.id);
  CHECK(level_of(trust.judge_inbound(alice.id, alice.key)) == Level::listed);
  CHECK_FALSE(trust.judge_inbound(alice.id, mallory.key).ok());
  CHECK_FALSE(trust.judge_inbound(mallory.id, mallory.key).ok());
  trust.unlist(alice.id);
  trust.unlist(bob.id);
  CHECK_FALSE(trust.judge_inbound(alice.id, alice.key).ok());
  CHECK(trust.judge_inbound(bob.id, bob.key).ok());  // the allow list names it, too
}

TEST_CASE("naming a known identity and taking it back changes its record, but no comparison and no block") {
  auto trust = tofu();
  for (auto const& who : {alice, bob, mallory}) trust.admit(inbound(who));
  trust.verify(bob.id);
  trust.block(mallory.id);
  auto const version = trust.version();
  for (auto const& who : {alice, bob, mallory}) trust.list(who.id);
  CHECK(trust.find(alice.id)->level == Level::listed);
  CHECK(trust.version() == version + 1);
  for (auto const& who : {alice, bob, mallory}) trust.unlist(who.id);
  CHECK(trust.find(alice.id)->level == Level::first_use);
  CHECK(trust.find(bob.id)->level == Level::verified);
  CHECK(trust.find(mallory.id)->level == Level::blocked);
}

TEST_CASE("under allow_all a stranger is admitted and nothing about it is kept") {
  Trust trust{Policy::allow_all, {}};
  CHECK(level_of(trust.judge_outbound(home, alice.id, alice.key, {})) == Level::open);
  CHECK_FALSE(trust.admit(outbound(alice, home)));
  CHECK(trust.find(alice.id)->level == Level::open);
  CHECK(trust.pinned(home) == nullptr);
  CHECK(trust.snapshot() == Snapshot{});
  CHECK(trust.version() == 0);

  CHECK(trust.allow_gateway(alice.id, true));  // the user's decision is worth keeping
  CHECK(trust.snapshot().records.size() == 1);
  CHECK(trust.version() == 1);
}

TEST_CASE("an identity that was open is a stranger again under trust_on_first_use") {
  Trust open{Policy::allow_all, {}};
  open.admit(inbound(alice));
  open.label(alice.id, "printer");
  auto trust = tofu(open.snapshot());
  CHECK(level_of(trust.judge_inbound(alice.id, alice.key)) == Level::first_use);
}

TEST_CASE("an identity that left the allow list is a stranger again") {
  Trust listed{Policy::trust_on_first_use, {alice.id}};
  listed.admit(inbound(alice));
  CHECK(listed.find(alice.id)->level == Level::listed);
  auto trust = tofu(listed.snapshot());
  CHECK(level_of(trust.judge_inbound(alice.id, alice.key)) == Level::first_use);
  CHECK(trust.admit(inbound(alice)));
  CHECK(trust.find(alice.id)->level == Level::first_use);
}

TEST_CASE("blocked beats every policy, also a list, a configured key and a comparison") {
  for (auto const policy : {Policy::trust_on_first_use, Policy::allow_list, Policy::allow_all}) {
    Trust trust{policy, {alice.id}};
    trust.admit(outbound(alice, home));
    CHECK(trust.block(alice.id));
    CHECK_FALSE(trust.judge_inbound(alice.id, alice.key).ok());
    CHECK_FALSE(trust.judge_outbound(home, alice.id, alice.key, {.public_key = alice.key}).ok());
    CHECK_FALSE(trust.verify(alice.id));
    CHECK(trust.find(alice.id)->level == Level::blocked);
    Trust const restarted{policy, {alice.id}, trust.snapshot()};
    CHECK_FALSE(restarted.judge_inbound(alice.id, alice.key).ok());
  }
}

TEST_CASE("what waits for approval is not admitted") {
  Record record{.id = alice.id, .key = alice.key, .level = Level::pending};
  CHECK_FALSE(tofu({{record}, {}}).judge_inbound(alice.id, alice.key).ok());
}

TEST_CASE("a comparison by people outlives later admissions and restarts") {
  auto trust = tofu();
  trust.admit(inbound(alice));
  CHECK(trust.verify(alice.id));
  CHECK_FALSE(trust.admit(inbound(alice)));
  auto const restarted = tofu(trust.snapshot());
  CHECK(level_of(restarted.judge_inbound(alice.id, alice.key)) == Level::verified);
}

TEST_CASE("the version changes with what must be stored and with nothing else") {
  auto trust = tofu();
  auto admission = inbound(alice);
  admission.endpoint = parse_endpoint("192.0.2.1:9100");
  admission.timestamp = {100, 5};
  CHECK(trust.admit(admission));
  admission.timestamp = {200, 0};
  CHECK_FALSE(trust.admit(admission));
  CHECK(trust.find(alice.id)->last_timestamp == HandshakeTimestamp{200, 0});
  admission.timestamp = {150, 0};
  trust.admit(admission);
  CHECK(trust.find(alice.id)->last_timestamp == HandshakeTimestamp{200, 0});
  CHECK(trust.version() == 1);
  admission.endpoint = parse_endpoint("192.0.2.9:9100");
  CHECK(trust.admit(admission));
  CHECK(trust.version() == 2);
  CHECK(trust.label(alice.id, ""));
  CHECK(trust.version() == 2);
  CHECK_FALSE(trust.label(bob.id, "x"));
  CHECK_FALSE(trust.verify(bob.id));
  CHECK_FALSE(trust.block(bob.id));
  CHECK_FALSE(trust.allow_gateway(bob.id, true));
  CHECK(trust.version() == 2);
}

TEST_CASE("a snapshot brings everything back") {
  auto trust = tofu();
  auto admission = outbound(alice, home);
  admission.endpoint = parse_endpoint("[2001:db8::1]:9100");
  admission.timestamp = {7, 8};
  trust.admit(admission);
  trust.label(alice.id, "laptop");
  trust.allow_gateway(alice.id, true);
  trust.admit(inbound(bob));
  auto const stored = trust.snapshot();
  CHECK(tofu(stored).snapshot() == stored);
  CHECK(stored.records.front().label == "laptop");
}

TEST_CASE("a pin whose record is missing still refuses another identity") {
  auto trust = tofu({{}, {{home, alice.id}}});
  CHECK_FALSE(trust.judge_outbound(home, mallory.id, mallory.key, {}).ok());
  CHECK(trust.judge_outbound(home, alice.id, alice.key, {}).ok());
  CHECK(trust.forget(alice.id));
  CHECK(trust.judge_outbound(home, mallory.id, mallory.key, {}).ok());
}

TEST_CASE("strangers are bounded, the one longest not seen gives way, and no decision of the user does") {
  Trust trust{Policy::trust_on_first_use, {node(5).id}};
  auto const verified = node(10), labelled = node(11), gateway = node(12), pinned = node(13), blocked = node(14),
             listed = node(5), regular = node(15), early = node(16);
  for (auto const& who : {verified, labelled, gateway, blocked, listed, regular, early}) trust.admit(inbound(who));
  trust.admit(outbound(pinned, home));
  trust.verify(verified.id);
  trust.label(labelled.id, "phone");
  trust.allow_gateway(gateway.id, true);
  trust.block(blocked.id);

  for (std::uint32_t number = 0; number < 3 * max_stranger_records; ++number) {
    trust.admit(inbound(node(1000 + number)));
    if (number % 1000 == 0) trust.admit(inbound(regular));  // it keeps coming back
    REQUIRE(trust.size() <= max_stranger_records + 6);
  }
  for (auto const& who : {verified, labelled, gateway, blocked, listed, pinned, regular}) CHECK(trust.find(who.id));
  CHECK(trust.find(early.id) == nullptr);
  CHECK(trust.find(early.key) == nullptr);
  CHECK(trust.find(node(1000 + 3 * max_stranger_records - 1).id));
  CHECK(trust.size() == max_stranger_records + 6);
  CHECK(tofu(trust.snapshot()).size() == trust.size());
}

TEST_CASE(
    "an alias is its first holder's until that one takes another, gives it up or is forgotten, over a restart too") {
  auto const first = *parse_ip("10.77.1.1"), second = *parse_ip("10.77.1.2");
  auto trust = tofu();
  CHECK_FALSE(trust.hold_alias(alice.id, first));  // nobody knows her
  trust.admit(inbound(alice));
  trust.admit(inbound(bob));
  auto const before = trust.version();
  CHECK(trust.hold_alias(alice.id, first));
  CHECK(trust.version() > before);
  auto const held = trust.version();
  CHECK(trust.hold_alias(alice.id, first));
  CHECK_FALSE(trust.hold_alias(bob.id, first));
  CHECK(trust.version() == held);
  trust = tofu(trust.snapshot());
  CHECK(trust.alias_holder(first) == alice.id);
  CHECK_FALSE(trust.hold_alias(bob.id, first));
  trust.admit(inbound(alice));
  CHECK(trust.alias_holder(first) == alice.id);

  CHECK(trust.hold_alias(alice.id, second));
  CHECK(trust.hold_alias(bob.id, first));
  trust.forget(bob.id);
  CHECK_FALSE(trust.alias_holder(first));
  CHECK(trust.hold_alias(alice.id, std::nullopt));
  CHECK_FALSE(trust.alias_holder(second));
}

TEST_CASE("a stranger that is dropped for newer ones drops its alias") {
  auto trust = tofu();
  auto const alias = *parse_ip("10.77.1.1");
  trust.admit(inbound(alice));
  REQUIRE(trust.hold_alias(alice.id, alias));
  for (std::uint32_t number = 0; number < max_stranger_records; ++number) trust.admit(inbound(node(1000 + number)));
  REQUIRE(trust.find(alice.id) == nullptr);
  CHECK_FALSE(trust.alias_holder(alias));
}

TEST_CASE("a snapshot with too many strangers is cut at the next start, the oldest first") {
  Snapshot stored;
  for (std::uint32_t number = 0; number < max_stranger_records + 10; ++number)
    stored.records.push_back({.id = node(number).id, .key = node(number).key});
  auto const trust = tofu(stored);
  CHECK(trust.size() == max_stranger_records);
  CHECK(trust.find(node(9).id) == nullptr);
  CHECK(trust.find(node(10).id));
}

TEST_CASE("a short id finds its record, is ambiguous with every candidate, or finds nothing") {
  auto with_prefix = [](char const* text) {
    auto const id = parse_node_id(text).value();
    PublicKey key;
    std::copy(id.bytes.begin(), id.bytes.end(), key.bytes.begin());
    return Record{.id = id, .key = key};
  };
  auto const first = with_prefix("aabbccdd00000000000000000000000a"),
             second = with_prefix("aabbccdd10000000000000000000000b"),
             third = with_prefix("11223344556677889900112233445566");
  auto const trust = tofu({{second, first, third}, {}});

  CHECK(trust.find_prefix("11223344").value() == third.id);
  CHECK(trust.find_prefix("1122 3344 5566 7788 9900 1122 3344 5566").value() == third.id);
  CHECK(trust.find_prefix("AABBCCDD0").value() == first.id);
  auto const ambiguous = trust.find_prefix("aabbccdd");
  REQUIRE_FALSE(ambiguous.ok());
  CHECK(ambiguous.error().kind == PrefixError::Kind::ambiguous);
  CHECK(ambiguous.error().candidates == std::vector{first.id, second.id});
  CHECK(trust.find_prefix("99999999").error().kind == PrefixError::Kind::none);
  for (auto const* bad : {"", "1122334", "1122334g", "112233445566778899001122334455667", "11223344\n"})
    CHECK(trust.find_prefix(bad).error().kind == PrefixError::Kind::malformed);
  CHECK(matches_prefix("11223344", third.id));
  CHECK_FALSE(matches_prefix("1122334", third.id));
}

TEST_CASE("a label is cut to its bound and never inside a character") {
  auto trust = tofu();
  trust.admit(inbound(alice));
  trust.label(alice.id, std::string(1000, 'x'));
  CHECK(trust.find(alice.id)->label.size() == max_label_size);
  trust.label(alice.id, std::string(max_label_size - 1, 'x') + "\u20ac");
  CHECK(trust.find(alice.id)->label == std::string(max_label_size - 1, 'x'));
}
