// The one thing that the kernel does not remember: what the sysctls were before pim wrote them. A small text
// file, replaced as a whole. It counts only in the boot and the network namespace that it was written in,
// since elsewhere the values are the kernel's own again.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace pim::linux_edge {

struct SavedSysctl {
  std::string path;     ///< below /proc/sys
  std::string written;  ///< by pim
  std::string before;
  bool operator==(SavedSysctl const&) const = default;
};

/// `place` names the boot and the namespace. Nothing when the text is not a journal at all; an empty list
/// when it is one of another place.
[[nodiscard]] std::optional<std::vector<SavedSysctl>> parse_journal(std::string_view text, std::string_view place);
[[nodiscard]] std::string to_journal(std::vector<SavedSysctl> const& entries, std::string_view place);

class Journal {
 public:
  explicit Journal(std::filesystem::path folder);

  /// A file that is there but no journal is an error that names it, never an empty journal.
  [[nodiscard]] Result<std::vector<SavedSysctl>> load() const;
  /// On disk when it returns; nothing is written when the file holds just that. No entries: the file goes.
  [[nodiscard]] Result<void> save(std::vector<SavedSysctl> const& entries) const;
  /// Whether save could succeed: writes what is there once more.
  [[nodiscard]] Result<void> prove_writable() const;

 private:
  [[nodiscard]] Result<void> write(std::string const& text) const;
  std::filesystem::path folder_;
  std::string place_;
};

}  // namespace pim::linux_edge
