// The host thread in a network namespace of its own: real links, a real tunnel device, real files.
#include "host/host_thread.hpp"

#include <doctest/doctest.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <filesystem>
#include <functional>
#include <thread>

#include "linux/tun.hpp"
#include "net/clock.hpp"
#include "store/state_file.hpp"
#include "store/state_folder.hpp"

using namespace pim;
using namespace std::chrono_literals;

namespace {

struct Quiet final : LogSink {
  void write(LogRecord) override {}
};

/// The packet thread's end: keeps all that arrives.
class Inbox {
 public:
  net::PacketInbox box;

  template <class T>
  bool await(std::function<bool(T&)> wanted) {
    for (auto const limit = net::boot_now() + 10s; net::boot_now() < limit;) {
      for (; seen_ < inputs_.size(); ++seen_)
        if (auto* const one = find<T>(inputs_[seen_]); one != nullptr && wanted(*one)) return ++seen_, true;
      pollfd poll{box.fd(), POLLIN, 0};
      if (::poll(&poll, 1, 100) == 1) box.take(inputs_);
    }
    return false;
  }

 private:
  template <class T>
  static T* find(net::PacketInput& input) {
    if constexpr (std::is_same_v<T, net::TunnelAttached>) {
      return std::get_if<T>(&input);
    } else {
      auto* const note = std::get_if<control::HostNote>(&input);
      return note != nullptr ? std::get_if<T>(note) : nullptr;
    }
  }
  std::vector<net::PacketInput> inputs_;
  std::size_t seen_ = 0;
};

struct Fixture {
  std::string folder = "/tmp/pim-host-test-XXXXXX";
  Quiet log;
  Inbox inbox;
  host::HostThread host;
  std::thread thread;

  explicit Fixture(std::string unable = {})
      : host({plan::make_names("pimt0"), make_folder(), linux_edge::default_tun_path, std::move(unable)}, inbox.box,
             log),
        thread([this] { host.run(); }) {}
  ~Fixture() {
    host.stop();
    thread.join();
    std::filesystem::remove_all(folder);
  }
  std::string const& make_folder() {
    REQUIRE(::mkdtemp(folder.data()) != nullptr);
    return folder;
  }
  void submit(control::HostJob job) {
    std::vector<control::HostJob> jobs;
    jobs.push_back(std::move(job));
    host.post(std::move(jobs));
  }
};

plan::Input mesh_only() {
  plan::Input input;
  input.interface = "pimt0";
  input.mesh_v4 = *parse_prefix("10.77.0.0/16");
  input.own_v4 = *parse_ip("10.77.0.1");
  input.mesh_v6 = *parse_prefix("fd77::/48");
  input.own_v6 = *parse_ip("fd77::1");
  return input;
}

/// Runs `test` on a thread whose network is its own; says so and passes where that is not permitted.
void in_a_network_of_its_own(std::function<void()> const& test) {
  std::thread([&] {
    if (::unshare(CLONE_NEWNET) != 0) {
      MESSAGE("skipped: needs the right to make a network namespace");
      return;
    }
    if (auto const device = linux_edge::open_tun("pimprobe"); !device) {
      MESSAGE("skipped: " << device.error().what);
      return;
    }
    test();
  }).join();
}

void set_up(char const* name) {
  net::Fd const any{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  ifreq request{};
  std::strncpy(request.ifr_name, name, sizeof request.ifr_name - 1);
  request.ifr_flags = IFF_UP;
  REQUIRE(::ioctl(any.get(), SIOCSIFFLAGS, &request) == 0);
}

}  // namespace

TEST_CASE("a_plan_brings_the_tunnel_and_a_tunnel_that_vanishes_comes_back") {
  in_a_network_of_its_own([] {
    Fixture test;
    CHECK(test.inbox.await<control::LinksChanged>([](auto const&) { return true; }));
    test.submit(control::ApplyPlan{1, mesh_only()});
    net::Fd device;
    CHECK(test.inbox.await<net::TunnelAttached>([&](net::TunnelAttached& attached) {
      device = std::move(attached.device);
      return device.is_open();
    }));
    CHECK(test.inbox.await<control::TunnelReady>([](auto const&) { return true; }));
    std::string error;
    CHECK(test.inbox.await<control::PlanApplied>([&](control::PlanApplied const& applied) {
      error = applied.error;
      return applied.number == 1;
    }));
    CHECK(error == "");

    CHECK(std::system("ip link delete pimt0") == 0);
    auto const deleted = net::boot_now();
    CHECK(test.inbox.await<net::TunnelAttached>([](auto const& attached) { return attached.device.is_open(); }));
    CHECK(net::boot_now() - deleted < 3s);
  });
}

TEST_CASE("links_that_appear_are_reported_once_they_have_calmed") {
  in_a_network_of_its_own([] {
    Fixture test;
    CHECK(test.inbox.await<control::LinksChanged>([](auto const&) { return true; }));
    auto const other = linux_edge::open_tun("pimother");
    REQUIRE(other.ok());
    set_up("pimother");
    CHECK(test.inbox.await<control::LinksChanged>([](control::LinksChanged const& changed) {
      for (auto const& link : changed.links.links)
        if (link.name == "pimother" && link.up) return true;
      return false;
    }));
  });
}

TEST_CASE("what_is_to_be_stored_is_stored_before_the_thread_ends_and_failures_are_reported") {
  std::string path;
  std::optional<control::SavedState> stored;
  {
    Fixture test{"no tunnel in this test"};
    control::SavedState state;
    state.routing_answer = true;
    test.submit(control::SaveState{1, state});
    test.submit(control::ApplyPlan{5, mesh_only()});
    CHECK(test.inbox.await<control::PlanApplied>(
        [](control::PlanApplied const& applied) { return applied.number == 5; }));
    auto const read = store::load_state(store::state_path(test.folder));
    REQUIRE(read.ok());
    CHECK(read->routing_answer == true);

    std::filesystem::remove_all(test.folder);
    test.submit(control::SaveState{1, state});
    CHECK(test.inbox.await<control::Stored>([](auto const& failed) { return !failed.error.empty(); }));
  }
}

TEST_CASE("without_the_capability_only_plans_that_need_the_host_fail") {
  Fixture test{"CAP_NET_ADMIN is missing"};
  CHECK(test.inbox.await<control::TunnelUnavailable>(
      [](auto const& unavailable) { return unavailable.reason == "CAP_NET_ADMIN is missing"; }));
  auto const error_of = [&](std::uint64_t number, std::optional<plan::Input> input) {
    std::string error = "no answer";
    test.submit(control::ApplyPlan{number, std::move(input)});
    test.inbox.await<control::PlanApplied>([&](control::PlanApplied const& applied) {
      error = applied.error;
      return applied.number == number;
    });
    return error;
  };
  CHECK(error_of(1, mesh_only()) == "");
  auto routed = mesh_only();
  routed.routing = plan::Routing::on;
  CHECK(error_of(2, routed) == "CAP_NET_ADMIN is missing");
  CHECK(error_of(3, std::nullopt) == "");
}
