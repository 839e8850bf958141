#include "ui/link/dial.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "protocol/caller.hpp"
#include "protocol/socket_path.hpp"
#include "ui/link/config_socket.hpp"

namespace pim::link {
namespace {

/// The connected socket, or errno.
std::variant<int, std::error_code> connect_to(std::string const& path) {
  auto const failed = [](int code) { return std::error_code(code, std::generic_category()); };
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return failed(ENAMETOOLONG);
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  int const socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return failed(errno);
  if (::connect(socket, reinterpret_cast<sockaddr const*>(&address), sizeof address) == 0) return socket;
  auto const why = failed(errno);
  ::close(socket);
  return why;
}

}  // namespace

std::vector<std::string> socket_places(std::optional<std::string> const& option) {
  auto environment = protocol::socket_environment();
  if (option) environment.explicit_path = option;
  if (auto const caller = protocol::sudo_caller()) {
    environment.uid = caller->uid;
    if (!environment.xdg_runtime_dir) environment.xdg_runtime_dir = "/run/user/" + std::to_string(caller->uid);
  }
  if (!environment.explicit_path) environment.configured_path = configured_socket();
  return protocol::socket_candidates(environment);
}

bool is_trusted_server(int connected_socket, std::string const& path) {
  ucred server{};
  socklen_t size = sizeof server;
  if (::getsockopt(connected_socket, SOL_SOCKET, SO_PEERCRED, &server, &size) != 0) return false;
  if (server.uid == ::geteuid() || server.uid == 0) return true;
  auto const slash = path.rfind('/');
  struct stat folder{};
  if (slash == std::string::npos || ::stat(path.substr(0, slash + 1).c_str(), &folder) != 0) return false;
  return folder.st_uid == server.uid && (folder.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

std::variant<Dialled, NoDaemon> dial(std::vector<std::string> const& places) {
  NoDaemon absent;
  std::string tried;
  for (auto const& path : places) {
    auto const connected = connect_to(path);
    std::string why = "it belongs to a user who is not trusted";
    if (auto const* socket = std::get_if<int>(&connected)) {
      if (is_trusted_server(*socket, path)) return Dialled{*socket, path};
      ::close(*socket);
      absent.may_exist = true;
    } else {
      auto const error = std::get<std::error_code>(connected);
      bool const nobody_listens = error == std::errc::connection_refused;
      why = nobody_listens ? "nobody listens" : error.message();
      absent.may_exist = absent.may_exist || (!nobody_listens && error != std::errc::no_such_file_or_directory);
    }
    tried.append(tried.empty() ? "" : "; ").append(path).append(": ").append(why);
  }
  absent.message = absent.may_exist ? "pim does not answer this user (" + tried + ")"
                                    : "pim is stopped (no pim-daemon answers: " + tried + ")";
  return absent;
}

}  // namespace pim::link
