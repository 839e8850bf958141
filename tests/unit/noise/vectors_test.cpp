// Handshakes with every key fixed: both roles have to write exactly the messages of the vectors, read
// them, and end with the same hash and working transport keys.
#include "vectors/vectors.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include "noise/handshake.hpp"
#include "support/test_entropy.hpp"

using namespace pim;
using crypto::Key;
using crypto::KeyPair;
using noise::Initiator;
using noise::Responder;
using noise::TransportKeys;
using test::hex;
namespace json = boost::json;

namespace {

constexpr std::string_view ik = "Noise_IK_25519_ChaChaPoly_SHA256";
constexpr std::string_view ik_psk2 = "Noise_IKpsk2_25519_ChaChaPoly_SHA256";

PublicKey public_of(json::value const& text) { return parse_public_key(std::string_view(text.as_string())).value(); }

/// Messages after the handshake alternate, the initiator first; each direction counts from 0.
void check_transport(json::array const& messages, TransportKeys const& initiator, TransportKeys const& responder) {
  for (std::size_t i = 2; i < messages.size(); ++i) {
    auto const& sender = i % 2 == 0 ? initiator : responder;
    auto const& receiver = i % 2 == 0 ? responder : initiator;
    auto const counter = (i - 2) / 2;
    Buffer sealed, opened;
    crypto::seal_once(sender.send, counter, {}, hex(messages[i].at("payload")), sealed);
    CHECK(to_hex(sealed) == messages[i].at("ciphertext").as_string());
    REQUIRE(crypto::open_once(receiver.receive, counter, {}, sealed, opened));
    CHECK(opened == hex(messages[i].at("payload")));
  }
}

void check_handshake(json::value const& vector) {
  auto const self_i = KeyPair::from_private(Key(hex(vector.at("init_static"))));
  auto const self_r = KeyPair::from_private(Key(hex(vector.at("resp_static"))));
  // Some sources leave it to be derived.
  if (auto const& remote = vector.at("init_remote_static"); remote.is_string())
    CHECK(self_r.public_key() == public_of(remote));
  test::FixedEntropy entropy_i(hex(vector.at("init_ephemeral"))), entropy_r(hex(vector.at("resp_ephemeral")));
  std::optional<Key> psk;
  if (vector.at("protocol_name").as_string() == ik_psk2) psk.emplace(hex(vector.at("init_psks").as_array().at(0)));
  auto const* const secret = psk ? &*psk : nullptr;
  Initiator initiator(self_i, self_r.public_key(), hex(vector.at("init_prologue")), secret);
  Responder responder(self_r, hex(vector.at("resp_prologue")), secret);
  auto const& messages = vector.at("messages").as_array();

  Buffer first;
  REQUIRE(initiator.write_initiation(entropy_i, hex(messages[0].at("payload")), first));
  CHECK(to_hex(first) == messages[0].at("ciphertext").as_string());
  auto const initiation = responder.read_initiation(hex(messages[0].at("ciphertext")));
  REQUIRE(initiation);
  CHECK(initiation->initiator == self_i.public_key());
  CHECK(initiation->payload == hex(messages[0].at("payload")));

  Buffer second;
  REQUIRE(responder.write_response(entropy_r, hex(messages[1].at("payload")), second));
  CHECK(to_hex(second) == messages[1].at("ciphertext").as_string());
  auto const payload = initiator.read_response(hex(messages[1].at("ciphertext")));
  REQUIRE(payload);
  CHECK(*payload == hex(messages[1].at("payload")));

  auto const keys_i = initiator.split();
  auto const keys_r = responder.split();
  auto const* const computed = vector.as_object().if_contains("handshake_hash_computed");
  auto const hash = hex(computed ? *computed : vector.at("handshake_hash"));
  CHECK(to_hex(keys_i.handshake_hash) == to_hex(hash));
  CHECK(to_hex(keys_r.handshake_hash) == to_hex(hash));
  check_transport(messages, keys_i, keys_r);
}

std::size_t check_all(json::value const& file, std::string_view protocol) {
  std::size_t count = 0;
  for (auto const& vector : file.at("vectors").as_array()) {
    if (vector.at("protocol_name").as_string() != protocol) continue;
    CAPTURE(count);
    check_handshake(vector);
    ++count;
  }
  return count;
}

}  // namespace

TEST_CASE("our own vectors hold for both roles, with and without a network secret") {
  auto const file = test::committed_vectors("noise_ik.json");
  CHECK(check_all(file, ik) == 4);
  CHECK(check_all(file, ik_psk2) == 2);
}

TEST_CASE("the published IK vectors hold for both roles") {
  if (auto const file = test::published_vectors("noise_ik_vectors.json")) CHECK(check_all(*file, ik) == 7);
}

TEST_CASE("the published IKpsk2 vectors hold for both roles") {
  auto const file = test::published_vectors("noise_ikpsk_vectors.json");
  if (file) CHECK(check_all(*file, ik_psk2) == 5);
}
