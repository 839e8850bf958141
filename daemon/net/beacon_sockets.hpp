// The discovery port: one IPv4 and one IPv6 socket. Beacons go out on one interface at a time, to the groups
// below and by limited broadcast, with hop limit 255; only what still has 255, so comes from the link itself
// (RFC 5082), is handed up, with the interface that it came by. Used by the packet thread alone.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <set>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/drop.hpp"
#include "base/result.hpp"
#include "discovery/values.hpp"
#include "net/fd.hpp"

namespace pim::net {

struct BeaconOptions {
  std::uint16_t port = 0;
  std::uint32_t mark = 0;  ///< SO_MARK where permitted, or a block in force would hold beacons back; 0: none
};

class BeaconSockets {
 public:
  /// Link-local groups, which no router forwards, of those that RFC 4727 leaves to experiments.
  static constexpr std::string_view group_v4 = "224.0.0.254", group_v6 = "ff02::114";
  static constexpr std::size_t batch = 16;

  /// Either family may be missing on a host, not both. The error names the port and the key to change.
  static Result<BeaconSockets> open(BeaconOptions const& options);

  /// -1 where the host lacks the family.
  [[nodiscard]] int fd(Family family) const { return (family == Family::v4 ? v4_ : v6_).get(); }

  /// Hear the groups on these interfaces and no others. A group that cannot be joined on one interface is
  /// tried again with the next beacon there; the others do not suffer.
  void follow(std::span<discovery::Interface const> interfaces);
  /// At most `batch` beacons; their bytes live until the next call.
  [[nodiscard]] std::span<discovery::Received const> receive(Family family, DropCounters& drops);
  void send(discovery::Send const& beacon, DropCounters& drops);

 private:
  struct Slots;
  using Membership = std::pair<Family, std::uint32_t>;  ///< the second: an interface

  BeaconSockets(Fd v4, Fd v6, std::uint16_t port);
  void join(discovery::Interface const& interface);
  bool change_membership(Membership const& membership, bool is_member) const;

  struct FreeSlots {
    void operator()(Slots* slots) const;
  };

  Fd v4_, v6_;
  std::uint16_t port_;
  std::set<Membership> joined_;
  std::unique_ptr<Slots, FreeSlots> slots_;
};

}  // namespace pim::net
