// Plain values in which the Machine keeps how far it is: with a handshake of its own, with a command that waits for
// the disk, with the host plan, with the internet through a gateway, with serving others, with stopping.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "control/commands.hpp"
#include "control/views.hpp"
#include "gateways/choice.hpp"
#include "noise/handshake.hpp"
#include "noise/mac.hpp"
#include "session/schedule.hpp"
#include "wire/control.hpp"

namespace pim::control {

/// Initiations in flight to one node, of two kinds where it is tried directly and through relays; an answer to an older
/// one still counts.
inline constexpr std::size_t max_pending = 8;
/// Addresses that are tried at once.
inline constexpr std::size_t max_candidates = 4;

/// Where an attempt is sent: to addresses alone, or through relays as well.
enum class Ways : std::uint8_t { direct, all };

/// An attempt of ours to make a session with a node whose key is known.
struct Outgoing {
  struct Pending {
    ReceiverIndex local;
    noise::Initiator handshake;
    noise::Mac mac1;
    bool is_relayed;  ///< and so is what answers it
  };
  std::uint32_t number = 0;
  NodeId id;
  PublicKey key;
  std::vector<Endpoint> targets;
  Ways ways;
  session::InitiationSchedule schedule;
  std::vector<Pending> pending{};
  std::optional<noise::Cookie> cookie{};
};

/// By Store; 0 is none.
using SaveNumbers = std::array<std::uint64_t, 2>;

/// By Store: whether a wish is kept there.
using Kept = std::array<bool, 2>;
inline constexpr Kept in_state{true, false}, in_trust{false, true}, in_both{true, true};

/// A command done but for the disk.
struct Unstored {
  CommandId id;
  Answer answer;
  Kept kept;                ///< where its wish is
  std::string added_entry;  ///< goes again when it cannot be stored
  bool is_new = true;       ///< of this turn: what it changed is not on its way yet
  SaveNumbers awaited{};    ///< 0: nothing of that store
};

/// What was given to the disk, and who waits for it.
struct Storing {
  std::uint64_t trust_version = 0;
  Time trust_at{};
  SavedState state{};
  Kept is_unwritten{};    ///< the disk refused the last one
  Time again_at = never;  ///< when that is tried again; a command does not wait for it
  SaveNumbers numbers{};  ///< of the last job for each store
  std::vector<Unstored> unstored{};
};

/// The host plan: as the host was given it last, and whether it is to be given again.
struct Planning {
  std::uint64_t number = 0;  ///< of the last one
  bool is_due = true;        ///< something that it follows from may have changed
  bool is_forced = false;    ///< given though it is the same: its report is waited for
  bool was_sent = false;
  std::optional<plan::Input> input;  ///< none: everything of ours is taken away
};

/// What a line of a node without a session says that may change: a mesh has thousands of them.
struct ListedLine {
  std::uint32_t row = 0;
  NodeId via;
  std::optional<IpAddress> v4;
  std::uint8_t hops = 0;
  trust::Level trust = trust::Level::pending;
  bool named_gateway = false;
  std::string label;
  bool operator==(ListedLine const&) const = default;
};

/// Lines of nodes that there is no session with.
struct Listing {
  std::map<NodeId, ListedLine> shown;  ///< as clients were told
  std::set<NodeId> dirty;              ///< whose line may have come, changed or gone
  Time shown_at{}, compared_at{};
  std::uint64_t compared = 0;  ///< the generation of the routes that all lines were compared with
};

/// The internet through a gateway.
struct Routing {
  /// off -> arming -> on -> releasing -> off. Armed or not, in every phase but off nothing passes
  /// but through a gateway.
  enum class Phase : std::uint8_t { off, arming, on, releasing };
  Phase phase = Phase::off;
  bool restored = false;  ///< on since the start: a failure to arm does not open anything
  std::uint64_t plan_number = 0;
  std::vector<CommandId> waiting;
  std::optional<NodeId> gateway, last_gateway;
  gateways::Better better;
  bool had_gateway = false;
  bool lost_relay = false;  ///< the last gateway went with the neighbour that led to it
  bool is_seeking = false;  ///< on, without a gateway
  std::string arming_error;
  std::optional<WallTime> since, verified_at;
  std::optional<RoutingView> shown;
};

/// The internet for others.
struct Serving {
  /// What the user wants, and what is stored of it.
  struct Wish {
    bool wanted = false;
    GatewaySettings settings{};
    bool is_decided = false;
    std::optional<GatewaySettings> stored{};
  };
  bool wanted = false;   ///< the user enabled it
  bool applied = false;  ///< the host does it
  GatewaySettings settings;
  std::uint8_t load = 0;  ///< percent of the connections that it admits
  std::uint64_t plan_number = 0;
  std::vector<CommandId> waiting;
  Wish before;  ///< those who wait
  std::optional<WallTime> enabled_at;
  std::set<NodeId> through_me;
  std::optional<wire::GatewayOffer> announced;
  std::optional<ServingView> shown;
};

struct Stopping {
  bool release = false;
  std::uint64_t plan_number = 0;
  std::vector<CommandId> waiting;
};

}  // namespace pim::control
