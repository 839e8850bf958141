#include "ui/model/explain.hpp"

#include "ui/model/format.hpp"

namespace pim::ui {

std::string explain_text(protocol::RouteExplanation const& way,
                         std::function<std::string(std::string const&)> const& name_of) {
  using enum protocol::RouteCourse;
  auto const node = name_of(way.node_id.value_or(""));
  auto const reached = way.hops > 1
                           ? "through " + name_of(way.via.value_or("")) + ", " + std::to_string(way.hops) + " hops"
                           : "directly";
  auto const course = [&]() -> std::string {
    switch (way.course) {
      case to_self: return "this node itself";
      case direct:
      case relayed: return "to " + node + " " + reached;
      case through_gateway: return "into the internet at " + node + ", reached " + reached;
      case blocked: return "BLOCKED";
      case as_before: return "not through the mesh";
      case unreachable: return "nowhere";
    }
    return "nowhere";
  }();
  return printable(way.target + ": " + course + (way.reason ? " (" + *way.reason + ")" : ""));
}

std::string families_text(protocol::ScoreParts const& parts) {
  if (!parts.v4 || !parts.v6) return {};
  if (*parts.v4 && *parts.v6) return "v4+v6";
  return *parts.v4 ? "v4" : *parts.v6 ? "v6" : "none";
}

}  // namespace pim::ui
