// crowd: many idle peers of one pim-daemon, for scripts/bench crowd. Says "connected N SECONDS" once all are, and
// "left N" at its end how many still were.
#include <CLI/CLI.hpp>

#include <csignal>
#include <cstdio>

#include "crowd.hpp"
#include "net/clock.hpp"
#include "net/system_entropy.hpp"

namespace {

std::sig_atomic_t volatile is_ended = 0;
void end(int) { is_ended = 1; }

double seconds_of(pim::Duration duration) { return std::chrono::duration<double>(duration).count(); }

void run(pim::crowd::Crowd& crowd, std::uint32_t members, pim::Duration length) {
  auto const began = pim::net::boot_now();
  auto all_connected = pim::never;
  for (auto now = began; is_ended == 0 && (all_connected == pim::never || now < all_connected + length);
       now = pim::net::boot_now()) {
    crowd.turn(now + std::chrono::milliseconds{200});
    if (all_connected != pim::never || crowd.connected() < members) continue;
    all_connected = pim::net::boot_now();
    std::printf("connected %u %.3f\n", members, seconds_of(all_connected - began));
    std::fflush(stdout);
  }
  std::printf("left %u\n", crowd.connected());
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Many idle peers of one pim-daemon, each with an address of its own, behind one UDP port."};
  std::string daemon, key, first = "10.64.0.1";
  std::uint32_t peers = 10000, joining = 128;
  std::uint16_t port = 9100;
  double seconds = 60;
  app.add_option("--daemon", daemon, "IPv4 address of the daemon")->required()->check(CLI::ValidIPV4);
  app.add_option("--key", key, "its public key, 64 hex digits")->required();
  app.add_option("--peers", peers, "how many")->check(CLI::Range(1, 65000));
  app.add_option("--joining", joining, "how many join at once")->check(CLI::PositiveNumber);
  app.add_option("--first", first, "address of the first; the others' follow, and all are local")
      ->check(CLI::ValidIPV4);
  app.add_option("--port", port, "of the daemon and of all of them");
  app.add_option("--secs", seconds, "to live on once all are connected");
  CLI11_PARSE(app, argc, argv);
  auto const daemon_key = pim::parse_public_key(key);
  auto const daemon_ip = pim::parse_ip(daemon), first_ip = pim::parse_ip(first);
  if (!daemon_key || !daemon_ip || !first_ip) return std::fprintf(stderr, "crowd: --key is no public key\n"), 1;
  auto opened = pim::crowd::OnePort::open(port);
  if (!opened.ok()) return std::fprintf(stderr, "crowd: %s\n", opened.error().message.c_str()), 1;

  std::signal(SIGTERM, end);
  std::signal(SIGINT, end);
  pim::net::SystemEntropy entropy;
  pim::crowd::Ground ground{*daemon_key, {*daemon_ip, port}, entropy};
  pim::crowd::Crowd crowd({peers, joining, *first_ip}, opened.value(), ground);
  run(crowd, peers, std::chrono::duration_cast<pim::Duration>(std::chrono::duration<double>(seconds)));
}
