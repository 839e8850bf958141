// Turns control's notes, in their order, into the deltas of the RPC model, and remembers what is needed to
// say the next ones whole: states come before the events that tell of them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "control/views.hpp"
#include "host/readings.hpp"
#include "net/counters.hpp"
#include "rpc/model.hpp"

namespace pim::app {

class NoteFeed {
 public:
  /// `mesh_error`: why the mesh is off, if it is. `started`: what uptime counts from.
  NoteFeed(std::string mesh_error, Time started) : mesh_error_(std::move(mesh_error)), started_(started) {}

  /// What the host thread has read by now: for all that is told from here on.
  void see(host::Readings readings) { host_ = std::move(readings); }

  /// Appends what `note` says to `out`. Replies and Finished say nothing here.
  void take(control::Note const& note, WallTime now, std::vector<rpc::Delta>& out);

  /// The id of the one peer that a prefix names; else the prefix itself.
  [[nodiscard]] std::string whole_id(std::string const& prefix) const;

  /// Counters and ages of this moment.
  void refresh(rpc::Model& model, net::Counters const& counters, Now const& now);

 private:
  void on(control::NodeView const& view, WallTime now, std::vector<rpc::Delta>& out);
  void on(control::PeerView const& view, WallTime now, std::vector<rpc::Delta>& out);
  void on(control::PeerGone const& gone, WallTime now, std::vector<rpc::Delta>& out);
  void on(control::NeighbourView const& view, WallTime, std::vector<rpc::Delta>&) { neighbours_[view.number] = view; }
  void on(control::NeighbourGone const& gone, WallTime, std::vector<rpc::Delta>&) { neighbours_.erase(gone.number); }
  void on(control::RoutingView const& view, WallTime now, std::vector<rpc::Delta>& out);
  void on(control::ServingView const& view, WallTime now, std::vector<rpc::Delta>& out);
  void on(trust::LedgerEntry const& entry, WallTime now, std::vector<rpc::Delta>& out);
  void on(control::StatusEvent const& event, WallTime now, std::vector<rpc::Delta>& out);
  void on(control::PeerEvent const& event, WallTime now, std::vector<rpc::Delta>& out);
  void on(control::ServingEvent const& event, WallTime now, std::vector<rpc::Delta>& out);
  void on(LogRecord const& record, WallTime now, std::vector<rpc::Delta>& out);
  void on(control::Reply const&, WallTime, std::vector<rpc::Delta>&) {}
  void on(control::Finished const&, WallTime, std::vector<rpc::Delta>&) {}

  void show_status(std::vector<rpc::Delta>& out) const;

  /// What is needed of a line that the model holds whole.
  struct Known {
    std::optional<NodeId> id{};
    std::string entry_id{};
    std::optional<PeerSlot> slot{};
    std::optional<Time> last_handshake{};
    bool is_active = false;
    rpc::TrafficTotals totals{};  ///< as of the last refresh
  };

  std::string mesh_error_;
  Time started_;
  std::optional<control::NodeView> node_;
  control::RoutingView routing_;
  control::ServingView serving_;
  host::Readings host_;
  std::map<std::uint32_t, Known> peers_;                        ///< by row
  std::map<std::uint32_t, control::NeighbourView> neighbours_;  ///< by number
  std::uint32_t active_ = 0;
  std::optional<trust::LedgerEntry> last_failure_;
  rpc::TrafficTotals departed_;  ///< of peers that are gone
};

}  // namespace pim::app
