"""scripts/failover: the gateway in use is killed under traffic, again and again. How soon does the next one carry the
internet on, and does anything leak meanwhile?
"""
import argparse
import math
import random
import statistics
import sys
import time

from . import command, generators
from .daemon import wait_until
from .drill import require
from .mesh import GATEWAY2, GATEWAYS
from .relay_drill import RelayDrill
from .topology import Relayed
from .witness import Witness

TARGETS = ("daemon/pim-daemon", "ui/cli/pim")
MEDIAN_LIMIT, TAIL_LIMIT = 2.0, 5.0
ENOUGH = 20  #: failovers, for their median to be judged
SEEN = (GATEWAYS, GATEWAY2)
#: What a new gateway has to carry before the next is killed; a stream of before dies with its gateway's address.
CARRIED = [kind for kind in generators.kinds()
           if kind.endswith(("-plain", "-plain-public")) and not kind.startswith("stream")]


class FailoverDrill(RelayDrill):
    """On a Relayed network. Fails when a failover takes too long or anything leaks."""

    def __init__(self, network, times, say=print):
        super().__init__(network, say)
        self.title = f"failover, rp_filter {network.rp_filter}"
        self.times = times

    def steps(self):
        return [self.direct, self.sniffer_sees, self.routing_on, self.failovers, self.route_off]

    # -- the step; the first line is its name -------------------------------------------------------------------------
    def failovers(self):
        """kill -9 of the gateway in use, again and again"""
        self.forget_counts()
        self.witness = Witness(self.network)
        began = time.monotonic()
        took = [self.failover(number) for number in range(1, self.times + 1)]
        self.witness.close()
        leaks, offered = self.network.leaks(), self.load.offered()
        self.offered += offered
        median, tail = statistics.median(took), percentile(took, 99)
        blocked = len(self.told_since(began, "kill_switch engaged"))
        figures = (f"{len(took)} failovers, median {median:.2f} s, p99 {tail:.2f} s, longest {max(took):.2f} s; "
                   f"kill_switch engaged {blocked} times; {sum(leaks.values())} of {offered} offered leaked")
        require(not leaks, f"{figures}: {leaks}")
        require(tail <= TAIL_LIMIT, f"{figures}: p99 is beyond {TAIL_LIMIT} s")
        require(median <= MEDIAN_LIMIT or len(took) < ENOUGH, f"{figures}: the median is beyond {MEDIAN_LIMIT} s")
        return figures

    # -- what it is made of -------------------------------------------------------------------------------------------
    def failover(self, number):
        """-> seconds from the kill to the first answer through the other gateway, in the later family"""
        self.mesh.wait_whole()
        time.sleep(random.uniform(0.5, 1.5))  # wherever that is between two probes
        used, leaked = self.gateway_in_use(), self.leaked()
        other = 1 - used
        self.witness.forget()
        killed = time.monotonic()
        self.mesh.gateways[used].kill()
        carried = self.answered()
        wait_until(lambda: self.carries(other), 15, f"gateway {other + 1} carries on")
        took = {family: at[SEEN[other][family]] - killed for family, at in self.witness.first().items()}
        wait_until(lambda: all(count > carried[kind] for kind, count in self.answered().items()), 10,
                   f"gateway {other + 1} carries {', '.join(CARRIED)}")
        self.mesh.gateways[used].start()
        self.say(f"  {number:3}: gateway {used + 1} killed, the other carries on after {max(took.values()):.2f} s "
                 f"(v4 {took['-4']:.2f}, v6 {took['-6']:.2f}), {self.leaked() - leaked} leaked")
        return max(took.values())

    def gateway_in_use(self):
        """As the internet sees it, and the daemon says."""
        def agreed():
            self.witness.forget()
            time.sleep(0.1)
            selected = self.mesh.ids.index(self.mesh.client.selected_gateway())
            seen = {family: list(at) for family, at in self.witness.first().items()}
            return [selected] if seen == {family: [address] for family, address in SEEN[selected].items()} else None
        return wait_until(agreed, 5, "the internet sees the selected gateway")[0]

    def carries(self, gateway):
        return all(SEEN[gateway][family] in at for family, at in self.witness.first().items())

    def answered(self):
        totals = self.load.totals()
        return {kind: totals[kind]["answered"] for kind in CARRIED}

    def leaked(self):
        return sum(self.network.leaks().values())


def percentile(values, percent):
    """By nearest rank: so many of a hundred are no larger."""
    return sorted(values)[math.ceil(len(values) * percent / 100) - 1]


def parse(arguments):
    parser = argparse.ArgumentParser(prog="scripts/failover", description="Kills the gateway in use, again and again.")
    parser.add_argument("--times", type=int, default=50, help="failovers (50)")
    parser.add_argument("--rp-filter", type=int, choices=(0, 1, 2), default=1, help="the kernel's reverse path filter (1)")
    options = parser.parse_args(arguments)
    if options.times < 1:
        parser.error("--times: at least 1")
    return options


def run(options):
    """-> why it failed, or None"""
    with Relayed(options.rp_filter) as network:
        drill = FailoverDrill(network, options.times, say=lambda line: print(line, flush=True))
        why = drill.run()
        if why:
            command.tell_logs(drill.mesh)
        return why and why.splitlines()[0]


def main():
    options = parse(sys.argv[1:])
    return command.run("failover", TARGETS, lambda: run(options))


if __name__ == "__main__":
    sys.exit(main())
