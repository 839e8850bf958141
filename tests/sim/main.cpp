// sim: runs a seed and says what it found in a line; scripts/sim starts many.
#include <CLI/CLI.hpp>
#include <sys/resource.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <iomanip>
#include <sstream>

#include "sim/scenario.hpp"

namespace {

using namespace pim;

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

/// The most that this process ever held, in KiB.
double most_memory() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss);
}

void print(sim::Report const& report, double took) {
  auto const& counts = report.counts;
  auto const& [sent, doubled, lost, barred] = counts.datagrams;
  std::ostringstream line;
  line << std::fixed << std::setprecision(1) << "seed=" << report.seed << " nodes=" << report.nodes
       << " links=" << report.links << " cuts=" << report.cuts << " restarts=" << report.restarts
       << " partitions=" << report.partitions << " blinks=" << report.blinks << " loops=" << report.loops
       << " start=" << seconds(report.start) << " worst=" << seconds(report.worst)
       << " noticed=" << seconds(report.noticed) << " rerouted=" << seconds(report.rerouted)
       << " settled=" << seconds(report.settled) << " far=" << report.far << " apart=" << report.apart
       << " beyond=" << report.beyond << " rest_bytes=" << report.at_rest.mean
       << " most_at_rest=" << report.at_rest.most << " lossy_rest=" << report.lossy_rest.mean
       << " most_lossy=" << report.lossy_rest.most
       << " kib_per_node=" << most_memory() / static_cast<double>(report.nodes) << " probes=" << counts.probes_delivered
       << '/' << counts.probes_sent << " routes=" << counts.route_changes << " dead_cycles=" << counts.dead_cycles
       << " sent=" << sent + doubled << " doubled=" << doubled << " lost=" << lost << " barred=" << barred
       << " overtaken=" << report.overtaken << " turns=" << counts.turns << " virtual=" << seconds(report.virtual_time)
       << " took=" << took << " trace=" << std::hex << std::setw(16) << std::setfill('0') << report.trace
       << (report.violation.empty() ? " ok" : " FAILED");
  std::printf("%s\n%s", line.str().c_str(), report.violation.c_str());
  std::fflush(stdout);
}

/// An assertion failed: what led to it, before the process ends.
void on_abort(int) {
  std::printf("aborted; the last datagrams:\n%s", sim::last_flows().c_str());
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Real nodes on a virtual internet that falls apart; ends with 1 when something does not hold."};
  sim::Options options;
  std::string weaken;
  bool stays_whole = false;
  app.add_option("--nodes", options.nodes)->check(CLI::Range(4, 5000));
  app.add_option("--seed", options.seed);
  app.add_flag("--stay-whole", stays_whole, "the mesh starts and rests; nothing fails and nothing is lost");
  app.add_flag("--rest-with-losses", options.rests_with_losses, "rests once more, while links go on losing");
  app.add_option("--weaken", weaken)->check(CLI::IsMember({"no-feasibility"}));
  CLI11_PARSE(app, argc, argv);
  options.checks_feasibility = weaken.empty();
  if (stays_whole) options.cuts = options.restarts = options.partitions = 0;
  std::signal(SIGABRT, on_abort);
  auto const began = std::chrono::steady_clock::now();
  auto const report = sim::run(options);
  print(report, seconds(std::chrono::steady_clock::now() - began));
  return report.violation.empty() ? 0 : 1;
}
