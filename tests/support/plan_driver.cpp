// Drives the host adapter without a daemon, for the tests in tests/netns: one line of JSON-free words per
// command on standard input, one line of answer. Packets go unprotected between two drivers, so that what the
// host does with traffic can be seen: inside namespaces of a test and nowhere else.
//
//   plan_driver STATE_DIR [key=value ...]      then: on | off | gateway | release | dns | text | quit
//
// stop=N ends the process by SIGKILL after the Nth change to the host; steps are told on standard error.
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <map>
#include <sstream>
#include <string>

#include "linux/capabilities.hpp"
#include "linux/conntrack.hpp"
#include "linux/host_adapter.hpp"
#include "linux/links.hpp"
#include "linux/preflight.hpp"
#include "linux/resolvers.hpp"

using namespace pim;
using namespace pim::linux_edge;

namespace {

using Options = std::map<std::string, std::string>;

std::string option(Options const& options, std::string const& key, std::string const& otherwise = {}) {
  auto const found = options.find(key);
  return found == options.end() ? otherwise : found->second;
}

std::vector<IpAddress> addresses(std::string const& text) {
  std::vector<IpAddress> out;
  std::istringstream words{text};
  for (std::string word; std::getline(words, word, ',');)
    if (auto const ip = parse_ip(word)) out.push_back(*ip);
  return out;
}

plan::Input make_input(Options const& options) {
  plan::Input input;
  input.interface = option(options, "interface", "pim0");
  input.mtu = static_cast<std::uint32_t>(std::stoul(option(options, "mtu", "1344")));
  input.mesh_v4 = parse_prefix("10.77.0.0/16").value();
  input.mesh_v6 = parse_prefix("fd77:1:2::/48").value();
  auto const member = option(options, "member", "2");
  input.own_v4 = parse_ip("10.77.0." + member).value();
  input.own_v6 = parse_ip("fd77:1:2::" + member).value();
  input.allow_lan = option(options, "allow_lan", "1") == "1";
  input.dns = option(options, "dns", "1") == "1";
  auto const accept = option(options, "accept", "paired");
  input.accept_inbound = accept == "all"    ? plan::AcceptInbound::all
                         : accept == "none" ? plan::AcceptInbound::none
                                            : plan::AcceptInbound::paired;
  input.admitted = addresses(option(options, "admitted"));
  input.resolvers = options.contains("resolvers") ? addresses(option(options, "resolvers")) : read_uplink_resolvers();
  if (auto links = read_links(plan::make_names(input.interface))) input.links = *links;
  return input;
}

plan::GatewayInput make_gateway(Options const& options, plan::Input const& input) {
  plan::GatewayInput gateway;
  gateway.uplink = option(options, "uplink", "up0");
  gateway.max_connections = static_cast<std::uint32_t>(std::stoul(option(options, "max_connections", "1024")));
  gateway.allow_private = option(options, "allow_private", "0") == "1";
  auto const upstreams = upstreams_of(input.resolvers);
  gateway.upstream_v4 = upstreams.v4;
  gateway.upstream_v6 = upstreams.v6;
  return gateway;
}

// `without_MODE=FAMILY/CHAIN:N` leaves one rule out, to show that some test notices.
void leave_out(plan::HostPlan& plan, std::string const& which) {
  auto const colon = which.find(':');
  if (colon == which.npos) return;
  auto const number = std::stoul(which.substr(colon + 1));
  for (auto& table : plan.tables)
    for (auto& chain : table.chains)
      if (table.family + "/" + chain.name == which.substr(0, colon) && number < chain.rules.size())
        chain.rules.erase(chain.rules.begin() + static_cast<std::ptrdiff_t>(number));
}

plan::HostPlan make_plan(std::string const& mode, Options const& options) {
  auto input = make_input(options);
  if (mode == "release") return plan::make_release_plan(plan::make_names(input.interface));
  if (mode == "on") input.routing = plan::Routing::on;
  if (mode == "gateway") input.gateway = make_gateway(options, input);
  auto plan = plan::make_plan(input);
  leave_out(plan, option(options, "without_" + mode));
  auto const& skipped = option(options, "skip");
  if (skipped == "mark_rule") std::erase_if(plan.rules, [](plan::Rule const& rule) { return rule.mark != 0; });
  if (skipped == "mss")
    for (auto& table : plan.tables)
      std::erase_if(table.chains, [](plan::Chain const& chain) { return chain.name == "mss"; });
  if (skipped == "gateway_rule")
    std::erase_if(plan.rules, [](plan::Rule const& rule) { return !rule.from_interface.empty(); });
  if (skipped == "sysctls")
    std::erase_if(plan.sysctls, [](plan::Sysctl const& sysctl) { return !sysctl.on_own_device; });
  if (skipped == "throws")
    std::erase_if(plan.routes, [](plan::Route const& route) { return route.kind == plan::RouteKind::throw_out; });
  return plan;
}

class Driver {
 public:
  Driver(std::string state_dir, Options options) : options_(std::move(options)) {
    HostSettings settings{.state_dir = std::move(state_dir)};
    settings.nft_program = option(options_, "nft");
    settings.tun_path = option(options_, "tun", default_tun_path);
    left_ = std::stoi(option(options_, "stop", "0"));
    settings.on_step = [this](std::string_view what) {
      std::cerr << what << std::endl;
      meddle(what);
      if (left_ > 0 && --left_ == 0) ::raise(SIGKILL);
    };
    auto opened = HostAdapter::open(std::move(settings));
    if (!opened) {
      std::cout << "error " << opened.error().message << std::endl;
      ::_exit(1);
    }
    adapter_.emplace(std::move(*opened));
    if (options_.contains("peer")) open_underlay();
  }

  int run() {
    std::cout << "ready" << std::endl;
    for (;;) {
      std::array<pollfd, 4> wait = {pollfd{0, POLLIN, 0}, pollfd{adapter_->fd(), POLLIN, 0},
                                    pollfd{tun_ ? tun_->fd.get() : -1, POLLIN, 0}, pollfd{underlay_.get(), POLLIN, 0}};
      if (::poll(wait.data(), wait.size(), -1) < 0) continue;
      if (wait[2].revents && !from_tunnel()) tun_.reset();
      if (wait[3].revents) from_underlay();
      if (wait[1].revents) on_change();
      if (wait[0].revents && !on_command()) return 0;
    }
  }

 private:
  void open_underlay() {
    auto const peer = parse_endpoint(option(options_, "peer")).value();
    underlay_ = Fd{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    int const mark = static_cast<int>(plan::make_names("pim0").mark);
    ::setsockopt(underlay_.get(), SOL_SOCKET, SO_MARK, &mark, sizeof mark);
    sockaddr_in own{.sin_family = AF_INET, .sin_port = htons(9100)};
    ::bind(underlay_.get(), reinterpret_cast<sockaddr*>(&own), sizeof own);
    peer_ = {.sin_family = AF_INET, .sin_port = htons(peer.port)};
    peer_.sin_addr.s_addr = htonl(peer.ip.v4());
  }

  // `meddle_times` programs undo something each right after that step; words are joined by '+'.
  void meddle(std::string_view step) {
    auto text = option(options_, "meddle_after");
    std::replace(text.begin(), text.end(), '+', ' ');
    auto const left = std::stoi(option(options_, "meddle_times", "0"));
    if (left == 0 || step != text) return;
    options_["meddle_times"] = std::to_string(left - 1);
    auto command = option(options_, "meddle");
    std::replace(command.begin(), command.end(), '+', ' ');
    if (std::system(command.c_str()) != 0) std::cerr << "failed: " << command << std::endl;
  }

  // Not a cipher: only so that a sniffer that looks for tags sees none in the tunnel.
  void scramble(ssize_t size) {
    for (ssize_t i = 0; i < size; ++i) buffer_[static_cast<std::size_t>(i)] ^= 0x5a;
  }

  bool from_tunnel() {
    auto const size = ::read(tun_->fd.get(), buffer_.data(), buffer_.size());
    if (size < 0) return errno == EAGAIN || errno == EINTR;
    scramble(size);
    if (underlay_.is_open())
      static_cast<void>(::sendto(underlay_.get(), buffer_.data(), static_cast<std::size_t>(size), 0,
                                 reinterpret_cast<sockaddr*>(&peer_), sizeof peer_));
    return true;
  }

  void from_underlay() {
    sockaddr_in from{};
    socklen_t from_size = sizeof from;
    auto const size = ::recvfrom(underlay_.get(), buffer_.data(), buffer_.size(), MSG_DONTWAIT,
                                 reinterpret_cast<sockaddr*>(&from), &from_size);
    if (size <= 0) return;
    if (option(options_, "follow") == "1") peer_ = from;
    if (!tun_) return;
    scramble(size);
    [[maybe_unused]] auto const written = ::write(tun_->fd.get(), buffer_.data(), static_cast<std::size_t>(size));
  }

  void take(HostResult& result) {
    if (result.tun) tun_ = std::move(result.tun);
  }

  void on_change() {
    auto result = adapter_->on_readable();
    if (!result) return;
    take(*result);
    auto const seconds = std::chrono::duration<double>{std::chrono::steady_clock::now().time_since_epoch()}.count();
    std::cerr << "repaired " << std::fixed << seconds << " " << result->repaired
              << (result->applied() ? "" : ": " + result->error) << std::endl;
  }

  bool on_command() {
    std::array<char, 512> chunk{};
    auto const size = ::read(0, chunk.data(), chunk.size());
    if (size <= 0) return false;
    std::istringstream lines{std::string{chunk.data(), static_cast<std::size_t>(size)}};
    for (std::string line; std::getline(lines, line);)
      if (!on_line(line)) return false;
    return true;
  }

  bool on_line(std::string const& line) {
    std::istringstream words{line};
    std::string verb;
    words >> verb;
    for (std::string word; words >> word;)
      if (auto const equals = word.find('='); equals != word.npos)
        options_[word.substr(0, equals)] = word.substr(equals + 1);
    if (verb == "quit") return false;
    if (verb == "dns")
      answer(adapter_->forget_redirected_dns());
    else if (verb == "count")
      count();
    else if (verb == "text")
      print_text();
    else if (verb == "preflight")
      print_preflight();
    else
      apply(verb);
    return true;
  }

  void apply(std::string const& mode) {
    auto result = adapter_->apply(make_plan(mode, options_));
    take(result);
    if (mode == "release") tun_.reset();
    std::cout << (result.applied() ? "ok" : "error " + result.error) << std::endl;
  }

  static void answer(Result<void> const& done) {
    std::cout << (done ? "ok" : "error " + done.error().message) << std::endl;
  }

  void count() const {
    auto const input = make_input(options_);
    auto const connections = count_connections_from(input.mesh_v4, input.mesh_v6);
    std::cout << (connections ? "ok " + std::to_string(*connections) : "error " + connections.error().message)
              << std::endl;
  }

  void print_text() const {
    auto const plan = make_plan(option(options_, "mode", "on"), options_);
    std::cout << plan::to_nft(plan) << "ok" << std::endl;
  }

  void print_preflight() const {
    auto const result = run_preflight(plan::make_names("pim0"), option(options_, "uplink", "up0"));
    for (auto const& check : result.checks)
      std::cout << check.name
                << (check.ok            ? " ok "
                    : check.is_required ? " failed "
                                        : " warning ")
                << check.detail << (check.fix.empty() ? "" : " | " + check.fix) << "\n";
    std::cout << "suggested";
    for (auto const& name : result.suggested_nat_interfaces) std::cout << " " << name;
    std::cout << "\nok" << std::endl;
  }

  Options options_;
  int left_ = 0;  // changes until the end of this process
  std::optional<HostAdapter> adapter_;
  std::optional<TunDevice> tun_;
  Fd underlay_;
  sockaddr_in peer_{};
  std::vector<char> buffer_ = std::vector<char>(1 << 17);
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  Options options;
  for (int i = 2; i < argc; ++i) {
    std::string const word = argv[i];
    auto const equals = word.find('=');
    options[word.substr(0, equals)] = equals == word.npos ? "1" : word.substr(equals + 1);
  }
  if (options.contains("settle"))
    if (auto const settled = settle_capabilities(); !settled) std::cerr << settled.error().message << std::endl;
  return Driver{argv[1], options}.run();
}
