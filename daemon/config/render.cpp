#include "config/render.hpp"

#include <boost/json.hpp>

#include "config/keys.hpp"

namespace pim::config {
namespace {

/// A TOML basic string.
std::string quote(std::string_view text) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string out = "\"";
  for (auto const c : text) {
    auto const byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      out += {'\\', c};
    else if (byte < 0x20 || byte == 0x7f)
      out += std::string{"\\u00"} + digits[byte >> 4] + digits[byte & 15];
    else
      out += c;
  }
  return out + "\"";
}

std::string toml_of(Value const& value) {
  switch (kind_of(value)) {
    case Kind::boolean: return std::get<bool>(value) ? "true" : "false";
    case Kind::integer: return std::to_string(std::get<std::int64_t>(value));
    case Kind::text: return quote(std::get<std::string>(value));
    case Kind::list: break;
  }
  std::string out = "[";
  for (auto const& item : std::get<std::vector<std::string>>(value)) out += (out.size() > 1 ? ", " : "") + quote(item);
  return out + "]";
}

boost::json::value json_of(Value const& value) {
  return std::visit([](auto const& held) { return boost::json::value_from(held); }, value);
}

std::string toml_section(Config const& config, std::string_view section, std::size_t row) {
  std::string out;
  for (auto const& key : keys())
    if (key.section() == section) out += std::string{key.name()} + " = " + toml_of(key.get(config, row)) + "\n";
  return out;
}

boost::json::object json_section(Config const& config, std::string_view section, std::size_t row) {
  boost::json::object out;
  for (auto const& key : keys())
    if (key.section() == section) out[key.name()] = json_of(key.get(config, row));
  return out;
}

/// Angle brackets and bars would be read as Markdown.
std::string in_table(std::string_view text) {
  std::string out;
  for (auto const c : text) {
    if (c == '|' || c == '<') out += '\\';
    out += c;
  }
  return out;
}

std::string reference_section(std::string_view section) {
  auto const in_peers = section == peers_section;
  auto const header = in_peers ? "[[peers]]" : "[" + std::string{section} + "]";
  auto out = "\n## " + header + "\n\n| key | default | range | meaning |\n|---|---|---|---|\n";
  Config defaults;
  if (in_peers) defaults.peers.emplace_back();
  for (auto const& key : keys()) {
    if (key.section() != section) continue;
    auto const is_required = key.path == "peers.address";
    out += "| `" + std::string{key.name()} + "` | " +
           (is_required ? "required" : "`" + toml_of(key.get(defaults, 0)) + "`") + " | " + in_table(key.range) +
           " | " + in_table(key.help) + (key.needs_restart ? "" : " Takes effect at once.") + " |\n";
  }
  return out;
}

}  // namespace

std::string render_toml(Config const& config) {
  std::string out;
  for (auto const section : sections()) {
    if (section != peers_section) {
      out += (out.empty() ? "[" : "\n[") + std::string{section} + "]\n" + toml_section(config, section, 0);
      continue;
    }
    for (std::size_t row = 0; row < config.peers.size(); ++row)
      out += "\n[[peers]]\n" + toml_section(config, section, row);
  }
  return out;
}

std::string render_json(Config const& config) {
  boost::json::object out;
  for (auto const section : sections()) {
    if (section != peers_section) {
      out[section] = json_section(config, section, 0);
      continue;
    }
    boost::json::array rows;
    for (std::size_t row = 0; row < config.peers.size(); ++row) rows.push_back(json_section(config, section, row));
    out[section] = std::move(rows);
  }
  return boost::json::serialize(out);
}

std::string render_reference() {
  std::string out =
      "# Configuration\n\n"
      "<!-- Made by pim-configdoc from the table in daemon/config/keys.cpp. After a change there:\n"
      "ninja -C build daemon/config/pim-configdoc && build/daemon/config/pim-configdoc > docs/config.md -->\n\n"
      "pim runs without any file. What you want otherwise goes into `$PIM_CONFIG_PATH`, else "
      "`$XDG_CONFIG_HOME/pim/pim.toml`\n"
      "(`~/.config/pim/pim.toml`), in [TOML](https://toml.io). A key that is not listed here, or a value out of its "
      "range, stops\n"
      "the start with the line and what was probably meant. The daemon reads the file once: a change takes effect with "
      "its\n"
      "next start, unless the key says otherwise. No key turns encryption off.\n\n"
      "Peers added, gateways allowed and gateways enabled by command live in the state folder and win over this "
      "file.\n";
  for (auto const section : sections()) out += reference_section(section);
  return out;
}

}  // namespace pim::config
