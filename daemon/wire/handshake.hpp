// The three handshake datagrams. Integers are big-endian; "sender" is the index that the peer is to
// put into its datagrams to us, "receiver" the one it gave us.
//
//   initiation     1 0 0 0 | sender 4 | noise message 116 | mac1 16 | mac2 16                      156
//   response       2 0 0 0 | sender 4 | receiver 4 | noise message 56 | mac1 16 | mac2 16          100
//   cookie reply   3 0 0 0 | receiver 4 | salt 32 | sealed cookie 32                                72
//
// Parsed frames hold views into the datagram. Builders leave the MACs zero: noise/mac.hpp stamps
// them over the finished datagram.
#pragma once

#include <optional>

#include "base/ids.hpp"
#include "wire/kind.hpp"

namespace pim::wire {

inline constexpr std::size_t greeting_size = 20;
inline constexpr std::size_t reply_payload_size = 8;
inline constexpr std::size_t initiation_noise_size = 96 + greeting_size;
inline constexpr std::size_t response_noise_size = 48 + reply_payload_size;
inline constexpr std::size_t cookie_salt_size = 32;
inline constexpr std::size_t sealed_cookie_size = 32;

struct Initiation {
  ReceiverIndex sender;
  Bytes noise;  ///< 116 bytes
};

struct Response {
  ReceiverIndex sender;
  ReceiverIndex receiver;
  Bytes noise;  ///< 56 bytes
};

struct CookieReply {
  ReceiverIndex receiver;
  Bytes salt;    ///< 32 bytes
  Bytes sealed;  ///< 32 bytes
};

[[nodiscard]] std::optional<Initiation> parse_initiation(Bytes datagram);
[[nodiscard]] std::optional<Response> parse_response(Bytes datagram);
[[nodiscard]] std::optional<CookieReply> parse_cookie_reply(Bytes datagram);

/// Fields of other lengths than those above are a bug of the caller.
[[nodiscard]] Buffer make_initiation(Initiation const& frame);
[[nodiscard]] Buffer make_response(Response const& frame);
[[nodiscard]] Buffer make_cookie_reply(CookieReply const& frame);

/// When an initiation was made, so that a recorded one is not accepted again. Grows from one initiation of a
/// node to its next.
struct Timestamp {
  std::uint64_t seconds = 0;
  std::uint32_t nanoseconds = 0;  ///< below 1,000,000,000
  auto operator<=>(Timestamp const&) const = default;
};

/// Drawn anew at every start of a node: another value in a handshake means that it restarted.
struct BootEpoch {
  std::uint64_t value = 0;
  auto operator<=>(BootEpoch const&) const = default;
};

/// Payload of an initiation: seconds 8 | relayed, 1 bit | nanoseconds, 31 bits | boot epoch 8. That of a response is
/// the boot epoch alone: it goes as its initiation came.
struct Greeting {
  Timestamp timestamp;
  BootEpoch boot_epoch;
  bool is_relayed = false;  ///< it travels in transit frames, and says nothing if it comes without
  auto operator<=>(Greeting const&) const = default;
};

[[nodiscard]] std::array<std::uint8_t, greeting_size> to_bytes(Greeting const& greeting);
[[nodiscard]] std::optional<Greeting> parse_greeting(Bytes payload);
[[nodiscard]] std::array<std::uint8_t, reply_payload_size> to_bytes(BootEpoch epoch);
[[nodiscard]] std::optional<BootEpoch> parse_boot_epoch(Bytes payload);

}  // namespace pim::wire
