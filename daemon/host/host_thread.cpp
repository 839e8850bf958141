#include "host/host_thread.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <optional>

#include "host/fd_watch.hpp"
#include "host/gateway_meter.hpp"
#include "host/job_queue.hpp"
#include "linux/capabilities.hpp"
#include "linux/host_adapter.hpp"
#include "linux/links.hpp"
#include "linux/resolvers.hpp"
#include "net/clock.hpp"
#include "net/names.hpp"
#include "plan/host_plan.hpp"
#include "store/state_file.hpp"
#include "store/state_folder.hpp"
#include "store/trust_file.hpp"

namespace pim::host {

namespace asio = boost::asio;

namespace {

constexpr std::uint16_t dns_port = 53;
// A burst of netlink messages is one change; this much later the host has usually settled.
constexpr std::chrono::milliseconds calm{30};
constexpr std::chrono::seconds first_retry{1}, longest_retry{30};
// Of the counts of a gateway, whether or not anybody looks.
constexpr std::chrono::seconds reading_pause{5};
// Of the connections that it carries: each time the kernel's whole table is read.
constexpr std::chrono::seconds load_pause{30};

bool wants_more_than_a_tunnel(plan::Input const& input) {
  return input.routing == plan::Routing::on || input.gateway.has_value();
}

}  // namespace

class HostThread::Work {
 public:
  Work(HostOptions options, net::PacketInbox& inbox, LogSink& log)
      : options_(std::move(options)),
        inbox_(inbox),
        log_(log),
        names_(io_, {.mark = options_.names.mark}, [this](std::string const& host, std::vector<IpAddress> addresses) {
          tell(control::NameResolved{host, std::move(addresses)});
        }) {
    if (options_.unable.empty()) open_adapter();
    if (!options_.unable.empty())
      no_tunnel(options_.unable, linux_edge::has_net_admin() ? "" : linux_edge::how_to_grant_net_admin());
    watch_links();
    look_at_links();
  }

  void run() { io_.run(); }

  Readings readings() const { return readings_.get(); }

  void read_anew() {
    if (is_reading_ordered_.exchange(true)) return;
    asio::post(io_, [this] {
      is_reading_ordered_ = false;
      read_counts();
    });
  }

  void submit(Job job) {
    asio::post(io_, [this, job = std::move(job)]() mutable {
      queue_.push(std::move(job));
      next_soon();
    });
  }

 private:
  void tell(control::HostNote note) { inbox_.post(std::move(note)); }
  void warn(std::string message) { log_.write({LogLevel::warn, "host", std::move(message)}); }

  // -- jobs: one per turn of the io_context, so that what the host reports gets its turn between them

  void next_soon() {
    if (!std::exchange(is_scheduled_, true))
      asio::post(io_, [this] {
        is_scheduled_ = false;
        if (auto job = queue_.next()) {
          next_soon();
          std::visit([this](auto& one) { on(one); }, *job);
        }
      });
  }

  void on(control::ApplyPlan& job) {
    retry_.cancel();
    retry_after_ = first_retry;
    current_ = std::move(job);
    apply_current();
  }

  void on(control::SaveTrust& job) {
    auto const saved = store::save_trust(files_, store::trust_path(options_.state_folder), job.snapshot);
    tell(control::Stored{control::Store::trust, job.number, saved ? std::string{} : saved.error().message});
  }

  void on(control::SaveState& job) {
    auto const saved = store::save_state(files_, store::state_path(options_.state_folder), job.state);
    tell(control::Stored{control::Store::state, job.number, saved ? std::string{} : saved.error().message});
  }

  void on(control::ResolveName& job) {
    // Read each time: a network may bring new resolvers without any link changing.
    std::vector<Endpoint> servers;
    for (auto const& resolver : linux_edge::read_uplink_resolvers()) servers.push_back({resolver, dns_port, 0});
    names_.set_servers(std::move(servers));
    names_.resolve(std::move(job.host));
  }

  void on(control::ForgetRedirectedDns&) {
    if (!adapter_) return;
    if (auto const done = adapter_->forget_redirected_dns(); !done)
      warn("questions to the old gateway's resolver stay open until they time out: " + done.error().message);
  }

  void on(PreflightJob& job) { job.on_done(linux_edge::run_preflight(options_.names, job.nat_interface)); }

  void on(StopJob&) { io_.stop(); }

  // -- the host plan

  void open_adapter() {
    auto opened = linux_edge::HostAdapter::open({.state_dir = options_.state_folder, .tun_path = options_.tun_path});
    if (!opened) {
      options_.unable = opened.error().message;
      return;
    }
    adapter_.emplace(std::move(opened).value());
    adapter_watch_.emplace(io_, adapter_->fd(), [this] {
      auto result = adapter_->on_readable();
      note_verified();
      if (result) on_repair(*result);
    });
  }

  void apply_current() {
    auto const& input = current_->input;
    if (!adapter_) {
      // Without the capability there is nothing of ours on the host, and nothing to take away.
      bool const in_vain = input && wants_more_than_a_tunnel(*input);
      return tell(control::PlanApplied{current_->number, in_vain ? options_.unable : std::string{}, net::wall_now()});
    }
    auto result = adapter_->apply(input ? plan::make_plan(*input) : plan::make_release_plan(options_.names));
    note_verified();
    if (result.applied()) meter_gateway(input && input->gateway.has_value());
    on_result(result);
  }

  void on_repair(linux_edge::HostResult& result) {
    if (!result.repaired.empty()) warn("something else changed the host, which was put right: " + result.repaired);
    on_result(result);
  }

  void on_result(linux_edge::HostResult& result) {
    if (result.tun) attach(*result.tun);
    if (!result.applied()) try_again_later(result);
    if (current_ && (result.error != last_error_ || current_->number != last_number_ || result.applied()))
      tell(control::PlanApplied{current_->number, result.error, result.verified_at});
    last_error_ = result.error;
    last_number_ = current_ ? current_->number : 0;
  }

  void attach(linux_edge::TunDevice& device) {
    has_tunnel_ = true;
    inbox_.post(net::TunnelAttached{net::Fd{device.fd.release()}, device.offloads.udp});
    tell(control::TunnelReady{});
  }

  /// A plan that failed is a host that is not as it must be: nobody else will ask again.
  void try_again_later(linux_edge::HostResult const& result) {
    if (!has_tunnel_ && result.error != last_error_) no_tunnel(result.error, result.cure);
    retry_.expires_after(retry_after_);
    retry_after_ = std::min(2 * retry_after_, longest_retry);
    retry_.async_wait([this](boost::system::error_code cancelled) {
      if (!cancelled && current_) apply_current();
    });
  }

  void no_tunnel(std::string const& why, std::string const& cure) {
    readings_.change([&](Readings& readings) { readings.tunnel_cure = cure; });
    tell(control::TunnelUnavailable{why});
  }

  // -- what is only shown

  void note_verified() {
    readings_.change([at = adapter_->verified_at()](Readings& readings) { readings.verified_at = at; });
  }

  void read_counts() {
    if (!adapter_) return;
    auto const counts = adapter_->counts();
    if (!counts) return;
    auto const now = net::boot_now();
    Carried const carried{counts->from_internet, counts->to_internet};
    if (is_metered_) meter_.see(carried, now);
    readings_.change([&](Readings& readings) {
      readings.refused_inbound = {counts->refused_inbound, now};
      readings.gateway.reset();
      if (is_metered_) readings.gateway = {meter_.totals(), meter_.rates(), linux_edge::read_tracked_connections()};
    });
  }

  /// Read now and then while nobody asks, so that whoever asks once is told of the last seconds.
  void meter_gateway(bool is_carrying) {
    if (is_carrying && !is_metered_)
      if (auto const counts = adapter_->counts())
        meter_.begin({counts->from_internet, counts->to_internet}, net::boot_now());
    if (std::exchange(is_metered_, is_carrying) == is_carrying) return;
    told_load_ = 0;
    read_counts();
    repeat(next_reading_, reading_pause, &Work::read_counts);
    repeat(next_load_, load_pause, &Work::read_load);
  }

  void read_load() {
    if (!current_ || !current_->input || !current_->input->gateway) return;
    auto const& input = *current_->input;
    auto const used = linux_edge::count_connections_from(input.mesh_v4, input.mesh_v6);
    if (!used) return;
    auto const load = load_to_tell(*used, input.gateway->max_connections, told_load_);
    if (std::exchange(told_load_, load) != load) tell(control::GatewayLoad{load});
  }

  /// As long as there is a gateway to look at.
  void repeat(asio::steady_timer& timer, std::chrono::seconds pause, void (Work::*read)()) {
    timer.cancel();
    if (!is_metered_) return;
    timer.expires_after(pause);
    timer.async_wait([this, &timer, pause, read](boost::system::error_code cancelled) {
      if (cancelled) return;
      (this->*read)();
      repeat(timer, pause, read);
    });
  }

  // -- the links

  void watch_links() {
    auto opened = linux_edge::LinkMonitor::open(options_.names);
    if (!opened) return warn("changes of the network will not be noticed: " + opened.error().message);
    monitor_.emplace(std::move(opened).value());
    monitor_watch_.emplace(io_, monitor_->fd(), [this] {
      if (monitor_->on_readable()) look_at_links_soon();
    });
  }

  void look_at_links_soon() {
    if (std::exchange(is_looking_, true)) return;
    calm_.expires_after(calm);
    calm_.async_wait([this](boost::system::error_code cancelled) {
      is_looking_ = false;
      if (!cancelled) look_at_links();
    });
  }

  void look_at_links() {
    auto links = linux_edge::read_links(options_.names);
    if (!links) return warn("the network interfaces cannot be read: " + links.error().message);
    auto resolvers = linux_edge::read_uplink_resolvers();
    if (links_ == *links && resolvers_ == resolvers) return;
    links_ = *links;
    resolvers_ = resolvers;
    tell(control::LinksChanged{std::move(links).value(), std::move(resolvers)});
  }

  HostOptions options_;
  net::PacketInbox& inbox_;
  LogSink& log_;
  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> stay_{io_.get_executor()};
  JobQueue queue_;
  bool is_scheduled_ = false;
  store::SystemFiles files_;
  net::NameResolver names_;

  std::optional<linux_edge::HostAdapter> adapter_;
  std::optional<FdWatch> adapter_watch_;
  std::optional<control::ApplyPlan> current_;
  std::string last_error_;
  std::uint64_t last_number_ = 0;
  bool has_tunnel_ = false;
  asio::steady_timer retry_{io_};
  std::chrono::seconds retry_after_ = first_retry;

  SharedReadings readings_;
  std::atomic<bool> is_reading_ordered_ = false;
  GatewayMeter meter_;
  bool is_metered_ = false;
  asio::steady_timer next_reading_{io_};
  asio::steady_timer next_load_{io_};
  std::uint8_t told_load_ = 0;

  std::optional<linux_edge::LinkMonitor> monitor_;
  std::optional<FdWatch> monitor_watch_;
  std::optional<plan::Links> links_;
  std::vector<IpAddress> resolvers_;
  asio::steady_timer calm_{io_};
  bool is_looking_ = false;
};

HostThread::HostThread(HostOptions options, net::PacketInbox& inbox, LogSink& log)
    : work_(std::make_unique<Work>(std::move(options), inbox, log)) {}

HostThread::~HostThread() = default;

void HostThread::run() { work_->run(); }

void HostThread::post(std::vector<control::HostJob> jobs) {
  for (auto& job : jobs) std::visit([this](auto& one) { work_->submit(std::move(one)); }, job);
}

void HostThread::preflight(std::string nat_interface, OnPreflight on_done) {
  work_->submit(PreflightJob{std::move(nat_interface), std::move(on_done)});
}

Readings HostThread::readings() const { return work_->readings(); }

void HostThread::read_anew() { work_->read_anew(); }

void HostThread::stop() { work_->submit(StopJob{}); }

}  // namespace pim::host
