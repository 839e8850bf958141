// The part of the configuration that control starts with.
#pragma once

#include <string>

#include "config/config.hpp"
#include "control/settings.hpp"

namespace pim::config {

/// `host_name` stands in where node.name is empty. The entry id of a configured peer is "config:ADDRESS".
[[nodiscard]] control::Settings settings_of(Config const& config, std::string const& host_name);

}  // namespace pim::config
