// A Config as text: what config.get answers, and the reference in docs/config.md. Secrets show as "(set)".
#pragma once

#include <string>

#include "config/config.hpp"

namespace pim::config {

/// Every key with its value in force; decode() takes it back, but for a secret that is set.
[[nodiscard]] std::string render_toml(Config const& config);
/// The same as one JSON object: {"section": {"key": value}, "peers": [..]}.
[[nodiscard]] std::string render_json(Config const& config);
/// The reference of all keys in Markdown.
[[nodiscard]] std::string render_reference();

}  // namespace pim::config
