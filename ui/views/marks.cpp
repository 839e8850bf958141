#include "ui/views/marks.hpp"

#include "ui/model/peer_rows.hpp"

namespace pim::ui {

using protocol::HandshakeOutcome;
using protocol::PeerState;
using protocol::TrustLevel;

Mark mark_of(PeerState state) {
  switch (state) {
    case PeerState::active: return {"◆", "active", colour::green};
    case PeerState::relayed: return {"◈", "relayed", colour::green};
    case PeerState::connecting: return {"○", "connecting", colour::amber};
    case PeerState::failed: return {"✗", "failed", colour::red};
  }
  return {"✗", "failed", colour::red};
}

Mark route_mark(Snapshot const& snapshot) {
  if (!snapshot.status) return {"–", "UNKNOWN", colour::secondary};
  switch (snapshot.route.phase) {
    case RoutePhase::off: return {"⊘", "OFF", colour::secondary};
    case RoutePhase::preflight: return {"◐", "CHECKING", colour::amber};
    case RoutePhase::confirm: return {"◐", "TO CONFIRM", colour::amber};
    case RoutePhase::pending_on: return {"◐", "TURNING ON", colour::amber};
    case RoutePhase::pending_off: return {"◐", "TURNING OFF", colour::amber};
    case RoutePhase::on: return {"●", "ON", colour::green};
    case RoutePhase::blocking: return {"✗", "BLOCKING", colour::red};
  }
  return {"⊘", "OFF", colour::secondary};
}

Mark mark_of(Snapshot const& snapshot) {
  switch (snapshot.link.state) {
    case LinkState::connecting: return {"◐", "asking pim-daemon", colour::amber};
    case LinkState::lost: return {"↯", "pim does not answer", colour::red};
    case LinkState::version_mismatch: return {"↯", "version mismatch", colour::red};
    case LinkState::online: break;
  }
  if (!snapshot.status) return {"◐", "asking pim-daemon", colour::amber};
  if (snapshot.status->kill_switch.engaged) return {"✗", "blocking internet", colour::red};
  if (!snapshot.status->interface.up || snapshot.status->mesh_error) return {"↯", "degraded", colour::amber};
  return {"●", "running", colour::green};
}

Mark mark_of(LogLevel level) {
  switch (level) {
    case LogLevel::trace: return {"·", "trace", colour::metadata};
    case LogLevel::debug: return {"·", "debug", colour::metadata};
    case LogLevel::info: return {"●", "info", colour::secondary};
    case LogLevel::warn: return {"↯", "warn", colour::amber};
    case LogLevel::error: return {"✗", "error", colour::red};
  }
  return {"✗", "error", colour::red};
}

Mark trust_mark(protocol::PeerSummary const& peer) {
  if (!is_met(peer)) return {"–", "not met", colour::secondary};
  switch (peer.trust) {
    case TrustLevel::verified: return {"✓", "verified", colour::green};
    case TrustLevel::listed: return {"✓", "listed", colour::green};
    case TrustLevel::first_use: return {"○", "first use", colour::amber};
    case TrustLevel::once: return {"○", "once", colour::amber};
    case TrustLevel::pending: return {"◐", "pending", colour::amber};
    case TrustLevel::open: return {"○", "open", colour::amber};
    case TrustLevel::blocked: return {"⊘", "blocked", colour::red};
  }
  return {"○", "unknown", colour::amber};
}

Mark mark_of(HandshakeOutcome outcome) {
  switch (outcome) {
    case HandshakeOutcome::pending: return {"◐", "under way", colour::amber};
    case HandshakeOutcome::established: return {"✓", "established", colour::green};
    case HandshakeOutcome::failed: return {"✗", "failed", colour::red};
  }
  return {"✗", "failed", colour::red};
}

Colour colour_of(LatencyTone tone) {
  switch (tone) {
    case LatencyTone::unknown: return colour::metadata;
    case LatencyTone::good: return colour::green;
    case LatencyTone::fair: return colour::amber;
    case LatencyTone::poor: return colour::red;
  }
  return colour::metadata;
}

}  // namespace pim::ui
