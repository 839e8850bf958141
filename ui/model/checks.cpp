#include "ui/model/checks.hpp"

#include <algorithm>

namespace pim::ui {
namespace {

RouteCheck interface_check(protocol::InterfaceStatus const& interface) {
  if (interface.up) return {CheckMark::passed, "the tunnel is up (" + interface.name + ")", "", {}};
  auto why = interface.reason.value_or("it is not there");
  auto cure = interface.cure.value_or("grant pim-daemon CAP_NET_ADMIN and restart it");
  return {CheckMark::failed, "the tunnel is not up: " + std::move(why), std::move(cure), {}};
}

RouteCheck gateway_check(Snapshot const& snapshot) {
  auto const& table = *snapshot.routes;
  auto const usable = std::find_if(table.gateways.begin(), table.gateways.end(),
                                   [](protocol::KnownGateway const& gateway) { return gateway.healthy; });
  if (usable != table.gateways.end()) {
    auto const hops = usable->hops <= 1 ? std::string("direct") : std::to_string(usable->hops) + " hops";
    return {
        CheckMark::passed, name_of(snapshot, usable->node_id) + " shares its internet (gateway, " + hops + ")", "", {}};
  }
  RouteCheck row{CheckMark::missing, "", "", {}};
  for (auto const& offer : table.offers) row.offers.push_back(offer.node_id);
  if (!table.gateways.empty()) {
    auto const& first = table.gateways.front();
    row.sentence = "no allowed gateway answers; " + name_of(snapshot, first.node_id) + " was tried" +
                   (first.reason ? ": " + *first.reason : std::string());
    row.remedy = "start that device, or allow another one that shares its internet";
  } else if (!row.offers.empty()) {
    row.sentence = "a device offers internet, but you have not allowed it as a gateway";
    row.remedy = "compare its fingerprint with the one on that device, then allow it";
  } else {
    row.sentence = "no device shares its internet (gateway) with you yet";
    row.remedy = "add the device that has internet as a peer, and turn on sharing there";
  }
  return row;
}

}  // namespace

bool RouteChecks::pass() const {
  return std::all_of(rows.begin(), rows.end(), [](RouteCheck const& row) { return row.mark == CheckMark::passed; });
}

bool RouteChecks::permit() const {
  return std::none_of(rows.begin(), rows.end(), [](RouteCheck const& row) { return row.mark == CheckMark::failed; });
}

RouteChecks route_checks(Snapshot const& snapshot) {
  if (!snapshot.is_live()) return {{{CheckMark::failed, "pim does not answer", "start pim-daemon", {}}}};
  RouteChecks checks;
  if (snapshot.status->mesh_error)
    checks.rows.push_back({CheckMark::failed,
                           "the mesh is off: " + *snapshot.status->mesh_error,
                           "the daemon's log says how to cure it",
                           {}});
  checks.rows.push_back(interface_check(snapshot.status->interface));
  checks.rows.push_back(gateway_check(snapshot));
  return checks;
}

}  // namespace pim::ui
