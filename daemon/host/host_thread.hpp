// The host thread: does for control what waits for the kernel, a program or a disk, one job after the other,
// and reports what happened as values. It also watches the host: links that change, and its own work undone
// by someone else. Decides nothing but when to try a failed plan again.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/time.hpp"
#include "host/readings.hpp"
#include "linux/preflight.hpp"
#include "net/packet_loop.hpp"
#include "plan/names.hpp"

namespace pim::host {

struct HostOptions {
  plan::Names names;
  std::string state_folder;
  std::string tun_path;
  /// Why nothing of the host can be changed, with the cure: the mesh then runs without a tunnel. Empty: it can.
  std::string unable{};
};

class HostThread final : public net::HostPort {
 public:
  /// Called on the host thread.
  using OnPreflight = std::function<void(linux_edge::Preflight)>;

  /// Results go into `inbox`; it and `log` must outlive this. What the links look like now is in the inbox
  /// when the constructor returns, so that the first plan already knows them.
  HostThread(HostOptions options, net::PacketInbox& inbox, LogSink& log);
  ~HostThread() override;

  /// The thread's whole life: until stop().
  void run();

  // From any thread.
  void post(std::vector<control::HostJob> jobs) override;
  void preflight(std::string nat_interface, OnPreflight on_done);
  /// As last read.
  [[nodiscard]] Readings readings() const;
  /// Who asks for them again gets what is read now.
  void read_anew();
  /// What was posted before is done first.
  void stop();

 private:
  class Work;
  std::unique_ptr<Work> work_;
};

}  // namespace pim::host
