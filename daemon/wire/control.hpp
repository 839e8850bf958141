// Control messages: what neighbours say to each other inside their session. The first byte is the
// kind; integers are big-endian.
//
//   hello         0x20 | version 1 | sequence 8 | roles 1 | v4 alias 4 |
//                 offer: present 1, priority 1, load 1, families 1 | name length 1 | name | later fields
//   hello ack     0x21 | sequence 8
//   probe         0x22 | id 8 | hears nothing 1
//   probe reply   0x23 | id 8
//   goodbye       0x24 | reason 1
//   update, update ack, seqno request    0x25 to 0x27, see wire/routing.hpp
//
// A hello may grow at its end: what a later version appends is skipped here. Everything else is exact.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/bytes.hpp"
#include "wire/routing.hpp"

namespace pim::wire {

enum class ControlKind : std::uint8_t {
  hello = 0x20,
  hello_ack = 0x21,
  probe = 0x22,
  probe_reply = 0x23,
  goodbye = 0x24,
  update = 0x25,
  update_ack = 0x26,
  seqno_request = 0x27,
};

inline constexpr std::uint8_t hello_version = 1;
/// A longer hello, later fields included, is refused.
inline constexpr std::size_t max_hello_size = 512;
inline constexpr std::size_t max_name_size = 64;

/// Bits of Hello::roles. Unknown bits are kept and mean nothing.
inline constexpr std::uint8_t role_relay = 0x01;
inline constexpr std::uint8_t role_gateway = 0x02;
/// Bits of GatewayOffer::families.
inline constexpr std::uint8_t family_v4 = 0x01;
inline constexpr std::uint8_t family_v6 = 0x02;

struct GatewayOffer {
  std::uint8_t priority = 0;  ///< lower is preferred
  std::uint8_t load = 0;      ///< percent of what the gateway admits
  std::uint8_t families = 0;
  auto operator<=>(GatewayOffer const&) const = default;
};

struct Hello {
  std::uint8_t version = hello_version;
  std::uint64_t sequence = 0;
  std::uint8_t roles = 0;
  /// 0.0.0.0 when the sender claims none.
  std::array<std::uint8_t, 4> v4_alias{};
  std::optional<GatewayOffer> offer{};
  std::string name{};
  auto operator<=>(Hello const&) const = default;
};

struct HelloAck {
  std::uint64_t sequence = 0;
  auto operator<=>(HelloAck const&) const = default;
};

struct Probe {
  std::uint64_t id = 0;
  bool hears_nothing = false;  ///< of what the receiver sends by the way that is asked
  auto operator<=>(Probe const&) const = default;
};

struct ProbeReply {
  std::uint64_t id = 0;
  auto operator<=>(ProbeReply const&) const = default;
};

/// Reasons of later versions arrive as `unspecified`.
enum class GoodbyeReason : std::uint8_t { unspecified = 0, shutting_down = 1, forgotten = 2 };

struct Goodbye {
  GoodbyeReason reason = GoodbyeReason::unspecified;
  auto operator<=>(Goodbye const&) const = default;
};

using Control = std::variant<Hello, HelloAck, Probe, ProbeReply, Goodbye, Update, UpdateAck, SeqnoRequest>;

/// The message that `plaintext` is, whole; nothing when it is none.
[[nodiscard]] std::optional<Control> parse_control(Bytes plaintext);

/// A Hello's name has to satisfy is_valid_name; an Update comes from an UpdateBuilder and is not empty.
[[nodiscard]] Buffer to_bytes(Control const& message);

/// At most 64 bytes of well-formed UTF-8 without control characters or such as reorder text: names
/// of strangers are shown in terminals and windows. Empty is valid: no name.
[[nodiscard]] bool is_valid_name(std::string_view name);

}  // namespace pim::wire
