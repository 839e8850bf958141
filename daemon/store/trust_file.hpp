// The trust store on disk: one checksummed file and one previous generation.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "store/file_system.hpp"
#include "trust/trust.hpp"

namespace pim::store {

/// The stored records and pins; an empty snapshot only where nothing was ever stored. A file that is there
/// but cannot be used, or is gone while its previous generation is there, is an error that says what to do:
/// reading it as empty, or as it was before, would trust again what was forgotten or blocked.
Result<trust::Snapshot> load_trust(std::string const& path);
Result<void> save_trust(FileSystem& files, std::string const& path, trust::Snapshot const& snapshot);

// The file's body, for tests and the fuzzer: total on any input.
[[nodiscard]] std::string encode_trust(trust::Snapshot const& snapshot);
[[nodiscard]] Result<trust::Snapshot> decode_trust(std::string_view body);

}  // namespace pim::store
