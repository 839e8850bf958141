// Writes the sysctls that a plan wants and puts back what a plan no longer wants.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "linux/journal.hpp"
#include "plan/host_plan.hpp"

namespace pim::linux_edge {

/// Without the newline; nothing when there is no such setting (an absent device, a kernel without IPv6).
[[nodiscard]] std::optional<std::string> read_sysctl(std::string const& path);
/// An absent setting is success: there is nothing to set.
[[nodiscard]] Result<void> write_sysctl(std::string const& path, std::string const& value);

class SysctlKeeper {
 public:
  using OnChange = std::function<void(std::string_view)>;
  SysctlKeeper(std::filesystem::path folder, OnChange on_change)
      : journal_(std::move(folder)), on_change_(std::move(on_change)) {}

  /// Fails where the old values could not be kept; nothing has changed then.
  [[nodiscard]] Result<void> prepare() const { return journal_.prove_writable(); }
  /// Old values reach the disk before the first new one reaches the kernel.
  [[nodiscard]] Result<void> set(std::vector<plan::Sysctl> const& wanted);
  /// Those of pim's own device, which need no journal.
  [[nodiscard]] Result<void> set_own(std::vector<plan::Sysctl> const& wanted);
  /// Puts back everything kept that is not in `wanted`. A value that somebody else has changed since stays.
  [[nodiscard]] Result<void> restore_others(std::vector<plan::Sysctl> const& wanted);
  /// The path of the first that is not as wanted.
  [[nodiscard]] static std::optional<std::string> difference(std::vector<plan::Sysctl> const& wanted);

 private:
  Journal journal_;
  OnChange on_change_;
};

}  // namespace pim::linux_edge
