// Files that are either the old or the new one, whatever happens: written beside (".new"), synced, renamed
// over, folder synced. Reading tells "absent" from "cannot be read".
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "store/file_system.hpp"

namespace pim::store {

enum class Keep : bool { nothing, previous_generation };

/// Replaces the content of `path`, 0600. On failure the old file is as it was, but for the one case that the
/// folder could not be synced after the rename: then the new one is there and may not survive a power cut.
/// With `previous_generation` the old content stays as PATH.prev, where the file system has hard links.
/// One writer at a time: the daemon holds the lock of its state folder.
Result<void> replace_file(FileSystem& files, std::string const& path, Bytes content, Keep keep);

/// The previous generation's name.
[[nodiscard]] std::string previous_of(std::string const& path);

struct ReadFile {
  Buffer content;
  unsigned mode = 0;  ///< permission bits
};

/// A regular file of this user, at most `max_size` bytes; nothing when there is no such name.
Result<std::optional<ReadFile>> read_file(std::string const& path, std::size_t max_size);

}  // namespace pim::store
