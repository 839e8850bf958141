// Makes the host equal to a HostPlan, verifies it by reading everything back, and keeps it so. Lives on the
// host thread. Nothing it does opens a block but a plan that does not block: every step of arming closes
// before it opens, the release opens last, and each may be cut off after any step and be repeated.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "linux/tun.hpp"
#include "plan/host_plan.hpp"

namespace pim::linux_edge {

struct HostSettings {
  std::filesystem::path state_dir;  ///< holds the journal of old sysctl values
  std::string tun_path = default_tun_path;
  std::string nft_program{};                        ///< empty: the system's
  std::function<void(std::string_view)> on_step{};  ///< called after each step by name; tests stop there
};

/// What pim's tables have counted since the adapter was opened.
struct TableCounts {
  std::uint64_t refused_inbound = 0;                 ///< packets
  std::uint64_t to_internet = 0, from_internet = 0;  ///< bytes of IP that this host carried as a gateway
};

struct HostResult {
  std::string error{};  ///< empty: applied and verified. Else one line that says what to do
  std::string cure{};   ///< the end of such a line, where a command or a grant helps
  WallTime verified_at{};
  std::string repaired{};  ///< of on_readable: what somebody else had changed
  /// A tunnel device that was made or attached to during this call: its reader takes over from any earlier one.
  std::optional<TunDevice> tun{};
  [[nodiscard]] bool applied() const { return error.empty(); }
};

class HostAdapter {
 public:
  /// Opens the netlink sockets; touches nothing.
  [[nodiscard]] static Result<HostAdapter> open(HostSettings settings);
  HostAdapter(HostAdapter&&) noexcept;
  HostAdapter& operator=(HostAdapter&&) noexcept;
  ~HostAdapter();

  /// Blocks for some milliseconds. After an error the host is at least as closed as it was, and the same
  /// plan may be tried again.
  [[nodiscard]] HostResult apply(plan::HostPlan const& plan);

  /// Deletes the conntrack entries of DNS that was redirected: questions in flight go to the new gateway.
  [[nodiscard]] Result<void> forget_redirected_dns();

  /// A plan that replaces another goes on counting; what comes in that very instant may be missed.
  [[nodiscard]] Result<TableCounts> counts();

  /// When the host was last read back and found to be as the plan says; nothing before the first time.
  [[nodiscard]] std::optional<WallTime> verified_at() const;

  /// Readable when the host may have changed, and every few seconds while the plan blocks.
  [[nodiscard]] int fd() const;
  /// Compares the host with the last plan and applies it again where they differ; the result of that, or
  /// nothing when all is as it should be.
  [[nodiscard]] std::optional<HostResult> on_readable();

 private:
  struct Parts;
  explicit HostAdapter(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

/// `--release`: every trace of `names` goes, the block included. Needs no running daemon.
[[nodiscard]] Result<void> release_host(plan::Names const& names, HostSettings settings);

/// `--repair`: makes the host equal to `plan` and leaves; a block stays without a daemon behind it.
[[nodiscard]] Result<void> repair_host(plan::HostPlan const& plan, HostSettings settings);

}  // namespace pim::linux_edge
