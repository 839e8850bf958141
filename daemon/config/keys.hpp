// The one table of configuration keys. Decoding, suggestions, range errors, config.get and docs/config.md
// all follow from it: a key exists when it stands here, and nowhere else.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "config/config.hpp"

namespace pim::config {

/// A value as TOML and JSON both write it.
using Value = std::variant<bool, std::int64_t, std::string, std::vector<std::string>>;

/// In the order of Value's alternatives.
enum class Kind : std::uint8_t { boolean, integer, text, list };
[[nodiscard]] std::string_view to_string(Kind kind);
[[nodiscard]] inline Kind kind_of(Value const& value) { return static_cast<Kind>(value.index()); }

struct Key {
  std::string_view path;  ///< "section.name"; "peers.name" stands in every [[peers]]
  Kind kind;
  std::string range;  ///< for people
  std::string_view help;
  bool needs_restart = true;  ///< the daemon reads it once, at its start
  bool is_secret = false;     ///< its get() never tells more than that it is set
  /// `row` picks among config.peers and means nothing to other keys. `value` is of `kind`. On failure the
  /// error completes "KEY ..." and config is unchanged.
  std::function<Result<void>(Config&, std::size_t row, Value const& value)> set;
  std::function<Value(Config const&, std::size_t row)> get;

  [[nodiscard]] std::string_view section() const { return path.substr(0, path.find('.')); }
  [[nodiscard]] std::string_view name() const { return path.substr(path.find('.') + 1); }
};

inline constexpr std::string_view peers_section = "peers";
/// What get() answers for a secret that is set; no secret may be this.
inline constexpr std::string_view secret_shown = "(set)";

/// Ordered by section.
[[nodiscard]] std::vector<Key> const& keys();
[[nodiscard]] Key const* find_key(std::string_view path);
/// The sections, in order.
[[nodiscard]] std::vector<std::string_view> sections();

}  // namespace pim::config
