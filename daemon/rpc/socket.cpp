#include "rpc/socket.hpp"

#include <fcntl.h>
#include <grp.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace pim::rpc {
namespace {

constexpr int backlog = 128;

/// Whether the next candidate may be tried instead.
struct Refusal {
  std::string message;
  bool is_final = true;
};
template <class T>
using Attempt = Result<T, Refusal>;

Failure<Refusal> refuse(std::string message) { return fail_with(Refusal{std::move(message)}); }
Failure<Refusal> try_next(std::string message) { return fail_with(Refusal{std::move(message), false}); }

std::string reason() { return std::strerror(errno); }

std::string folder_of(std::string const& path) {
  auto const slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

/// Anyone who can write the folder could put another socket in our place.
Attempt<void> check_folder(std::string const& folder, std::optional<gid_t> group) {
  bool const is_new = ::mkdir(folder.c_str(), group ? 0750 : 0700) == 0;
  if (is_new && group && ::chown(folder.c_str(), static_cast<uid_t>(-1), *group) != 0)
    return refuse(folder + " cannot be given to the group: " + reason());
  // Names under /tmp can be taken by anybody, also as a link to elsewhere.
  int const follow = folder.starts_with("/tmp/") ? O_NOFOLLOW : 0;
  Descriptor const opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | follow));
  if (!opened.is_open()) return try_next(folder + ": " + reason());
  struct stat status{};
  if (::fstat(opened.get(), &status) != 0) return try_next(folder + ": " + reason());
  if (status.st_uid != ::geteuid() && status.st_uid != 0) return try_next(folder + " belongs to another user");
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return refuse("others can write to " + folder +
                  ", so the socket cannot be safe there; chmod go-w it or choose another");
  if (::access(folder.c_str(), W_OK) != 0) return try_next(folder + ": " + reason());
  return {};
}

Attempt<Descriptor> take_lock(std::string const& path) {
  auto const name = path + ".lock";
  Descriptor lock(::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock.is_open()) return refuse(name + ": " + reason());
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) return refuse("another pim-daemon owns " + path);
  return lock;
}

/// With the lock in hand, a socket that nobody listens at was left by a daemon that was killed.
Attempt<void> remove_stale(std::string const& path, sockaddr_un const& address) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0)
    return errno == ENOENT ? Attempt<void>{} : Attempt<void>{refuse(path + ": " + reason())};
  if (!S_ISSOCK(status.st_mode)) return refuse(path + " exists and is not a socket; remove it or choose another path");
  Descriptor const probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  int const connected = ::connect(probe.get(), reinterpret_cast<sockaddr const*>(&address), sizeof address);
  if (connected == 0 || errno != ECONNREFUSED) return refuse("another program listens at " + path);
  if (::unlink(path.c_str()) != 0) return refuse(path + ": " + reason());
  return {};
}

Attempt<Descriptor> bind_socket(std::string const& path, sockaddr_un const& address, std::optional<gid_t> group) {
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.is_open()) return refuse("no socket: " + reason());
  // Before bind: the path never exists with a wider mode, whatever the umask.
  if (::fchmod(socket.get(), 0600) != 0) return refuse("no mode for the socket: " + reason());
  if (::bind(socket.get(), reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0)
    return refuse(path + ": " + reason());
  if (group && (::lchown(path.c_str(), static_cast<uid_t>(-1), *group) != 0 || ::chmod(path.c_str(), 0660) != 0))
    return refuse(path + " cannot be given to the group: " + reason());
  if (::listen(socket.get(), backlog) != 0) return refuse(path + ": " + reason());
  return socket;
}

Attempt<ListeningSocket> listen_at(std::string const& path, std::optional<gid_t> group) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return refuse(path + " is longer than the " + std::to_string(sizeof address.sun_path - 1) +
                  " bytes that a socket path may have");
  std::ranges::copy(path, address.sun_path);
  if (auto const folder = check_folder(folder_of(path), group); !folder) return fail_with(folder.error());
  auto lock = take_lock(path);
  if (!lock) return fail_with(lock.error());
  if (auto const gone = remove_stale(path, address); !gone) return fail_with(gone.error());
  auto socket = bind_socket(path, address, group);
  if (!socket) return fail_with(socket.error());
  return ListeningSocket{std::move(socket).value(), std::move(lock).value(), path, group};
}

}  // namespace

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

Result<ListeningSocket> listen_at_first(std::vector<std::string> const& candidates,
                                        std::optional<std::string> const& group) {
  std::optional<gid_t> gid;
  if (group) {
    auto const* entry = ::getgrnam(group->c_str());
    if (entry == nullptr) return fail("[rpc] group: there is no group " + *group);
    gid = entry->gr_gid;
  }
  std::string tried;
  for (auto const& path : candidates) {
    auto listening = listen_at(path, gid);
    if (listening) return std::move(listening).value();
    tried.append(tried.empty() ? "" : "; ").append(listening.error().message);
    if (listening.error().is_final) break;
  }
  return fail("no RPC socket: " + tried);
}

bool may_call(int connected_socket, std::optional<gid_t> group) {
  ucred caller{};
  socklen_t size = sizeof caller;
  if (::getsockopt(connected_socket, SOL_SOCKET, SO_PEERCRED, &caller, &size) != 0) return false;
  if (caller.uid == ::geteuid() || caller.uid == 0) return true;
  if (!group) return false;
  std::array<gid_t, 256> groups{};
  socklen_t bytes = sizeof groups;
  if (::getsockopt(connected_socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &bytes) != 0) bytes = 0;
  auto const end = groups.begin() + static_cast<std::ptrdiff_t>(bytes / sizeof(gid_t));
  return caller.gid == *group || std::find(groups.begin(), end, *group) != end;
}

}  // namespace pim::rpc
