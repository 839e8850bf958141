// The last handshake attempts with the step each reached, and the limiter that keeps pair_failed events
// calm. Both are bounded: the oldest attempt gives way.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/ids.hpp"
#include "base/time.hpp"
#include "trust/verdict.hpp"

namespace pim::trust {

/// What has happened, in the order in which it can:
///   outbound  resolving -> key_queried -> initiation_sent -> response_received -> established
///   inbound   initiation_received -> response_sent -> established
/// A failure keeps the step it was reached at.
enum class Step : std::uint8_t {
  resolving,
  key_queried,
  initiation_sent,
  response_received,
  initiation_received,
  response_sent,
  established,
};

inline constexpr std::array step_names = {
    std::string_view{"resolving"},         std::string_view{"key_queried"},         std::string_view{"initiation_sent"},
    std::string_view{"response_received"}, std::string_view{"initiation_received"}, std::string_view{"response_sent"},
    std::string_view{"established"}};
[[nodiscard]] constexpr std::string_view to_string(Step step) { return step_names[static_cast<std::size_t>(step)]; }

/// Names an attempt for its whole life; 0 is none.
using AttemptNumber = std::uint64_t;

struct LedgerEntry {
  AttemptNumber number = 0;
  std::optional<NodeId> peer{};
  std::string address{};  ///< as configured, or the endpoint of an inbound attempt
  WallTime started{};
  bool is_inbound = false;
  Step step = Step::resolving;
  std::optional<PairFailure> reason{};  ///< set: it failed at `step`
  std::optional<NodeId> expected{}, seen{};
  std::string detail{};
  bool operator==(LedgerEntry const&) const = default;
};

class Ledger {
 public:
  static constexpr std::size_t capacity = 256;

  AttemptNumber begin(std::string address, std::optional<NodeId> peer, Step step, WallTime at);

  // What happened to an attempt that has left the ledger is no news: these then return nullptr.
  LedgerEntry const* reach(AttemptNumber number, Step step, std::optional<NodeId> peer = std::nullopt);
  LedgerEntry const* fail(AttemptNumber number, PairFailure reason, std::string detail = {});
  LedgerEntry const* fail(AttemptNumber number, Refused const& refused);

  /// Oldest first.
  [[nodiscard]] std::deque<LedgerEntry> const& entries() const { return entries_; }

 private:
  LedgerEntry* find(AttemptNumber number);
  std::deque<LedgerEntry> entries_;
  AttemptNumber last_ = 0;
};

/// One event per minute and address, and no more than `capacity` addresses per minute in all: beyond
/// that it is quiet. Keep one for configured addresses and one for strangers, so that strangers cannot
/// silence the user's own peers.
class FailureLimiter {
 public:
  static constexpr Duration interval = std::chrono::minutes{1};
  static constexpr std::size_t capacity = 256;

  /// True when an event about `address` may be emitted now; counts it.
  [[nodiscard]] bool allow(std::string const& address, Time now);

 private:
  std::unordered_map<std::string, Time> last_;
};

}  // namespace pim::trust
