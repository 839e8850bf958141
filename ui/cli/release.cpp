#include "ui/cli/release.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iostream>

#include "ui/cli/commands.hpp"

namespace pim::cli {
namespace {

constexpr int cannot_execute = 126;
constexpr int not_found = 127;

/// Beside this program, so that a build tree uses its own daemon; else whatever PATH finds.
std::string daemon_program() {
  std::error_code ignored;
  auto const beside = std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path() / "pim-daemon";
  if (::access(beside.c_str(), X_OK) == 0) return beside;
  // In a build tree the daemon stands in a folder of its own.
  auto const sibling = beside.parent_path().parent_path().parent_path() / "daemon" / "pim-daemon";
  return ::access(sibling.c_str(), X_OK) == 0 ? sibling.string() : "pim-daemon";
}

int run(std::string const& program) {
  auto const child = ::fork();
  if (child < 0) return cannot_execute;
  if (child == 0) {
    ::execlp(program.c_str(), program.c_str(), "--release", nullptr);
    ::_exit(errno == ENOENT ? not_found : cannot_execute);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

int release_without_daemon() {
  auto const program = daemon_program();
  std::cerr << "pim: no daemon runs; executing " << program << " --release\n";
  int const result = run(program);
  if (result == 0) {
    std::cout << "Released: internet goes directly again, not through the mesh.\n";
    return result;
  }
  if (result == not_found) std::cerr << "pim: pim-daemon was not found beside pim or in PATH\n";
  if (result == cannot_execute) std::cerr << "pim: " << program << " cannot be executed by this user\n";
  std::cerr << "pim: not released; this command does it: " << (::geteuid() == 0 ? "" : "sudo ") << program
            << " --release\n";
  return result;
}

}  // namespace pim::cli
