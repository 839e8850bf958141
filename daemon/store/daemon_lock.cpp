#include "store/daemon_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <optional>
#include <utility>

#include "base/bytes.hpp"
#include "store/file_system.hpp"

namespace pim::store {
namespace {

constexpr std::string_view socket_name = "pim-daemon";

std::string someone(std::optional<long> pid) {
  return pid ? "another pim-daemon (pid " + std::to_string(*pid) + ")" : "another pim-daemon";
}

std::optional<long> pid_in(int file) {
  char text[24]{};
  if (::pread(file, text, sizeof text - 1, 0) <= 0) return std::nullopt;
  long const pid = std::strtol(text, nullptr, 10);
  return pid > 0 ? std::optional{pid} : std::nullopt;
}

Result<int> lock_folder(std::string const& lock_file) {
  auto const file = ::open(lock_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return fail("cannot open the lock " + lock_file + ": " + to_string(Errno{errno}));
  if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
    auto const error = Errno{errno};
    auto const other = pid_in(file);
    ::close(file);
    if (error.code != EWOULDBLOCK) return fail("cannot lock " + lock_file + ": " + to_string(error));
    return fail(someone(other) + " uses this state folder: " + lock_file + " is locked");
  }
  auto const pid = std::to_string(::getpid()) + "\n";
  // The number is for the message above alone; on a full disk the lock holds without it.
  if (::ftruncate(file, 0) == 0) (void)!::pwrite(file, pid.data(), pid.size(), 0);
  return file;
}

struct Address {
  sockaddr_un name{};
  socklen_t size;
  Address() : size(static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + socket_name.size())) {
    name.sun_family = AF_UNIX;
    std::memcpy(name.sun_path + 1, socket_name.data(), socket_name.size());  // the leading zero: abstract
  }
  [[nodiscard]] sockaddr const* get() const { return reinterpret_cast<sockaddr const*>(&name); }
};

/// The kernel notes who listens; asking is connecting.
std::optional<long> listener() {
  auto const probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (probe < 0) return std::nullopt;
  Address const address;
  ucred other{};
  socklen_t size = sizeof other;
  auto const known = ::connect(probe, address.get(), address.size) == 0 &&
                     ::getsockopt(probe, SOL_SOCKET, SO_PEERCRED, &other, &size) == 0 && other.pid > 0;
  ::close(probe);
  return known ? std::optional{static_cast<long>(other.pid)} : std::nullopt;
}

Result<int> lock_namespace() {
  auto const socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return fail("cannot make a socket: " + to_string(Errno{errno}));
  Address const address;
  if (::bind(socket, address.get(), address.size) == 0 && ::listen(socket, 64) == 0) return socket;
  auto const error = Errno{errno};
  ::close(socket);
  if (error.code != EADDRINUSE) return fail("cannot lock the network namespace: " + to_string(error));
  return fail(someone(listener()) + " runs in this network namespace; one per namespace is possible");
}

}  // namespace

Result<DaemonLock> DaemonLock::acquire(std::string const& lock_file) {
  auto const file = lock_folder(lock_file);
  if (!file) return fail_with(file.error());
  auto const socket = lock_namespace();
  if (!socket) {
    ::close(*file);
    return fail_with(socket.error());
  }
  return DaemonLock{*file, *socket};
}

DaemonLock::DaemonLock(DaemonLock&& other) noexcept
    : file_(std::exchange(other.file_, -1)), socket_(std::exchange(other.socket_, -1)) {}

DaemonLock& DaemonLock::operator=(DaemonLock&& other) noexcept {
  std::swap(file_, other.file_);
  std::swap(socket_, other.socket_);
  return *this;
}

DaemonLock::~DaemonLock() {
  if (socket_ >= 0) ::close(socket_);
  if (file_ >= 0) ::close(file_);
}

}  // namespace pim::store
