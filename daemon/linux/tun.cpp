#include "linux/tun.hpp"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "linux/capabilities.hpp"

namespace pim::linux_edge {
namespace {

constexpr short tun_flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR | IFF_MULTI_QUEUE;
constexpr int vnet_header_size = 10;

// linux/if_tun.h of kernel 6.2 and later.
constexpr unsigned long offload_uso4 = 0x20, offload_uso6 = 0x40;

std::string reason(int code) { return std::generic_category().message(code); }

TunError cannot_open(std::string const& path, int code) {
  if (code == ENOENT || code == ENXIO || code == ENODEV) return {path + " is missing", "run `sudo modprobe tun`"};
  if (code == EACCES || code == EPERM) return {path + " is not open to this user", "run `sudo chmod 666 " + path + "`"};
  return {path + " cannot be opened: " + reason(code)};
}

TunError cannot_attach(std::string const& name, int code) {
  if (code == EPERM) return {"the tunnel device needs CAP_NET_ADMIN", how_to_grant_net_admin()};
  if (code == EINVAL)
    return {"a device named " + name + " exists that pim did not make",
            "remove it with `sudo ip link delete " + name + "`, or choose another [interface] name"};
  if (code == EBUSY) return {name + " is in use by another program: is a second pim-daemon running?"};
  return {"the tunnel device " + name + " cannot be made: " + reason(code)};
}

ifreq request_for(std::string const& name) {
  ifreq request{};
  name.copy(request.ifr_name, IFNAMSIZ - 1);
  request.ifr_flags = tun_flags;
  return request;
}

// Best first; the kernel takes a set whole or not at all.
TunOffloads set_offloads(int fd) {
  struct Try {
    unsigned long bits;
    TunOffloads offloads;
  };
  constexpr unsigned long tcp = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6;
  constexpr std::array tries = {Try{tcp | offload_uso4 | offload_uso6, {true, true, true}},
                                Try{tcp, {true, true, false}}, Try{TUN_F_CSUM, {true, false, false}}};
  for (auto const& attempt : tries)
    if (::ioctl(fd, TUNSETOFFLOAD, attempt.bits) == 0) return attempt.offloads;
  return {};
}

}  // namespace

std::string to_string(TunError const& error) {
  return error.cure.empty() ? error.what : error.what + ": " + error.cure;
}

Result<TunDevice, TunError> open_tun(std::string const& name, std::string const& tun_path) {
  Fd fd{::open(tun_path.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK)};
  if (!fd.is_open()) return fail_with(cannot_open(tun_path, errno));
  auto request = request_for(name);
  if (::ioctl(fd.get(), TUNSETIFF, &request) < 0) return fail_with(cannot_attach(name, errno));
  int header_size = vnet_header_size;
  if (::ioctl(fd.get(), TUNSETVNETHDRSZ, &header_size) < 0)
    return fail_with(TunError{name + " does not take the packet header: " + reason(errno)});
  // So that the same user may attach to a device that outlived the daemon.
  static_cast<void>(::ioctl(fd.get(), TUNSETOWNER, static_cast<unsigned long>(::geteuid())));
  auto const offloads = set_offloads(fd.get());
  return TunDevice{std::move(fd), name, ::if_nametoindex(name.c_str()), offloads};
}

Result<void> set_persistent(TunDevice const& device, bool on) {
  if (::ioctl(device.fd.get(), TUNSETPERSIST, on ? 1UL : 0UL) < 0)
    return fail(device.name + " cannot be made " + (on ? "persistent: " : "temporary: ") + reason(errno));
  return {};
}

bool is_attached(TunDevice const& device) {
  ifreq request{};
  return device.fd.is_open() && ::ioctl(device.fd.get(), TUNGETIFF, &request) == 0 && device.name == request.ifr_name &&
         ::if_nametoindex(request.ifr_name) == device.index;
}

TunDevice duplicate(TunDevice const& device) {
  return {device.fd.duplicate(), device.name, device.index, device.offloads};
}

}  // namespace pim::linux_edge
