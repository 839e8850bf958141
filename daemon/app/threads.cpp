#include "app/threads.hpp"

#include <poll.h>
#include <pthread.h>
#include <sys/signalfd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <thread>

#include "net/clock.hpp"

namespace pim::app {
namespace {

// Control waits 4 s for the host at most; the rest is for the disk and for clients.
constexpr Duration time_to_end = std::chrono::seconds{8};
// One wish to end may arrive as two signals: to the process and to its group.
constexpr Duration one_wish = std::chrono::seconds{1};

enum class Part : unsigned char { packet, host, rpc };

sigset_t held_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGTERM);
  ::sigaddset(&set, SIGINT);
  return set;
}

class Run {
 public:
  explicit Run(Threads const& threads) : threads_(threads) {
    auto const set = held_signals();
    signals_.reset(::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
    PIM_ASSERT(signals_.is_open());
  }

  Exit operator()() {
    start(Part::host, [this] { threads_.host.run(); });
    start(Part::rpc, [this] { threads_.rpc.run(); });
    start(Part::packet, [this] { threads_.packet.run(); });
    while (!done_) wait();
    for (auto& thread : running_) thread.join();
    return Exit::done;
  }

 private:
  template <class Life>
  void start(Part part, Life life) {
    running_[static_cast<std::size_t>(part)] = std::thread([this, part, life] {
      life();
      ended_.post(part);
    });
  }

  void wait() {
    std::array<pollfd, 2> polls{{{signals_.get(), POLLIN, 0}, {ended_.fd(), POLLIN, 0}}};
    int patience = -1;
    if (give_up_at_ != never) {
      auto const left = std::chrono::ceil<std::chrono::milliseconds>(give_up_at_ - net::boot_now());
      if (left.count() <= 0) give_up("did not come to an end in time");
      patience = static_cast<int>(left.count());
    }
    ::poll(polls.data(), polls.size(), patience);
    signalfd_siginfo info{};
    while (::read(signals_.get(), &info, sizeof info) == sizeof info) on_signal();
    std::vector<Part> ended;
    ended_.take(ended);
    for (auto const part : ended) on_ended(part);
  }

  void on_signal() {
    auto const now = net::boot_now();
    if (give_up_at_ != never && now < asked_at_ + one_wish) return;
    if (give_up_at_ != never) give_up("was told to end a second time");
    asked_at_ = now;
    give_up_at_ = now + time_to_end;
    threads_.inbox.post(net::CommandInput{0, control::Shutdown{threads_.release_on_signal}});
  }

  void on_ended(Part part) {
    if (give_up_at_ == never) give_up_at_ = net::boot_now() + time_to_end;
    switch (part) {
      case Part::packet: return threads_.host.stop();
      case Part::host: return threads_.rpc.stop();
      case Part::rpc: done_ = true; return;
    }
  }

  [[noreturn]] void give_up(char const* why) {
    threads_.log.write(
        {LogLevel::error, "main", std::string{"the daemon "} + why + ": it ends now, the host stays as it is"});
    std::_Exit(static_cast<int>(Exit::stuck));
  }

  Threads threads_;
  net::Fd signals_;
  net::Mailbox<Part> ended_;
  std::array<std::thread, 3> running_;
  Time asked_at_{}, give_up_at_ = never;
  bool done_ = false;
};

}  // namespace

void hold_signals() {
  auto const set = held_signals();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  // A client that hangs up is an error of one write, not the end of the daemon.
  std::signal(SIGPIPE, SIG_IGN);
}

Exit run(Threads const& threads) { return Run{threads}(); }

}  // namespace pim::app
