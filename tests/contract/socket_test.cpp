#include "rpc/socket.hpp"

#include <sys/stat.h>
#include <sys/wait.h>

#include <fstream>

#include "rpc_fixture.hpp"
#include "support/skip.hpp"

using namespace pim;
using namespace pim::test;

namespace {

std::string why_not(std::vector<std::string> const& candidates) {
  auto const listening = rpc::listen_at_first(candidates, std::nullopt);
  return listening ? "ok" : listening.error().message;
}

}  // namespace

TEST_CASE("a_named_path_stands_alone_and_else_three_are_tried") {
  using protocol::socket_candidates;
  CHECK(socket_candidates({"/a", "/b", "/c", 7}) == std::vector<std::string>{"/a"});
  CHECK(socket_candidates({{}, "/b", "/c", 7}) == std::vector<std::string>{"/b"});
  CHECK(socket_candidates({{}, {}, "/c", 7}) ==
        std::vector<std::string>{"/c/pim.sock", "/run/pim/pim.sock", "/tmp/pim-7/pim.sock"});
}

TEST_CASE("the_socket_is_0600_whatever_the_umask") {
  auto const before = ::umask(0);
  RunningServer running;
  ::umask(before);
  struct stat status{};
  REQUIRE(::stat(running.path.c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0600);
}

TEST_CASE("a_folder_that_is_missing_is_made_for_the_owner_alone") {
  Folder folder;
  CHECK(why_not({folder.path + "/new/pim.sock"}) == "ok");
  struct stat status{};
  REQUIRE(::stat((folder.path + "/new").c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0700);
}

TEST_CASE("a_folder_that_others_can_write_is_refused") {
  Folder folder;
  ::chmod(folder.path.c_str(), 0777);
  CHECK(why_not({folder.path + "/pim.sock"}).find("others can write to " + folder.path) != std::string::npos);
}

TEST_CASE("the_next_candidate_is_taken_where_the_first_cannot_be_made") {
  Folder folder;
  auto const listening =
      rpc::listen_at_first({folder.path + "/no/such/pim.sock", folder.path + "/pim.sock"}, std::nullopt);
  REQUIRE(listening.ok());
  CHECK(listening->path == folder.path + "/pim.sock");
}

TEST_CASE("a_second_daemon_is_refused_and_the_first_goes_on") {
  RunningServer running;
  CHECK(why_not({running.path}) == "no RPC socket: another pim-daemon owns " + running.path);
  CHECK(why_not({running.path, running.folder.path + "/other.sock"}) != "ok");
  Client client(running.path);
}

TEST_CASE("what_a_killed_daemon_left_behind_is_taken_over") {
  Folder folder;
  auto const path = folder.path + "/pim.sock";
  auto const child = ::fork();
  if (child == 0) {
    auto const listening = rpc::listen_at_first({path}, std::nullopt);
    ::_exit(listening.ok() ? 0 : 1);  // no destructor: the socket stays
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  REQUIRE(WEXITSTATUS(status) == 0);
  REQUIRE(::access(path.c_str(), F_OK) == 0);
  CHECK(why_not({path}) == "ok");
}

TEST_CASE("a_file_that_is_not_a_socket_is_never_removed") {
  Folder folder;
  auto const path = folder.path + "/pim.sock";
  std::ofstream(path) << "precious";
  CHECK(why_not({path}).find("is not a socket") != std::string::npos);
  CHECK(std::filesystem::file_size(path) == 8);
}

TEST_CASE("a_path_that_is_too_long_is_refused_in_words") {
  CHECK(why_not({"/tmp/" + std::string(120, 'x') + "/pim.sock"}).find("107 bytes") != std::string::npos);
}

TEST_CASE("another_user_is_refused_even_when_the_file_modes_let_him_in") {
  if (::geteuid() != 0) {
    test::skip_case("needs root to become another user");
    return;
  }
  RunningServer running;
  ::chmod(running.folder.path.c_str(), 0755);
  ::chmod(running.path.c_str(), 0666);
  auto const child = ::fork();
  if (child == 0) {
    if (::setgid(65534) != 0 || ::setuid(65534) != 0) ::_exit(2);
    Client client(running.path, false);
    auto const line = client.line();
    ::_exit(line && line->find("own user and root only") != std::string::npos && client.is_cut() ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("a_group_that_does_not_exist_is_named") {
  auto const listening = rpc::listen_at_first({"/tmp/x/pim.sock"}, "no-such-group");
  REQUIRE_FALSE(listening.ok());
  CHECK(listening.error().message == "[rpc] group: there is no group no-such-group");
}
