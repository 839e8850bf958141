// What route.explain answers, and parts of route.table, in words for the window and the command line alike.
#pragma once

#include <functional>
#include <string>

#include "protocol/types/routes.hpp"

namespace pim::ui {

/// `203.0.113.1: into the internet at far-gateway, reached through attic, 2 hops`, and the reason in brackets where
/// there is one. `name_of` says a whole node_id as people know it.
[[nodiscard]] std::string explain_text(protocol::RouteExplanation const& way,
                                       std::function<std::string(std::string const&)> const& name_of);

/// `v4+v6`, or the one that the gateway carries; empty where it is not known.
[[nodiscard]] std::string families_text(protocol::ScoreParts const& parts);

}  // namespace pim::ui
