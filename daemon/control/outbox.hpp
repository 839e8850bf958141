// What one turn of control asks of others, and tells them: jobs for the host thread, notes for clients, next hops
// that changed for whoever watches them. Datagrams go straight into the packet path's arena.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "control/settings.hpp"
#include "control/views.hpp"
#include "dataplane/io.hpp"
#include "discovery/values.hpp"
#include "mesh/routing.hpp"
#include "plan/host_plan.hpp"

namespace pim::control {

/// Make the host equal to this. Only the newest counts: an older one not yet begun may be skipped, but
/// every number gets a PlanApplied of its own or of a later one.
struct ApplyPlan {
  std::uint64_t number = 0;
  std::optional<plan::Input> input;  ///< none: every trace of pim goes
};
enum class Store : std::uint8_t { state, trust };
/// Either is answered by a Stored of its store with its number or a later one.
struct SaveState {
  std::uint64_t number = 0;
  SavedState state;
};
struct SaveTrust {
  std::uint64_t number = 0;
  trust::Snapshot snapshot;
};
struct ResolveName {
  std::string host;
};
/// The gateway changed: DNS questions on their way to the old one are to be asked anew.
struct ForgetRedirectedDns {};

using HostJob = std::variant<ApplyPlan, SaveTrust, SaveState, ResolveName, ForgetRedirectedDns>;

// -- what comes back from the host thread

struct PlanApplied {
  std::uint64_t number = 0;
  std::string error{};  ///< empty: applied and verified
  WallTime verified_at{};
};
struct TunnelReady {};
struct TunnelUnavailable {
  std::string reason;  ///< with what to do about it
};
struct NameResolved {
  std::string host;
  std::vector<IpAddress> addresses;  ///< empty: the name did not resolve
};
struct LinksChanged {
  plan::Links links;
  std::vector<IpAddress> resolvers;  ///< of /etc/resolv.conf
};
/// Of the connections that the gateway admits, so many are in use.
struct GatewayLoad {
  std::uint8_t percent = 0;
};
struct Stored {
  Store store{};
  std::uint64_t number = 0;
  std::string error{};  ///< empty: it will be there after a restart
};

using HostNote =
    std::variant<PlanApplied, TunnelReady, TunnelUnavailable, NameResolved, LinksChanged, GatewayLoad, Stored>;

struct Outbox {
  std::vector<HostJob> host;
  std::vector<Note> notes;
  std::vector<discovery::Send> beacons;
  std::optional<std::vector<discovery::Interface>> beacon_interfaces;  ///< where to listen from now on
  std::vector<mesh::RouteChange> routes;                               ///< the packet path knows already

  void clear() {
    host.clear();
    notes.clear();
    beacons.clear();
    beacon_interfaces.reset();
    routes.clear();
  }
};

/// One turn: the instant, and where its results go.
struct Turn {
  Now now;
  dataplane::Out& packets;
  Outbox& outbox;
};

}  // namespace pim::control
