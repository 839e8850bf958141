#include "linux/spawn.hpp"

#include <doctest/doctest.h>

#include "linux/capabilities.hpp"

using namespace pim::linux_edge;

TEST_CASE("a program gets its input and its output and exit code come back") {
  auto const done = run_program({"/bin/sh", "-c", "cat; echo problem >&2; exit 3"}, "hello");
  REQUIRE(done.ok());
  CHECK(done->output == "hello");
  CHECK(done->error == "problem\n");
  CHECK(done->exit_code == 3);
}

TEST_CASE("input and output larger than any pipe do not wait for each other") {
  std::string const large(1 << 20, 'x');
  auto const done = run_program({"/bin/cat"}, large);
  REQUIRE(done.ok());
  CHECK(done->output == large);
}

TEST_CASE("a program that reads nothing of its input does no harm") {
  auto const done = run_program({"/bin/true"}, std::string(1 << 20, 'x'));
  REQUIRE(done.ok());
  CHECK(done->exit_code == 0);
}

TEST_CASE("a program that is not there or does not end is an error") {
  CHECK_FALSE(run_program({"/nonexistent/program"}, "").ok());
  auto const endless = run_program({"/bin/sleep", "60"}, "", std::chrono::milliseconds{50});
  REQUIRE_FALSE(endless.ok());
  CHECK(endless.error().message == "/bin/sleep did not end in time");
}

TEST_CASE("a program sees nothing of the caller's environment") {
  auto const done = run_program({"/usr/bin/env"}, "");
  REQUIRE(done.ok());
  CHECK(done->output == "LC_ALL=C\n");
}

TEST_CASE("a child holds CAP_NET_ADMIN exactly when the caller does") {
  auto const done = run_program({"/bin/grep", "-i", "CapAmb", "/proc/self/status"}, "");
  REQUIRE(done.ok());
  CHECK(done->output == (has_net_admin() ? "CapAmb:\t0000000000001000\n" : "CapAmb:\t0000000000000000\n"));
}
