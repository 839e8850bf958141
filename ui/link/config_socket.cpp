#include "ui/link/config_socket.hpp"

#include <toml++/toml.h>

#include <cstdlib>

#include "protocol/caller.hpp"

namespace pim::link {
namespace {

std::string config_path() {
  auto const variable = [](char const* name) {
    char const* value = std::getenv(name);
    return std::string(value != nullptr ? value : "");
  };
  if (auto const path = variable("PIM_CONFIG_PATH"); !path.empty()) return path;
  if (auto const folder = variable("XDG_CONFIG_HOME"); !folder.empty()) return folder + "/pim/pim.toml";
  auto const caller = protocol::sudo_caller();
  return (caller ? caller->home : variable("HOME")) + "/.config/pim/pim.toml";
}

}  // namespace

std::optional<std::string> configured_socket() {
  try {
    auto const path = toml::parse_file(config_path())["rpc"]["socket"].value<std::string>();
    return path && !path->empty() ? path : std::nullopt;
  } catch (toml::parse_error const&) {  // also when there is no file
    return std::nullopt;
  }
}

}  // namespace pim::link
