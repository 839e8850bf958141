// What the host thread has read, as the contract shows it beside what control tells. Pure.
#pragma once

#include "host/readings.hpp"
#include "protocol/contract.hpp"

namespace pim::app {

/// What helps stands at the end of the line that says why there is no tunnel: here it is a field of its own.
void show_cure(std::optional<std::string>& reason, std::optional<std::string>& cure, host::Readings const& readings);

/// The block is looked at more often than it is changed: the later of the two times counts. None while control, which
/// knows whether there is a block, tells of none.
void show_verified(protocol::KillSwitch& kill_switch, host::Readings const& readings);

/// `now` on the clock of the readings.
[[nodiscard]] std::optional<protocol::RefusedInbound> to_refused_inbound(host::Readings const& readings, Time now);

/// What an active gateway carries and how full the table of connections is; an inactive one shows neither.
void show_gateway(protocol::GatewayStatus& gateway, protocol::Stats& stats, host::Readings const& readings);

}  // namespace pim::app
