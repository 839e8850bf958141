// What the daemon remembers beside trust, on disk: the user's answers, added peers, names resolved, and how
// far handshake timestamps are reserved. Same form and care as the trust store.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "control/settings.hpp"
#include "store/file_system.hpp"

namespace pim::store {

/// A default state only where nothing was ever stored; else the stored one, or an error that says what to do.
Result<control::SavedState> load_state(std::string const& path);
/// The user's answer about routing as the previous generation has it: a hint for a start without a usable
/// state, where "on" is the safe side. Nothing else is ever taken from there.
[[nodiscard]] std::optional<bool> previous_routing_answer(std::string const& path);
Result<void> save_state(FileSystem& files, std::string const& path, control::SavedState const& state);

// The file's body, for tests and the fuzzer: total on any input.
[[nodiscard]] std::string encode_state(control::SavedState const& state);
[[nodiscard]] Result<control::SavedState> decode_state(std::string_view body);

}  // namespace pim::store
