// sim: runs seeds one after the other and says what it found; scripts/sim starts several of them side by side.
#include <CLI/CLI.hpp>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <fstream>

#include "sim/scenario.hpp"

namespace {

using namespace pim;

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

/// Of this process, in KiB.
double resident() {
  std::ifstream statm("/proc/self/statm");
  double size = 0, resident = 0;
  statm >> size >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1024;
}

void print(sim::Report const& report, double took) {
  auto const nodes = static_cast<double>(report.nodes);
  std::printf(
      "seed=%llu nodes=%zu links=%zu cuts=%u restarts=%u partitions=%u loops=%u start=%.1f worst=%.1f noticed=%.1f "
      "rerouted=%.1f far=%zu dearer=%zu rest_bytes=%.0f kib_per_node=%.0f probes=%llu/%llu routes=%llu datagrams=%llu "
      "turns=%llu "
      "virtual=%.0f took=%.1f trace=%016llx %s\n",
      static_cast<unsigned long long>(report.seed), report.nodes, report.links, report.cuts, report.restarts,
      report.partitions, report.loops, seconds(report.start), seconds(report.worst), seconds(report.noticed),
      seconds(report.rerouted), report.far, report.dearer, report.rest_bytes, resident() / nodes,
      static_cast<unsigned long long>(report.counts.probes_delivered),
      static_cast<unsigned long long>(report.counts.probes_sent),
      static_cast<unsigned long long>(report.counts.route_changes),
      static_cast<unsigned long long>(report.counts.datagrams), static_cast<unsigned long long>(report.counts.turns),
      seconds(report.virtual_time), took, static_cast<unsigned long long>(report.trace),
      report.violation.empty() ? "ok" : "FAILED");
  if (!report.violation.empty())
    std::printf("seed %llu: %s", static_cast<unsigned long long>(report.seed), report.violation.c_str());
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Real nodes on a virtual internet that falls apart; ends with 1 when something does not hold."};
  sim::Options options;
  std::uint64_t seeds = 1;
  std::string weaken;
  app.add_option("--nodes", options.nodes)->check(CLI::Range(4, 5000));
  app.add_option("--seeds", seeds);
  app.add_option("--first-seed", options.seed);
  bool stays_whole = false;
  app.add_flag("--stay-whole", stays_whole, "the mesh starts and rests, and nothing fails");
  app.add_option("--weaken", weaken)->check(CLI::IsMember({"no-feasibility"}));
  CLI11_PARSE(app, argc, argv);
  options.checks_feasibility = weaken.empty();
  if (stays_whole) options.cuts = options.restarts = options.partitions = 0;
  bool holds = true;
  for (; seeds > 0; --seeds, ++options.seed) {
    auto const began = std::chrono::steady_clock::now();
    auto const report = sim::run(options);
    print(report, seconds(std::chrono::steady_clock::now() - began));
    holds = holds && report.violation.empty();
  }
  return holds ? 0 : 1;
}
