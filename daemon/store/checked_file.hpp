// The form of every file in the state folder: one line that names the kind and holds the checksum of the
// rest, then the rest. Any change of any byte is noticed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "store/file_system.hpp"

namespace pim::store {

/// `pim KIND v1 SHA256`, a newline, the body.
[[nodiscard]] std::string add_checksum(std::string_view kind, std::string_view body);
/// The body inside `file`; nothing when it is of another kind or version, cut short or changed.
[[nodiscard]] std::optional<std::string_view> checked_body(std::string_view kind, Bytes file);

/// What an unusable file is called and what is lost by starting over without it.
struct StoreWords {
  std::string_view kind;        ///< in the first line
  std::string_view name;        ///< "the trust store"
  std::string_view start_over;  ///< "forget every peer"
};

/// The body of the file at `path`; nothing only where neither it nor a previous generation exists.
Result<std::optional<std::string>> load_checked(StoreWords const& words, std::string const& path);
/// The same error for a body that has its checksum and makes no sense: written by another version.
[[nodiscard]] Error damaged(StoreWords const& words, std::string const& path, std::string_view how);
/// Keeps the previous generation, which a damaged file does not become.
Result<void> save_checked(FileSystem& files, StoreWords const& words, std::string const& path, std::string_view body);

}  // namespace pim::store
