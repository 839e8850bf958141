#include "linux/capabilities.hpp"

#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <system_error>

namespace pim::linux_edge {
namespace {

constexpr std::uint32_t net_admin = 1u << CAP_NET_ADMIN;

struct Sets {
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> words{};

  [[nodiscard]] bool read() {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    return ::syscall(SYS_capget, &header, words.data()) == 0;
  }
  [[nodiscard]] bool write() const {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    return ::syscall(SYS_capset, &header, words.data()) == 0;
  }
};

std::string own_path() {
  std::array<char, PATH_MAX> path{};
  auto const size = ::readlink("/proc/self/exe", path.data(), path.size());
  return size > 0 ? std::string{path.data(), static_cast<std::size_t>(size)} : std::string{"pim-daemon"};
}

}  // namespace

bool has_net_admin() {
  Sets sets;
  return sets.read() && (sets.words[0].effective & net_admin);
}

Result<void> settle_capabilities() {
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  Sets sets;
  if (!sets.read()) return fail("the capabilities of this process cannot be read");
  auto const is_permitted = (sets.words[0].permitted & net_admin) != 0;
  sets.words[0].inheritable = 0;
  sets.words[1].inheritable = 0;
  if (is_permitted) sets.words[0].effective |= net_admin;
  if (!sets.write()) return fail("the capabilities of this process cannot be set");
  if (!is_permitted) return fail("CAP_NET_ADMIN is missing: " + how_to_grant_net_admin());
  return {};
}

Result<void> continue_as(std::string const& user, unsigned uid, unsigned gid) {
  bool const is_changed = ::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0 && ::initgroups(user.c_str(), gid) == 0 &&
                          ::setresgid(gid, gid, gid) == 0 && ::setresuid(uid, uid, uid) == 0;
  if (!is_changed) return fail("cannot go on as " + user + ": " + std::generic_category().message(errno));
  Sets sets;
  sets.words[0] = {.effective = net_admin, .permitted = net_admin, .inheritable = 0};
  if (!sets.write()) return fail("the capabilities of this process cannot be set");
  return {};
}

bool keep_net_admin_for_exec() {
  Sets sets;
  if (!sets.read()) return false;
  sets.words[0] = {.effective = net_admin, .permitted = net_admin, .inheritable = net_admin};
  sets.words[1] = {};
  return sets.write() && ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_ADMIN, 0, 0) == 0;
}

std::string how_to_grant_net_admin() {
  return "run `sudo setcap cap_net_admin+ep " + own_path() + "`, or start it by its systemd unit";
}

}  // namespace pim::linux_edge
