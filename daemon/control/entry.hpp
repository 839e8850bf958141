// A peer that the user named by address, and how far the present attempt to reach it has come.
//
//   resting --> resolving --> querying --> initiating --> connected
//      ^            |            |             |              |
//      +------------+------------+-------------+--------------+   (failed, or lost)
//
// querying is left out where the key is known already.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "control/settings.hpp"
#include "control/views.hpp"
#include "session/schedule.hpp"
#include "trust/ledger.hpp"
#include "wire/key_query.hpp"

namespace pim::control {

enum class Stage : std::uint8_t { resting, resolving, querying, initiating, connected };

struct Entry {
  PeerEntry config;
  std::uint32_t row = 0;
  std::string pin_address;  ///< "host:port", the name under which trust pins it

  Stage stage = Stage::resting;
  Time next{};  ///< resting: when the next attempt begins
  unsigned failures = 0;
  std::optional<session::InitiationSchedule> schedule{};
  std::vector<Endpoint> candidates{};
  /// Who is meant: named by the user or a pin, or whoever answered a handshake from the address. A key reply names
  /// nobody: anyone may send another's key.
  std::optional<NodeId> peer{};
  std::optional<NodeId> tried{};   ///< with whom the attempt is
  std::optional<PublicKey> key{};  ///< its key
  std::optional<wire::QueryNonce> nonce{};
  bool diagnosed = false;                   ///< the one query after silence went out
  std::optional<PublicKey> answered_key{};  ///< what that query brought
  trust::AttemptNumber attempt = 0;

  std::optional<PeerView> shown{};
};

}  // namespace pim::control
