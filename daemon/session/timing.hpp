// The lifetimes of keys and the pace of handshakes. Those of WireGuard (its paper, section 6.1), which
// are proven; the differences are named.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>

#include "base/time.hpp"

namespace pim::session {

using namespace std::chrono_literals;

/// The initiator of a session replaces its keys at the first send past this age.
inline constexpr Duration rekey_after = 120s;
/// The responder steps in later, so that both do not do it at once.
inline constexpr Duration responder_rekey_after = 165s;
/// Over a link that is kept without traffic keys are replaced by time, for the pauses between its probes could pass the
/// whole of what is left: at this age by the side with the smaller id, and by the other one if it did not.
inline constexpr Duration renew_after = 150s, other_renew_after = 160s;
/// And tried again after this.
inline constexpr Duration renew_again = 5s;
/// Keys are useless and gone past this age.
inline constexpr Duration reject_after = 180s;

/// Initiations of one attempt, from its beginning; nothing usable within the budget of the
/// configuration (5 s) ends it.
inline constexpr std::array<Duration, 4> initiation_offsets{0ms, 500ms, 1500ms, 3500ms};
/// While the internet is blocked and this peer could open it they go out at this pace, to the end of the budget.
inline constexpr Duration urgent_pace = 1s;
/// And anew when the other side is heard so long after the last one, which an answer could have come to.
inline constexpr Duration restart_after = 500ms;
/// When an attempt also asks which key lives at the address now.
inline constexpr Duration diagnose_after = 3500ms;

/// Pause between attempts: from the first to the second value, doubling, with jitter.
inline constexpr Duration backoff_least = 5s, backoff_most = 60s;

/// Data went out and nothing came back for this long: the path is probed.
inline constexpr Duration answer_patience = 1s;
inline constexpr Duration probe_interval = 250ms;
/// Unanswered for this long: the peer is lost. Leaves room for six probes, and with the turn of the
/// routing for the 3 s in which a lost gateway has to be known.
inline constexpr Duration answer_limit = 2500ms;
/// An idle peer is asked this often, which also keeps a NAT's mapping.
inline constexpr Duration idle_probe_interval = 25s;

}  // namespace pim::session
