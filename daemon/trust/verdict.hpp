// The words of trust: policies, levels, and what is decided about an identity that shows up.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/ids.hpp"
#include "base/result.hpp"

namespace pim::trust {

/// `trust_on_first_use` remembers who answered first, `allow_list` admits the listed alone, `allow_all`
/// admits whoever proves a key: for closed networks.
enum class Policy : std::uint8_t { trust_on_first_use, allow_list, allow_all };

/// How well an identity is known. Only `verified` means that people compared it.
enum class Level : std::uint8_t { pending, first_use, once, listed, verified, open, blocked };

/// Why two nodes did not pair; the texts are part of the RPC contract.
enum class PairFailure : std::uint8_t { untrusted_peer_id, noise_handshake_rejected, timeout };

inline constexpr std::array policy_names = {std::string_view{"trust_on_first_use"}, std::string_view{"allow_list"},
                                            std::string_view{"allow_all"}};
inline constexpr std::array level_names = {
    std::string_view{"pending"},  std::string_view{"first_use"}, std::string_view{"once"},   std::string_view{"listed"},
    std::string_view{"verified"}, std::string_view{"open"},      std::string_view{"blocked"}};
inline constexpr std::array pair_failure_texts = {
    std::string_view{"untrusted peer ID"}, std::string_view{"noise handshake rejected"}, std::string_view{"timeout"}};

[[nodiscard]] constexpr std::string_view to_string(Level level) { return level_names[static_cast<std::size_t>(level)]; }
[[nodiscard]] constexpr std::string_view to_string(PairFailure failure) {
  return pair_failure_texts[static_cast<std::size_t>(failure)];
}
[[nodiscard]] std::optional<Level> parse_level(std::string_view name);

struct Admitted {
  Level level;
  bool operator==(Admitted const&) const = default;
};

struct Refused {
  PairFailure reason;
  std::optional<NodeId> expected;  ///< who should have been there, where one was expected
  NodeId seen;                     ///< zero when nobody showed an identity
  std::string_view detail;         ///< a literal: the sentence behind the reason
  bool operator==(Refused const&) const = default;
};

using Verdict = Result<Admitted, Refused>;

}  // namespace pim::trust
