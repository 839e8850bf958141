#include "store/daemon_lock.hpp"

#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "scratch.hpp"
#include "support/skip.hpp"

using namespace pim;
using namespace pim::store;

namespace {

/// Runs `body` in a child inside a network namespace of its own, so that no daemon of this machine is in the
/// way. -1: the system does not let us make one.
template <class Body>
int in_own_namespace(Body body) {
  auto const child = ::fork();
  if (child == 0) {
    if (::unshare(CLONE_NEWNET) != 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) ::_exit(77);
    ::_exit(body());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  auto const code = WIFEXITED(status) ? WEXITSTATUS(status) : 99;
  return code == 77 ? -1 : code;
}

/// Whether the case can run at all; if not, it is counted as skipped.
bool can_isolate() {
  if (in_own_namespace([] { return 0; }) == 0) return true;
  test::skip_case("this system makes no network namespaces for us");
  return false;
}

}  // namespace

TEST_CASE("one daemon per state folder and per network namespace, and the other is named") {
  if (!can_isolate()) return;
  Scratch const scratch;
  auto const lock = scratch / "lock", elsewhere = scratch / "elsewhere";
  auto const code = in_own_namespace([&] {
    auto const pid = std::to_string(::getpid());
    {
      auto const first = DaemonLock::acquire(lock);
      if (!first) return 1;
      auto const same_folder = DaemonLock::acquire(lock);
      if (same_folder ||
          same_folder.error().message.find("pid " + pid + ") uses this state folder") == std::string::npos)
        return 2;
      auto const same_namespace = DaemonLock::acquire(elsewhere);
      if (same_namespace ||
          same_namespace.error().message.find("pid " + pid + ") runs in this network namespace") == std::string::npos)
        return 3;
    }
    if (!DaemonLock::acquire(lock)) return 4;
    return DaemonLock::acquire(elsewhere) ? 0 : 5;
  });
  CHECK(code == 0);
}

TEST_CASE("two network namespaces may have a daemon each, but not of one state folder") {
  if (!can_isolate()) return;
  Scratch const scratch;
  auto const lock = scratch / "lock", elsewhere = scratch / "elsewhere";
  auto const code = in_own_namespace([&] {
    auto const first = DaemonLock::acquire(lock);
    if (!first) return 1;
    return in_own_namespace([&] {
      if (DaemonLock::acquire(lock)) return 2;
      return DaemonLock::acquire(elsewhere) ? 0 : 3;
    });
  });
  CHECK(code == 0);
}

TEST_CASE("a killed daemon leaves no lock behind") {
  if (!can_isolate()) return;
  Scratch const scratch;
  auto const lock = scratch / "lock";
  auto const code = in_own_namespace([&] {
    int ready[2];
    if (::pipe(ready) != 0) return 1;
    auto const daemon = ::fork();
    if (daemon == 0) {
      auto const held = DaemonLock::acquire(lock);
      char const answer = held ? 'y' : 'n';
      (void)!::write(ready[1], &answer, 1);
      for (int i = 0; i < 100; ++i) ::usleep(100'000);
      ::_exit(0);
    }
    char answer = 0;
    (void)!::read(ready[0], &answer, 1);
    auto const while_alive = DaemonLock::acquire(lock).ok();
    ::kill(daemon, SIGKILL);
    ::waitpid(daemon, nullptr, 0);
    return answer == 'y' && !while_alive && DaemonLock::acquire(lock) ? 0 : 2;
  });
  CHECK(code == 0);
}

TEST_CASE("a lock that cannot be opened is one clear line") {
  Scratch const scratch;
  auto const failed = DaemonLock::acquire(scratch / "no/such/folder");
  REQUIRE_FALSE(failed.ok());
  CHECK(failed.error().message.find("cannot open the lock") == 0);
}
