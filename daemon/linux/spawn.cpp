#include "linux/spawn.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "linux/capabilities.hpp"
#include "linux/fd.hpp"

namespace pim::linux_edge {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t output_limit = 16 << 20;
constexpr int could_not_execute = 127;

struct Pipe {
  Fd read, write;
  [[nodiscard]] bool open() {
    std::array<int, 2> fds{};
    if (::pipe2(fds.data(), O_CLOEXEC) < 0) return false;
    read = Fd{fds[0]};
    write = Fd{fds[1]};
    return true;
  }
};

struct Pipes {
  Pipe in, out, err;
};

// Between fork and exec only async-signal-safe calls: other threads may have held any lock.
[[noreturn]] void become(char* const* argv, Pipes const& pipes, bool keep_capability) {
  static char const* const environment[] = {"LC_ALL=C", nullptr};
  if (::dup2(pipes.in.read.get(), 0) < 0 || ::dup2(pipes.out.write.get(), 1) < 0 ||
      ::dup2(pipes.err.write.get(), 2) < 0)
    ::_exit(could_not_execute);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  if (keep_capability && !keep_net_admin_for_exec()) ::_exit(could_not_execute);
  ::execve(argv[0], argv, const_cast<char* const*>(environment));
  ::_exit(could_not_execute);
}

void append_from(Fd& fd, std::string& text) {
  std::array<char, 16384> chunk{};
  auto const size = ::read(fd.get(), chunk.data(), chunk.size());
  if (size < 0 && (errno == EINTR || errno == EAGAIN)) return;
  if (size <= 0) return fd.reset();
  if (text.size() < output_limit) text.append(chunk.data(), static_cast<std::size_t>(size));
}

void feed(Fd& fd, std::string_view& rest) {
  auto const size = ::write(fd.get(), rest.data(), rest.size());
  if (size > 0) rest.remove_prefix(static_cast<std::size_t>(size));
  if (rest.empty() || (size < 0 && errno != EINTR && errno != EAGAIN)) fd.reset();
}

// False when time ran out.
bool converse(Pipes& pipes, std::string_view input, Finished& finished, Clock::time_point deadline) {
  if (input.empty()) pipes.in.write.reset();
  while (pipes.in.write.is_open() || pipes.out.read.is_open() || pipes.err.read.is_open()) {
    auto const left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return false;
    std::array<pollfd, 3> wait = {pollfd{pipes.in.write.get(), POLLOUT, 0}, pollfd{pipes.out.read.get(), POLLIN, 0},
                                  pollfd{pipes.err.read.get(), POLLIN, 0}};
    if (::poll(wait.data(), wait.size(), static_cast<int>(left)) < 0 && errno != EINTR) return false;
    if (wait[0].revents) feed(pipes.in.write, input);
    if (wait[1].revents) append_from(pipes.out.read, finished.output);
    if (wait[2].revents) append_from(pipes.err.read, finished.error);
  }
  return true;
}

// The daemon ignores SIGPIPE anyway; a tool or test that does not must survive a program that reads nothing.
class NoSigpipe {
 public:
  NoSigpipe() {
    struct sigaction ignore{};
    ignore.sa_handler = SIG_IGN;
    ::sigaction(SIGPIPE, &ignore, &before_);
  }
  NoSigpipe(NoSigpipe const&) = delete;
  NoSigpipe& operator=(NoSigpipe const&) = delete;
  ~NoSigpipe() { ::sigaction(SIGPIPE, &before_, nullptr); }

 private:
  struct sigaction before_{};
};

}  // namespace

Result<Finished> run_program(std::vector<std::string> const& argv, std::string_view input,
                             std::chrono::milliseconds patience) {
  Pipes pipes;
  if (!pipes.in.open() || !pipes.out.open() || !pipes.err.open())
    return fail(argv[0] + " cannot be started: " + std::generic_category().message(errno));
  std::vector<char*> arguments;
  for (auto const& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  auto const keep_capability = has_net_admin();
  NoSigpipe const guard;
  auto const pid = ::fork();
  if (pid < 0) return fail(argv[0] + " cannot be started: " + std::generic_category().message(errno));
  if (pid == 0) become(arguments.data(), pipes, keep_capability);
  pipes.in.read.reset();
  pipes.out.write.reset();
  pipes.err.write.reset();
  ::fcntl(pipes.in.write.get(), F_SETFL, O_NONBLOCK);

  Finished finished;
  auto const is_in_time = converse(pipes, input, finished, Clock::now() + patience);
  if (!is_in_time) ::kill(pid, SIGKILL);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (!is_in_time) return fail(argv[0] + " did not end in time");
  finished.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  if (finished.exit_code == could_not_execute) return fail(argv[0] + " cannot be executed: is it installed?");
  return finished;
}

}  // namespace pim::linux_edge
