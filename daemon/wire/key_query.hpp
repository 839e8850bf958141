// How a node that knows only an address asks for the public key behind it. Both datagrams carry
// public data; the tags show that both ends belong to the same network, so that random bytes never
// match, and that the reply answers this very query. Which key may be trusted is trust's business.
//
//   key query   5 0 0 0 | nonce 16 | tag 16 | zero 32             68
//   key reply   6 0 0 0 | nonce 16 | public key 32 | tag 16       68
//
// tag = first 16 bytes of HMAC-SHA256 over everything else in the datagram, under
// SHA-256("pim key query v1" || length of network id, 2 bytes || network id || secret).
#pragma once

#include <optional>
#include <string_view>

#include "base/ids.hpp"
#include "crypto/hash.hpp"
#include "wire/kind.hpp"

namespace pim::wire {

using QueryNonce = std::array<std::uint8_t, 16>;

/// Makes and checks both datagrams for one network. One thread at a time.
class KeyQueries {
 public:
  /// `secret` may be empty. `network` is at most 65,535 bytes long.
  KeyQueries(std::string_view network, Bytes secret);

  [[nodiscard]] Buffer make_query(QueryNonce const& nonce);
  /// The nonce of a query made in this network.
  [[nodiscard]] std::optional<QueryNonce> parse_query(Bytes datagram);

  [[nodiscard]] Buffer make_reply(QueryNonce const& nonce, PublicKey const& key);
  struct Reply {
    QueryNonce nonce;
    PublicKey key;
  };
  /// A reply made in this network; the caller compares the nonce with those it asked with.
  [[nodiscard]] std::optional<Reply> parse_reply(Bytes datagram);

 private:
  crypto::Hmac hmac_;
};

}  // namespace pim::wire
