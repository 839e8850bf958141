#include "wire/key_query.hpp"

#include "wire/network_key.hpp"

namespace pim::wire {
namespace {

constexpr std::size_t tag_size = 16;
constexpr std::size_t query_tag_at = prefix_size + sizeof(QueryNonce);
constexpr std::size_t reply_tag_at = query_tag_at + sizeof(PublicKey);

/// What the tag at `at` covers: all bytes before and behind it.
crypto::Digest tag_over(crypto::Hmac& hmac, Bytes datagram, std::size_t at) {
  return hmac.of({datagram.first(at), datagram.subspan(at + tag_size)});
}

void stamp(crypto::Hmac& hmac, Buffer& datagram, std::size_t at) {
  auto const digest = tag_over(hmac, datagram, at);
  std::memcpy(datagram.data() + at, digest.data(), tag_size);
}

bool verify(crypto::Hmac& hmac, Bytes datagram, std::size_t at) {
  auto const digest = tag_over(hmac, datagram, at);
  return crypto::equal(Bytes{digest}.first(tag_size), datagram.subspan(at, tag_size));
}

}  // namespace

KeyQueries::KeyQueries(std::string_view network, Bytes secret)
    : hmac_(network_key("pim key query v1", network, secret)) {}

Buffer KeyQueries::make_query(QueryNonce const& nonce) {
  Buffer out;
  Writer(out).u8(static_cast<std::uint8_t>(Kind::key_query)).zeroes(prefix_size - 1).bytes(nonce);
  out.resize(key_query_size);
  stamp(hmac_, out, query_tag_at);
  return out;
}

std::optional<QueryNonce> KeyQueries::parse_query(Bytes datagram) {
  if (peek(datagram) != Kind::key_query || !verify(hmac_, datagram, query_tag_at)) return std::nullopt;
  return Reader(datagram.subspan(prefix_size)).array<sizeof(QueryNonce)>();
}

Buffer KeyQueries::make_reply(QueryNonce const& nonce, PublicKey const& key) {
  Buffer out;
  Writer(out).u8(static_cast<std::uint8_t>(Kind::key_reply)).zeroes(prefix_size - 1).bytes(nonce).bytes(key.bytes);
  out.resize(key_reply_size);
  stamp(hmac_, out, reply_tag_at);
  return out;
}

std::optional<KeyQueries::Reply> KeyQueries::parse_reply(Bytes datagram) {
  if (peek(datagram) != Kind::key_reply || !verify(hmac_, datagram, reply_tag_at)) return std::nullopt;
  Reader reader(datagram.subspan(prefix_size));
  Reply reply;
  reply.nonce = reader.array<sizeof(QueryNonce)>();
  reply.key.bytes = reader.array<sizeof(PublicKey)>();
  return reply;
}

}  // namespace pim::wire
